import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import { z } from '@hono/zod-openapi'
import { notifiers } from '../src/notifiers/all.gen.ts'
import { providers } from '../src/providers/all.gen.ts'
import { registries } from '../src/registries/all.gen.ts'
import { updaters } from '../src/updaters/all.gen.ts'

// What every member of a family owes: its file's name, a sentence, a test beside it, a row in the docs, options that explain themselves.
const FAMILIES = { notifiers, providers, registries, updaters }

for (const [family, members] of Object.entries(FAMILIES)) {
  for (const [file, member] of Object.entries(members)) {
    const path = `src/${family}/${file}.ts`
    test(`${path} is named after its member`, () => assert.equal(member.name, file))
    test(`${path} has a summary that is a sentence`, () => assert.match(member.summary, /^[A-Z].+\.$/))
    test(`${path} has a row in docs/${family}.md`, () => {
      assert.match(readFileSync(`docs/${family}.md`, 'utf8'), new RegExp(`^\\| \`${file}\``, 'm'))
    })
    if (!('options' in member)) continue
    test(`${path} has a test beside it`, () => assert.ok(existsSync(`src/${family}/${file}.test.ts`)))
    test(`${path} describes every option`, () => {
      const { properties = {} } = z.toJSONSchema(member.options, { io: 'input' })
      const silent = Object.entries(properties).filter(
        ([, schema]) => typeof schema !== 'object' || !schema.description,
      )
      assert.deepEqual(
        silent.map(([name]) => name),
        [],
      )
    })
  }
}
