import type { TagPolicy } from '../src/domain/policy.ts'
import { judgeTags, type TagFacts } from '../src/domain/tags/judge.ts'
import { type Bench, median, type Row } from './row.ts'

const TAGS = 20_000
const WARM_UPS = 10
const TIMES = 21
const NOW = new Date('2026-06-01T00:00:00Z')
const POLICY: TagPolicy = {
  level: 'major',
  include: [],
  exclude: [],
  select: { by: 'family' },
  sort: 'default',
  maxTags: 0,
  minimumAgeMs: 0,
}

/** Judging one very long tag list. */
export const tagBenches: readonly Bench[] = [{ name: 'tags', run: async () => [judgeLongList()] }]

function judgeLongList(): Row {
  const facts = longList().map((tag): TagFacts => ({ tag, firstSeenAt: NOW }))
  const judge = (): number =>
    judgeTags('1.4.2-alpine', facts, POLICY, { now: NOW, repository: 'bench/app' }).verdicts.length
  if (judge() !== TAGS) throw new Error('not every tag got a verdict')
  const judged = timesOf(judge)
  const plain = timesOf(() => facts.filter(({ tag }) => PLAIN.test(tag)).length)
  return {
    name: `judging ${TAGS} tags`,
    measured: median(judged),
    unit: 'ms',
    limit: 50,
    note: `median of ${TIMES}, best ${Math.min(...judged).toFixed(1)} ms; matching them all with one plain regular expression ${median(plain).toFixed(2)} ms`,
  }
}

const PLAIN = /^v?(\d+)\.(\d+)\.(\d+)(?:-([0-9A-Za-z.-]+))?$/

/** What the repositories of long lists hold: versions in flavours, pre-releases, dates, commits, rolling names. */
function longList(): string[] {
  const tags = new Set<string>(['latest', 'edge', 'alpine', 'nightly', '1.4.2-alpine'])
  const flavours = ['', '-alpine', '-alpine3.20', '-bookworm', '-slim-bookworm', '-rc1', '-beta.2', '-ls12']
  for (let number = 0; tags.size < TAGS; number++) {
    const version = `${1 + (number % 9)}.${Math.floor(number / 9) % 40}.${Math.floor(number / 360)}`
    for (const flavour of flavours) tags.add(`${version}${flavour}`)
    tags.add(`v${version}`)
    tags.add(`sha-${(number * 2_654_435_761 + 0x1000_0000).toString(16).slice(0, 7)}`)
    const day = new Date(Date.UTC(2020, 0, 1 + number)).toISOString().slice(0, 10)
    tags.add(`nightly-${day}`)
  }
  return [...tags].slice(0, TAGS)
}

function timesOf(work: () => unknown): number[] {
  for (let time = 0; time < WARM_UPS; time++) work()
  return Array.from({ length: TIMES }, () => {
    const begun = performance.now()
    work()
    return performance.now() - begun
  })
}
