import assert from 'node:assert/strict'
import { test } from 'node:test'
import { FAMILIES } from './_fixtures.ts'
import { configJsonSchema } from './json-schema.ts'

type Json = { [key: string]: Json } & { description?: string; default?: unknown; anyOf?: Json[]; type?: string }

// What an editor sees at a path, through the alternatives that have it.
function at(path: string): Json {
  let schema = configJsonSchema(FAMILIES) as Json
  for (const key of path.split('.')) {
    const section = [schema, ...(schema.anyOf ?? [])].find(({ properties }) => properties?.[key] !== undefined)
    assert.ok(section, `${key} of ${path}`)
    schema = section.properties![key]!
  }
  return schema
}

const VARIABLE = { type: 'string', pattern: '\\$\\{' }

test('the schema is of the draft that editors take', () => {
  assert.equal(configJsonSchema(FAMILIES).$schema, 'https://json-schema.org/draft/2020-12/schema')
})

test('a number, a flag and a choice may be a variable, and keep their default and their sentence', () => {
  const workers = at('watch.workers')
  assert.equal(workers.default, 10)
  assert.match(workers.description!, /at once/)
  assert.deepEqual(
    workers.anyOf!.map(({ type }) => type),
    ['integer', 'string'],
  )
  assert.deepEqual(at('watch.runOnStartup').anyOf, [{ type: 'boolean' }, VARIABLE])
  assert.deepEqual(at('notif.push.level').anyOf, [{ type: 'string', enum: ['low', 'high'] }, VARIABLE])
})

test('a duration is a text with a unit', () => {
  const [written] = at('watch.jitter').anyOf!
  const pattern = new RegExp(String(written!.pattern), 'u')
  for (const text of ['30s', '1h30m', '.5s', '7d', '$' + '{X}']) assert.match(text, pattern)
  for (const text of ['30', 'soon', '1 h']) assert.doesNotMatch(text, pattern)
})

test('a list of texts may be one text', () => {
  assert.deepEqual(
    at('notif.mail.to').anyOf!.map(({ type }) => type),
    ['array', 'string'],
  )
})

test('sections of members are one section, several, or a switch, and know no other keys', () => {
  const push = at('notif.push')
  assert.deepEqual(
    push.anyOf!.map(({ type }) => type),
    ['object', 'array', 'boolean', 'null'],
  )
  assert.equal(push.description, 'Pushes.')
  assert.equal(push.anyOf![0]!.additionalProperties as unknown, false)
  assert.equal(at('notif.push.token').anyOf![0]!.secret as unknown, true)
  assert.equal(at('notif.push.name').type, 'string')
})
