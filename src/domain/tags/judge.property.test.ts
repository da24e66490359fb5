import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { DEFAULT_POLICY, type Level } from '../policy.ts'
import { judgeTags } from './judge.ts'

const NOW = new Date('2026-11-21T12:00:00Z')
const PLAIN = /^(v?)(\d+)\.(\d+)\.(\d+)$/

const number = fc.nat({ max: 12 })
const flavour = fc.constantFrom(
  '',
  '-alpine',
  '-slim',
  '-alpine3.20',
  '-ls12',
  '-rc1',
  '-rc.2',
  '-20240115',
  '-0a1b2c3',
  '-jdk17',
)
const core = fc.oneof(
  fc.tuple(number, number, number).map((parts) => parts.join('.')),
  fc.tuple(number, number).map((parts) => parts.join('.')),
  number.map(String),
)
const version = fc.tuple(fc.constantFrom('', 'v', 'release-'), core, flavour).map((parts) => parts.join(''))
const odd = fc.constantFrom(
  'latest',
  'edge-alpine',
  'sha256-ab.sig',
  '2024-01-15',
  'pr-12',
  '0a1b2c3',
  'nightly-20240115',
  '24.04',
)
const tag = fc.oneof({ weight: 5, arbitrary: version }, { weight: 1, arbitrary: odd })
const list = fc.uniqueArray(tag, { maxLength: 25 })
const level = fc.constantFrom<Level>('patch', 'minor', 'major')

describe('whatever the list of tags', () => {
  it('a plain version never moves down or aside', () => {
    const plain = fc.tuple(number, number, number).map((parts) => parts.join('.'))
    fc.assert(
      fc.property(plain, fc.array(fc.oneof(plain, tag)), level, (current, tags, at) => {
        const chosen = choose(current, tags, at)
        if (chosen === null) return
        assert.match(chosen, PLAIN)
        assert.ok(compare(numbers(chosen), numbers(current)) > 0, `${current} became ${chosen}`)
      }),
    )
  })

  it('the answer does not depend on the order of the list', () => {
    fc.assert(
      fc.property(tag, list, fc.infiniteStream(fc.nat()), (current, tags, keys) => {
        const shuffled = tags
          .map((name) => ({ name, key: keys.next().value }))
          .sort((a, b) => a.key - b.key)
          .map(({ name }) => name)
        assert.deepEqual(judge(current, shuffled), judge(current, tags))
      }),
    )
  })

  it('a foreign tag in the list changes nothing', () => {
    const foreign = fc.constantFrom(
      'latest',
      'zz-9.9.9',
      '9.9.9-zz',
      '9.9.9.9.9.9',
      'sha256-ab.sig',
      'main-0a1b2c3',
      '0a1b2c3',
    )
    fc.assert(
      fc.property(tag, list, foreign, (current, tags, other) => {
        assert.equal(choose(current, [...tags, other]), choose(current, tags))
      }),
    )
  })

  it('a wider level allows all that a narrower one does', () => {
    fc.assert(
      fc.property(tag, list, (current, tags) => {
        const [patch, minor, major] = (['patch', 'minor', 'major'] as const).map((at) => allowed(current, tags, at))
        assert.ok(patch?.isSubsetOf(minor ?? new Set()) && minor?.isSubsetOf(major ?? new Set()))
      }),
    )
  })

  it('prefix, count of numbers and flavour stay', () => {
    fc.assert(
      fc.property(version, list, (current, tags) => {
        const chosen = choose(current, tags)
        if (chosen !== null) assert.deepEqual(shape(chosen), shape(current))
      }),
    )
  })

  it('moving once leaves nothing newer', () => {
    fc.assert(
      fc.property(tag, list, (current, tags) => {
        const chosen = choose(current, tags)
        if (chosen !== null) assert.equal(choose(chosen, tags), null)
      }),
    )
  })

  it('every tag gets exactly one verdict', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 30 }), fc.uniqueArray(fc.string({ maxLength: 30 })), (current, tags) => {
        assert.deepEqual(
          judge(current, tags)
            .verdicts.map((verdict) => verdict.tag)
            .sort(),
          [...tags].sort(),
        )
      }),
    )
  })
})

function judge(current: string, tags: readonly string[], at: Level = 'major') {
  return judgeTags(
    current,
    tags.map((name) => ({ tag: name })),
    { ...DEFAULT_POLICY, level: at },
    { now: NOW },
  )
}

function choose(current: string, tags: readonly string[], at: Level = 'major'): string | null {
  return judge(current, tags, at).chosen
}

function allowed(current: string, tags: readonly string[], at: Level): Set<string> {
  const yes = judge(current, tags, at).verdicts.filter(({ verdict }) => verdict === 'chosen' || verdict === 'candidate')
  return new Set(yes.map((verdict) => verdict.tag))
}

function numbers(name: string): number[] {
  return (name.match(/\d+/g) ?? []).map(Number)
}

function compare(a: readonly number[], b: readonly number[]): number {
  return a.map((part, index) => part - (b[index] ?? 0)).find((difference) => difference !== 0) ?? 0
}

/** Prefix, count of numbers and flavour; counters, dates, hashes and the stage may differ. */
function shape(name: string) {
  const [, prefix, digits = '', rest = ''] = /^(v|release-)?([\d.]+)(.*)$/.exec(name) ?? []
  const flavourOf = rest
    .replace(/^-rc\.?\d+/, '')
    .replace(/^-0a1b2c3$/, '-hash')
    .replace(/^-alpine3\.20$/, '-alpine')
  return { prefix, parts: digits.split('.').length, flavour: flavourOf }
}
