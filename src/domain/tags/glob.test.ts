import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { matchesGlob } from './glob.ts'

const CASES: readonly [pattern: string, matching: string, other: string][] = [
  ['staging-*', 'staging- staging-a1 staging-a-b', 'staging other xstaging-a'],
  ['v?.*', 'v1.0 v2.', 'v10.0 v1'],
  ['*-alpine', '1-alpine -alpine', '1-alpine3 alpine'],
  ['[0-9]*', '1 1.2', 'v1'],
  ['[!v]*', '1', 'v1'],
  ['[]a]', '] a', 'b'],
  ['[a', '[a', 'a'],
  ['a.c', 'a.c', 'abc'],
  ['*a*b*', 'ab xaxbx', 'ba'],
  ['', '', 'a'],
]

describe('a shell pattern', () => {
  for (const [pattern, matching, other] of CASES) {
    it(`"${pattern}" takes ${matching} and leaves ${other}`, () => {
      for (const text of matching.split(' ')) assert.ok(matchesGlob(pattern, text), text)
      for (const text of other.split(' ')) assert.ok(!matchesGlob(pattern, text), text)
    })
  }

  it('of many stars needs few steps', () => {
    assert.equal(matchesGlob(`${'*a'.repeat(60)}b`, 'a'.repeat(128)), false)
  })

  it('of plain text takes that text alone', () => {
    const plain = fc.stringMatching(/^[a-z0-9.-]{0,20}$/)
    fc.assert(fc.property(plain, plain, (pattern, text) => assert.equal(matchesGlob(pattern, text), pattern === text)))
  })
})
