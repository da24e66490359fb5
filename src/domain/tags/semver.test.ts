import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { compareSemVer, parseSemVer, type SemVer } from './semver.ts'

const ASCENDING =
  '1.0.0-alpha 1.0.0-alpha.1 1.0.0-alpha.beta 1.0.0-beta 1.0.0-beta.2 1.0.0-beta.11 1.0.0-rc.1 1.0.0 1.2.2 1.2.3-alpha 1.2.3 1.10.0 2.0.0'.split(
    ' ',
  )

describe('SemVer 2.0', () => {
  for (const [text, expected] of [
    ['1.2.3', { core: [1, 2, 3], preRelease: null }],
    ['1.0.0-beta', { core: [1, 0, 0], preRelease: ['beta'] }],
    ['1.2.3-rc.1', { core: [1, 2, 3], preRelease: ['rc', 1] }],
    ['1.2.3-rc.01', { core: [1, 2, 3], preRelease: ['rc', '01'] }],
    ['1.2.3+build5', { core: [1, 2, 3], preRelease: null }],
    ['1.2.3-alpha+x', { core: [1, 2, 3], preRelease: ['alpha'] }],
    ['1.2', null],
    ['v1.2.3', null],
    ['1.2.3.4', null],
    ['1.2.3-', null],
    ['1.2.3-a..b', null],
    ['staging', null],
  ] as const) {
    it(`reads ${text} as ${JSON.stringify(expected)}`, () => assert.deepEqual(parseSemVer(text), expected))
  }

  it('orders every pair as its section 11 does', () => {
    for (const [low, a] of ASCENDING.entries()) {
      for (const [high, b] of ASCENDING.entries()) {
        assert.equal(Math.sign(compareSemVer(read(a), read(b))), Math.sign(low - high), `${a} and ${b}`)
      }
    }
  })

  it('leaves build metadata out of the order', () => {
    assert.equal(compareSemVer(read('1.2.3+a'), read('1.2.3+b')), 0)
  })
})

function read(text: string): SemVer {
  const version = parseSemVer(text)
  assert.ok(version, text)
  return version
}
