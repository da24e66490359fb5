import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { test } from 'node:test'

// Who may import whom. This table is the documentation too (docs/architecture.md, AGENTS.md).
const FAMILIES = ['providers', 'registries', 'notifiers', 'updaters']
const MAY_IMPORT: Record<string, readonly string[] | 'everything'> = {
  domain: [],
  lib: [],
  docker: ['domain', 'lib'],
  providers: ['domain', 'lib', 'docker'],
  registries: ['domain', 'lib', 'docker'],
  notifiers: ['domain', 'lib', 'docker'],
  updaters: ['domain', 'lib', 'docker'],
  store: ['domain', 'lib', 'docker'],
  engine: [...FAMILIES.map((family) => `type ${family}`), 'store', 'domain', 'lib'],
  http: ['engine', 'store', 'domain', 'lib', ...FAMILIES.map((family) => `type ${family}`)],
  config: [...FAMILIES, 'domain', 'lib'],
  commands: 'everything',
}
const IMPORT = /(?:(import|export)(\s+type)?\s(?:[^'";]*?\sfrom\s)?|import\()'(\.[^']+)'/g

for (const file of globSync('src/*/**/*.ts').filter((name) => !/\.(test|gen)\.ts$/.test(name))) {
  const room = file.split(path.sep)[1]!
  test(`${file} imports only what ${room} may`, () => {
    const allowed = MAY_IMPORT[room]
    assert.ok(allowed !== undefined, `${room} is not in the table of rooms`)
    if (allowed === 'everything') return
    for (const { other, isType, target } of importsOf(file)) {
      const isAllowed: boolean =
        other === room || allowed.includes(other) || (isType && allowed.includes(`type ${other}`))
      assert.ok(isAllowed, `${room} may not import ${other} (${target}${isType ? ', as a type' : ''})`)
    }
  })
}

test('only main.ts reads process.env', () => {
  const offenders = globSync('src/**/*.ts').filter(
    (file) => file !== path.join('src', 'main.ts') && /process\.env/.test(readFileSync(file, 'utf8')),
  )
  assert.deepEqual(offenders, [])
})

test('nothing asks the network through fetch', () => {
  const offenders = globSync('src/**/*.ts').filter((file) =>
    /(?<![.\w])fetch\((?!plan)|from 'undici'/.test(readFileSync(file, 'utf8')),
  )
  assert.deepEqual(offenders, [])
})

test('no module keeps state of its own', () => {
  const offenders = globSync('src/**/*.ts').filter((file) => /^(export )?let /m.test(readFileSync(file, 'utf8')))
  assert.deepEqual(offenders, [])
})

test('no file has grown past 300 lines', () => {
  const offenders = globSync('src/**/*.ts').filter(
    (file) => !/\.(test|gen)\.ts$/.test(file) && readFileSync(file, 'utf8').split('\n').length > 300,
  )
  assert.deepEqual(offenders, [])
})

function importsOf(file: string): { other: string; isType: boolean; target: string }[] {
  return [...readFileSync(file, 'utf8').matchAll(IMPORT)].map(([, , type, target]) => {
    const reached = path.relative('src', path.join(path.dirname(file), target!))
    return { other: reached.split(path.sep)[0]!, isType: type !== undefined, target: target! }
  })
}
