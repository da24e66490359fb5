import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { formatProblem, joinPath, nearest, suggest } from './problems.ts'

const KNOWN = ['port', 'host', 'insecureSkipVerify', 'to', 'templateBody', 'templateTitle']

const MEANT: [word: string, name: string | undefined][] = [
  ['prot', 'port'],
  ['PORT', 'port'],
  ['hots', 'host'],
  ['template_body', 'templateBody'],
  ['template-titel', 'templateTitle'],
  ['insecureSkipVerfiy', 'insecureSkipVerify'],
  ['too', 'to'],
  ['xyz', undefined],
  ['', undefined],
]

for (const [word, name] of MEANT) {
  test(`"${word}" ${name === undefined ? 'is near nothing' : `means ${name}`}`, () => {
    assert.equal(nearest(word, KNOWN), name)
  })
}

test('two neighbours swapped are always understood in a long word', () => {
  const word = 'insecureSkipVerify'
  fc.assert(
    fc.property(fc.nat(word.length - 2), (at) => {
      const swapped = word.slice(0, at) + word[at + 1] + word[at] + word.slice(at + 2)
      assert.equal(nearest(swapped, KNOWN), word)
    }),
  )
})

test('what is near nothing gets the list, unless that is long', () => {
  assert.equal(suggest('xyz', ['a1', 'b2']), 'Known here: a1, b2.')
  assert.equal(
    suggest(
      'xyz',
      Array.from({ length: 13 }, (_, index) => `key${index}`),
    ),
    undefined,
  )
  assert.equal(suggest('xyz', []), undefined)
})

test('paths have dots for keys and brackets for positions', () => {
  assert.equal(joinPath('notif.mail', 0, 'to', 1), 'notif.mail[0].to[1]')
  assert.equal(joinPath('', 'db'), 'db')
})

test('a problem is one line with its place in front', () => {
  const problem = { severity: 'error', path: 'x', message: 'x is wrong.', suggestion: 'Do y.' } as const
  assert.equal(formatProblem({ ...problem, file: 'f.yml', line: 3, column: 4 }), 'f.yml:3:4: x is wrong. Do y.')
  assert.equal(formatProblem({ ...problem, file: 'f.yml' }), 'f.yml: x is wrong. Do y.')
  assert.equal(formatProblem({ ...problem, variable: 'DIUN_X' }), 'DIUN_X: x is wrong. Do y.')
  assert.equal(formatProblem({ severity: 'note', path: '', message: 'Hm.' }), 'note: Hm.')
})
