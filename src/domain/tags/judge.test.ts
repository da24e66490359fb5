import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { DEFAULT_POLICY, type Matcher, type TagPolicy } from '../policy.ts'
import { judgeTags } from './judge.ts'
import type { JudgementContext, TagFacts } from './verdict.ts'

const NOW = new Date('2026-11-21T12:00:00Z')
const DAY = 86_400_000

describe('every verdict says why', () => {
  const rows: readonly [current: string, tag: string, code: string, sentence: RegExp][] = [
    ['1.2.3', '1.2.4', 'chosen', /newest tag of the line of 1\.2\.3: a patch step/],
    ['1.2.3', '1.2.2', 'older', /1\.2\.2 is older than 1\.2\.3/],
    ['1.2.3-alpine', '1.2.4-slim', 'flavour', /"-slim" instead of "-alpine"/],
    ['1.2.3', '1.2.4-slim', 'flavour', /"-slim" instead of nothing/],
    ['3.12', '3.14-rc', 'pre-release', /3\.14-rc is a pre-release and 3\.12 is a release/],
    ['1.2.3', 'v1.2.4', 'prefix', /begins with "v", 1\.2\.3 with a number/],
    ['1.2', '1.2.3', 'parts', /1\.2\.3 has 3 numbers, 1\.2 has 2 numbers/],
    ['10.11.4', '2021.12.16', 'scheme', /counts releases and 2021\.12\.16 does not/],
    ['1.2.3', 'latest', 'no-version', /latest carries no version/],
    ['1.2.3', '0a1b2c3', 'commit', /single commit/],
    ['1.2.3', '1.2.4.sig', 'artefact', /signature/],
    ['1.2.0', '1.99999999999.0', 'malformed', /too long/],
    ['1.2.3-alpine3.20', '1.2.4-alpine3.19', 'os-version', /operating system/],
    ['10.0.20348.1', '10.0.26100.1', 'windows', /must match its host/],
    ['1.2.03', '1.2.3', 'same', /same version/],
    ['1.2.3', '1.2.3', 'current', /in use/],
  ]
  for (const [current, tag, code, sentence] of rows) {
    it(`${tag} beside ${current}: ${code}`, () => {
      const { verdicts } = judgeTags(current, listed(`${current} ${tag}`), DEFAULT_POLICY, { now: NOW })
      const verdict = verdicts.find((entry) => entry.tag === tag)
      assert.equal(verdict?.code, code)
      assert.match(verdict?.reason ?? '', sentence)
    })
  }

  it('stands best first: chosen, candidates, beyond the level, current, then the rest by name', () => {
    const tags = listed('latest 1.2.3 1.2.4 1.2.5 2.0.0 edge 1.0.0')
    const { verdicts } = judgeTags('1.2.3', tags, { ...DEFAULT_POLICY, level: 'minor' }, { now: NOW })
    assert.equal(verdicts.map(({ tag }) => tag).join(' '), '1.2.5 1.2.4 2.0.0 1.2.3 1.0.0 edge latest')
    assert.equal(verdicts.find(({ tag }) => tag === '2.0.0')?.level, 'major')
  })

  it('chooses nothing at level digest, whatever the selection', () => {
    const judgement = judge('1.2.3', '1.2.3 1.2.4', { level: 'digest' })
    assert.equal(judgement.chosen, null)
    assert.deepEqual(
      judgement.verdicts.map(({ code }) => code),
      ['current', 'digest-only'],
    )
  })
})

describe('a hint tells how to get further', () => {
  const rows: readonly [current: string, tags: string, hint: RegExp | undefined][] = [
    ['latest', 'latest 1.2.0 1.3.0', /pin 1\.3\.0 to follow versions/],
    ['latest', 'latest nightly 1.2.0-rc.1 2.0.0-beta 1.1.0 1.2.3', /pin 1\.2\.3/],
    ['stable-alpine', 'stable-alpine 1.26-alpine 1.27-alpine 1.28', /pin 1\.27-alpine/],
    ['1.2.3', '1.2.3 v1.3.0', /There is v1\.3\.0/],
    ['v2.7.5-openvino', 'v2.7.5-openvino v3.0.2', /There is v3\.0\.2/],
    ['python3.10-nodejs18', 'python3.10-nodejs18 python3.11-nodejs18', /give a pattern/],
    ['1.2.3', '1.2.3 1.2.4', undefined],
    ['stable', 'stable edge', undefined],
  ]
  for (const [current, tags, hint] of rows) {
    it(`${current}: ${hint?.source ?? 'none'}`, () => {
      const judgement = judgeTags(current, listed(tags), DEFAULT_POLICY, { now: NOW })
      if (hint === undefined) assert.equal(judgement.hint, undefined)
      else assert.match(judgement.hint ?? '', hint)
    })
  }

  it('names the version that latest is right now', () => {
    const tags = [
      { tag: 'latest', digest: 'sha256:a' },
      { tag: '1.2.0', digest: 'sha256:a' },
      { tag: '1.3.0', digest: 'sha256:b' },
    ]
    assert.match(judgeTags('latest', tags, DEFAULT_POLICY, { now: NOW }).hint ?? '', /pin 1\.2\.0/)
  })
})

