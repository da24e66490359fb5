import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, it } from 'node:test'
import { DEFAULT_POLICY, type Level } from '../policy.ts'
import { judgeTags } from './judge.ts'
import type { TagFacts } from './verdict.ts'

const NOW = new Date('2026-11-21T12:00:00Z')
const LEVELS = ['patch', 'minor', 'major'] as const

interface Case {
  readonly id: string
  readonly repository: string
  readonly current: string
  readonly tags: readonly TagFacts[]
  readonly expected: Readonly<Record<Exclude<Level, 'digest'>, string | null>>
}

const cases = readFileSync(new URL('./fixtures/families.psv', import.meta.url), 'utf8')
  .trim()
  .split('\n')
  .slice(1)
  .map(readCase)

describe('a tag moves only within its family', () => {
  for (const { id, repository, current, tags, expected } of cases) {
    it(`${id}: ${current} becomes ${LEVELS.map((level) => expected[level] ?? 'nothing').join(' / ')}`, () => {
      for (const level of LEVELS) {
        const { chosen } = judgeTags(current, tags, { ...DEFAULT_POLICY, level }, { now: NOW, repository })
        assert.equal(chosen, expected[level], level)
      }
    })
  }

  it('gives every tag of every case one verdict with a sentence', () => {
    for (const { current, tags } of cases) {
      const { verdicts } = judgeTags(current, tags, DEFAULT_POLICY, { now: NOW })
      assert.deepEqual(verdicts.map(({ tag }) => tag).sort(), tags.map(({ tag }) => tag).sort())
      for (const { tag, reason } of verdicts) assert.match(reason, /^.{10,}\.$/, tag)
    }
  })

  it('answers the same whichever way the list stands', () => {
    for (const { repository, current, tags } of cases) {
      const context = { now: NOW, repository }
      const forwards = judgeTags(current, tags, DEFAULT_POLICY, context)
      assert.deepEqual(judgeTags(current, tags.toReversed(), DEFAULT_POLICY, context), forwards, current)
    }
  })

  it('is not moved by artefacts, rolling tags or other flavours in the list', () => {
    const strangers = [
      'latest',
      `sha256-${'0'.repeat(64)}.sig`,
      '1.0.0.att',
      'zz-999.9.9',
      '999.9.9-zz',
      'pr-99999',
      'edge',
    ]
    for (const { id, repository, current, tags, expected } of cases) {
      const more = [...strangers.map((tag) => ({ tag })), ...tags]
      const { chosen } = judgeTags(current, more, DEFAULT_POLICY, { now: NOW, repository })
      assert.equal(chosen, expected.major, id)
    }
  })
})

function readCase(line: string): Case {
  const [id = '', repository = '', current = '', patch, minor, major, pushed = '', tags = ''] = line.split('|')
  const dates = new Map(pushed.split(' ').map((pair) => pair.split('=') as [string, string]))
  const answer = (text: string | undefined) => (text === '-' ? null : (text ?? null))
  return {
    id,
    repository,
    current,
    expected: { patch: answer(patch), minor: answer(minor), major: answer(major) },
    tags: tags
      .split(' ')
      .filter((tag) => tag !== '')
      .map((tag) => ({ tag, ...(dates.has(tag) ? { pushedAt: new Date(dates.get(tag) ?? '') } : {}) })),
  }
}
