import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Matcher } from '../policy.ts'
import { INVENTORIES, LEFT, PATTERNS } from './fixtures/inventories.ts'
import { tagWindow } from './window.ts'

const HEX = '0123456789abcdef'.repeat(4)
const ROLLING = 'latest nightly develop development edge unstable testing master beta next'.split(' ')
const OPEN = { sort: 'default', include: [], exclude: [], maxTags: 0 } as const

describe('the window over a tag list', () => {
  it('sorts first, then includes, excludes and cuts', () => {
    const options = {
      sort: 'semver',
      include: [matcher('^\\d+\\.\\d+\\.\\d+$'), matcher('^latest$')],
      exclude: [matcher('^1\\.0\\.0$')],
      maxTags: 2,
    } as const
    const window = tagWindow(['latest', '1.0.0', '1.1.0', '1.1.1-beta', 'dev', '2.0.0', 'nightly'], options)
    assert.deepEqual(window, { tags: ['2.0.0', '1.1.0'], total: 7, notIncluded: 3, excluded: 1, artefacts: 0 })
  })

  it('drops what registries generate beside images, by its whole name', () => {
    const generated = [`sha256-${HEX}`, `sha256-${HEX}.att`, `sha256-${HEX}.sbom`, `sha256-${HEX}.sig`]
    const window = tagWindow(['1.0.0', ...generated, 'sha256-not-a-digest'], OPEN)
    const tags = ['1.0.0', 'sha256-not-a-digest']
    assert.deepEqual(window, { tags, total: 6, notIncluded: 0, excluded: 0, artefacts: 4 })
  })

  it('keeps everything when nothing is asked', () => {
    assert.deepEqual(tagWindow(['latest'], OPEN).tags, ['latest'])
  })

  for (const { repository, pattern, tags, taken } of INVENTORIES) {
    it(`takes the versions of ${repository}`, () => {
      const window = tagWindow(tags.split(' '), { ...OPEN, include: [matcher(PATTERNS[pattern])] })
      assert.equal(window.tags.join(' '), taken)
    })
  }

  for (const [name, pattern] of Object.entries(PATTERNS)) {
    it(`${name} leaves every rolling tag`, () => {
      assert.deepEqual(tagWindow(ROLLING, { ...OPEN, include: [matcher(pattern)] }).tags, [])
    })
  }

  for (const { pattern, tags } of LEFT) {
    it(`${pattern} leaves ${tags}`, () => {
      assert.deepEqual(tagWindow(tags.split(' '), { ...OPEN, include: [matcher(PATTERNS[pattern])] }).tags, [])
    })
  }
})

function matcher(source: string): Matcher {
  const pattern = new RegExp(source)
  return { source, test: (tag) => pattern.test(tag) }
}