describe('a minimum age', () => {
  const seen = (tag: string, days: number): TagFacts => ({ tag, firstSeenAt: new Date(NOW.getTime() - days * DAY) })
  const policy = { ...DEFAULT_POLICY, minimumAgeMs: 3 * DAY }

  it('chooses the newest tag that is old enough, and says how long younger ones wait', () => {
    const tags = [seen('1.0.0', 90), seen('1.1.0', 5), seen('1.2.0', 3), seen('1.3.0', 2)]
    const { chosen, verdicts } = judgeTags('1.0.0', tags, policy, { now: NOW })
    assert.equal(chosen, '1.2.0')
    const waiting = verdicts.find(({ tag }) => tag === '1.3.0')
    assert.equal(waiting?.code, 'too-young')
    assert.match(waiting?.reason ?? '', /waits until 2026-11-22 12:00 UTC/)
  })

  it('goes by when we saw the tag, not by what the registry says', () => {
    const tags = [{ tag: '1.1.0', firstSeenAt: NOW, pushedAt: new Date('2020-01-01') }]
    assert.equal(judgeTags('1.0.0', tags, policy, { now: NOW }).chosen, null)
  })

  it('lets a tag of unknown age wait', () => {
    assert.equal(judgeTags('1.0.0', listed('1.1.0'), policy, { now: NOW }).chosen, null)
  })
})

describe('push dates', () => {
  it('rule out a higher number that was pushed long before the current tag', () => {
    const tags = [
      { tag: '1.0.2', pushedAt: new Date('2022-05-01') },
      { tag: '1.1.0', pushedAt: new Date('2022-08-01') },
      { tag: 'v999.0.0', pushedAt: new Date('2019-01-01') },
      { tag: '999.0.0', pushedAt: new Date('2019-01-01') },
    ]
    const judgement = judgeTags('1.0.2', tags, DEFAULT_POLICY, { now: NOW })
    assert.equal(judgement.chosen, '1.1.0')
    assert.equal(judgement.verdicts.find(({ tag }) => tag === '999.0.0')?.code, 'pushed-earlier')
  })

  it('do not rule out a tag of the same rebuild', () => {
    const tags = [
      { tag: '20', pushedAt: new Date('2026-11-20T12:00:00Z') },
      { tag: '22', pushedAt: new Date('2026-11-20T11:00:00Z') },
    ]
    assert.equal(judgeTags('20', tags, DEFAULT_POLICY, { now: NOW }).chosen, '22')
  })
})

describe('the policy narrows the list', () => {
  it('include and exclude decide before versions do', () => {
    const policy = { include: [matcher('^1\\.')], exclude: [matcher('^1\\.9')] }
    const { chosen, verdicts } = judge('1.2.3', '1.2.3 1.2.4 1.9.0 2.0.0', policy)
    assert.equal(chosen, '1.2.4')
    assert.deepEqual(
      verdicts.map(({ code }) => code),
      ['chosen', 'current', 'excluded', 'not-included'],
    )
  })

  it('maxTags keeps only the first of the sorted list', () => {
    const { verdicts } = judge('1.0.0', '1.0.0 1.1.0 1.2.0', { sort: 'lexicographical', maxTags: 2 })
    assert.deepEqual(
      verdicts.map(({ tag, code }) => [tag, code]),
      [
        ['1.1.0', 'chosen'],
        ['1.0.0', 'current'],
        ['1.2.0', 'outside-window'],
      ],
    )
  })
})

describe('the newest push', () => {
  const pushed = (tag: string, hoursAgo: number): TagFacts => ({
    tag,
    pushedAt: new Date(NOW.getTime() - hoursAgo * 3_600_000),
  })
  const tags = [pushed('staging-a1b2c3d', 24), pushed('other', 24), pushed('staging-abcdef1', 0)]

  it('wins among the tags that match a shell pattern', () => {
    const policy: TagPolicy = { ...DEFAULT_POLICY, select: { by: 'glob', pattern: 'staging-*' } }
    assert.equal(judgeTags('staging-a1b2c3d', tags, policy, { now: NOW }).chosen, 'staging-abcdef1')
  })

  it('wins among the tags that match a regular expression', () => {
    const policy: TagPolicy = { ...DEFAULT_POLICY, select: { by: 'regex', matcher: matcher('^staging-[a-f0-9]{7}$') } }
    const judgement = judgeTags('staging-a1b2c3d', tags, policy, { now: NOW })
    assert.equal(judgement.chosen, 'staging-abcdef1')
    assert.equal(judgement.verdicts.find(({ tag }) => tag === 'other')?.code, 'not-matched')
  })

  it('is never one pushed before the current tag, nor one of unknown date', () => {
    const policy: TagPolicy = { ...DEFAULT_POLICY, select: { by: 'glob', pattern: 'staging-*' } }
    const more = [...tags, { tag: 'staging-0000000' }]
    assert.equal(judgeTags('staging-abcdef1', more, policy, { now: NOW }).chosen, null)
  })
})

