import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { sortTags } from './sort-tags.ts'

const LISTED =
  '0.1.0 0.4.0 3.0.0-beta.1 3.0.0-beta.3 3.0.0-beta.4 4 4.0.0 4.0.0-beta.1 4.1.0 4.1.1 4.10.0 4.11.0 4.12.0 4.13.0 4.14.0 4.19.0 4.2.0 4.20 4.20.0 4.20.1 4.21 4.21.0 4.3.0 4.3.1 4.4.0 4.6.1 4.7.0 4.8.0 4.8.1 4.9.0 ubuntu-5.0 alpine-5.0 edge latest'
const BY_BYTES = LISTED.replace('ubuntu-5.0 alpine-5.0 edge latest', 'alpine-5.0 edge latest ubuntu-5.0')
const BY_VERSION =
  'alpine-5.0 ubuntu-5.0 4.21.0 4.21 4.20.1 4.20.0 4.20 4.19.0 4.14.0 4.13.0 4.12.0 4.11.0 4.10.0 4.9.0 4.8.1 4.8.0 4.7.0 4.6.1 4.4.0 4.3.1 4.3.0 4.2.0 4.1.1 4.1.0 4.0.0 4 4.0.0-beta.1 3.0.0-beta.4 3.0.0-beta.3 3.0.0-beta.1 0.4.0 0.1.0 edge latest'

describe("tags are put in Diun's orders", () => {
  const tags = LISTED.split(' ')

  it('default keeps the order of the registry', () => assert.deepEqual(sortTags(tags, 'default'), tags))
  it('reverse turns it round', () => assert.deepEqual(sortTags(tags, 'reverse'), tags.toReversed()))
  it('lexicographical goes by bytes', () => assert.equal(sortTags(tags, 'lexicographical').join(' '), BY_BYTES))
  it('semver puts the highest version first', () => assert.equal(sortTags(tags, 'semver').join(' '), BY_VERSION))

  for (const [why, given, sorted] of [
    [
      'leading zeros and two-part pre-releases are no versions',
      '2024.01.02 1.2-alpine 1.0.0',
      '1.0.0 2024.01.02 1.2-alpine',
    ],
    ['numeric identifiers go by value and below words', '1.0.0-2 1.0.0-10 1.0.0-a', '1.0.0-a 1.0.0-10 1.0.0-2'],
    ['a pre-release with a zero-padded number is no version', '1.0.0-01 0.1.0', '0.1.0 1.0.0-01'],
    ['build metadata is no part of the order', '1.0.0+b 1.0.0+a', '1.0.0+a 1.0.0+b'],
    [
      'numbers may be longer than a double holds',
      '9007199254740993.0.0 9007199254740992.0.0',
      '9007199254740993.0.0 9007199254740992.0.0',
    ],
  ] as const) {
    it(why, () => assert.equal(sortTags(given.split(' '), 'semver').join(' '), sorted))
  }
})