describe('the highest SemVer', () => {
  const rows: readonly [current: string, tags: string, select: { prefix?: string }, chosen: string | null][] = [
    ['v1.1.0', 'v1.1.0 v1.2.0 2.0.0', { prefix: 'v' }, 'v1.2.0'],
    ['v1.1.0', 'v1.1.0 v1.10.0 v1.9.0', {}, 'v1.10.0'],
    ['v1.9.9', 'v1.9.9 v2.0.0-rc.1', {}, null],
    ['v2.0.0-beta.2', 'v2.0.0-beta.11 v2.0.0-beta.3', {}, 'v2.0.0-beta.11'],
    ['latest', '1.0.0 1.1.0', { prefix: '' }, '1.1.0'],
    ['1.2.0', '1.1.0 1.2.0+a', {}, null],
  ]
  for (const [current, tags, select, chosen] of rows) {
    it(`${current} becomes ${chosen ?? 'nothing'} among ${tags}`, () => {
      assert.equal(judge(current, tags, { select: { by: 'semver', ...select } }).chosen, chosen)
    })
  }

  it('stays within the level', () => {
    const policy: Partial<TagPolicy> = { level: 'minor', select: { by: 'semver' } }
    assert.equal(judge('1.2.0', '1.3.0 2.0.0', policy).chosen, '1.3.0')
  })
})

describe('the tag that a base tag stands for', () => {
  const select = { by: 'digest-of', baseTag: '15', matcher: matcher('^[0-9]+\\.[0-9]+\\.[0-9]+$') } as const
  const tags = facts({ latest: 'D9', '9.0.3': 'D4', '12.0.1': 'D3', '15.0.1': 'D2', '15.0.2': 'D1', 15: 'D1' })
  const rows: readonly [name: string, current: string, baseDigest: string | null | undefined, chosen: string | null][] =
    [
      ['is the matching tag with its digest', '15', 'D1', '15.0.2'],
      ['is none while a release is half pushed', '15', 'NEW', null],
      ['is the newest matching tag when there is no base tag', '15', null, '15.0.2'],
      ['is none when the registry could not be asked', '15', undefined, null],
      ['is never older than the current tag', '15.0.2', 'D4', null],
      ['is newer than the current tag', '15.0.1', 'D1', '15.0.2'],
      ['is the current tag already', '15.0.2', 'D1', null],
    ]
  for (const [name, current, baseDigest, chosen] of rows) {
    it(name, () => {
      const context: JudgementContext = { now: NOW, ...(baseDigest === undefined ? {} : { baseDigest }) }
      assert.equal(judgeTags(current, tags, { ...DEFAULT_POLICY, select }, context).chosen, chosen)
    })
  }

  it('is the most precise of several with one digest', () => {
    const wide = { by: 'digest-of', baseTag: 'latest', matcher: matcher('^[0-9.]+$') } as const
    const same = facts({ latest: 'D1', '1.25': 'D1', '1.25.3': 'D1', 1: 'D1' })
    const context = { now: NOW, baseDigest: 'D1' }
    assert.equal(judgeTags('latest', same, { ...DEFAULT_POLICY, select: wide }, context).chosen, '1.25.3')
  })

  it('counts a release as newer than its release candidate', () => {
    const open = { by: 'digest-of', baseTag: 'latest', matcher: matcher('^[0-9]') } as const
    const context = { now: NOW, baseDigest: 'D9' }
    const list = facts({ '1.0.0': 'D9' })
    assert.equal(judgeTags('1.0.0-rc1', list, { ...DEFAULT_POLICY, select: open }, context).chosen, '1.0.0')
  })
})

function judge(current: string, tags: string, policy: Partial<TagPolicy>) {
  return judgeTags(current, listed(tags), { ...DEFAULT_POLICY, ...policy }, { now: NOW })
}

function listed(tags: string): TagFacts[] {
  return tags.split(' ').map((tag) => ({ tag }))
}

function facts(digests: Readonly<Record<string, string>>): TagFacts[] {
  return Object.entries(digests).map(([tag, digest]) => ({ tag, digest }))
}

function matcher(source: string): Matcher {
  const pattern = new RegExp(source)
  return { source, test: (tag) => pattern.test(tag) }
}
