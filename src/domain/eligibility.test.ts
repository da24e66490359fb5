import assert from 'node:assert/strict'
import { test } from 'node:test'
import { blockersOf, type Situation } from './eligibility.ts'
import type { Hold } from './hold.ts'
import { openingAt, parseWindow } from './window.ts'

const NOW = new Date('2026-03-02T10:00:00Z')
const DAY_MS = 86_400_000

type Settings = Situation['settings']

const AUTO: Settings = { mode: 'auto', level: 'minor', minimumAgeMs: 0 }

const FREE: Situation = {
  settings: AUTO,
  option: { tag: '1.28', digest: 'sha256:new', level: 'minor', since: '2026-03-02T07:00:00Z' },
  currentTag: '1.27',
  holds: [],
  quarantined: undefined,
  isApproved: false,
  now: NOW,
  paused: undefined,
  opening: { isOpen: true, next: undefined },
  openPhase: undefined,
  impossible: undefined,
}

const set = (settings: Partial<Settings>): Partial<Situation> => ({ settings: { ...AUTO, ...settings } })
const step = (level: string): Partial<Situation> => ({ option: { ...FREE.option!, level } })
const build: Partial<Situation> = { option: { ...FREE.option!, tag: '1.27', level: 'digest' } }
const failed = { quarantined: { reason: 'it kept dying', createdAt: '2026-03-01T08:30:00Z' } }
const approved = { isApproved: true }

function held(said: Partial<Hold> & Pick<Hold, 'kind'>): Partial<Situation> {
  const common = { id: 'h', workload: 'w', tag: undefined, digest: undefined, until: undefined, reason: undefined }
  return { holds: [{ ...common, actor: 'ann', createdAt: '2026-03-01T08:00:00Z', ...said }] }
}

const TABLE: [what: string, given: Partial<Situation>[], blockers: string[]][] = [
  ['auto within its level', [], []],
  ['nothing newer', [{ option: undefined }, set({ mode: 'none' })], []],
  [
    'what no registry can be asked about',
    [{ option: undefined, impossible: 'It was built here.' }],
    ['It was built here.'],
  ],
  ['what can never be updated', [{ impossible: 'It is Seaworthy.' }, failed], ['It is Seaworthy.']],
  ['mode none', [set({ mode: 'none' })], ['"updates" is set to none: it is only told']],
  ['mode none, but a yes', [set({ mode: 'none' }), approved], []],
  ['mode approve', [set({ mode: 'approve' })], ['waits for approval']],
  ['mode approve with a large step', [set({ mode: 'approve' }), step('major')], ['waits for approval']],
  ['mode approve and a yes', [set({ mode: 'approve' }), approved], []],
  [
    'a step too large',
    [step('major')],
    ['waits for approval: a major step, and only minor ones are taken by themselves'],
  ],
  ['a step too large and a yes', [step('major'), approved], []],
  ['a large step where it may be', [step('major'), set({ level: 'major' })], []],
  [
    'a step that cannot be compared',
    [step('unknown')],
    ['waits for approval: a step of unknown size, and only minor ones are taken by themselves'],
  ],
  ['a step that cannot be compared where any may be', [step('unknown'), set({ level: 'major' })], []],
  [
    'a tag where only builds are taken',
    [step('patch'), set({ level: 'digest' })],
    ['waits for approval: a patch step, and only digest ones are taken by themselves'],
  ],
  ['a build where only builds are taken', [build, set({ level: 'digest' })], []],
  ['too young', [set({ minimumAgeMs: 2 * DAY_MS })], ['known for 3 hours, wanted: 2 days']],
  ['old enough', [set({ minimumAgeMs: 3 * 3_600_000 })], []],
  ['too young, but a yes', [set({ minimumAgeMs: 2 * DAY_MS }), approved], []],
  ['a hold', [held({ kind: 'hold', reason: 'holiday' })], ['held by ann since 2026-03-01 08:00 UTC: holiday']],
  ['a hold and a yes', [held({ kind: 'hold' }), approved], ['held by ann since 2026-03-01 08:00 UTC']],
  [
    'put off',
    [held({ kind: 'snooze', until: '2026-03-09T00:00:00Z' })],
    ['put off until 2026-03-09 00:00 UTC by ann since 2026-03-01 08:00 UTC'],
  ],
  [
    'passed over by its digest',
    [held({ kind: 'skip', digest: 'sha256:new', tag: '1.28' })],
    ['this candidate is passed over by ann since 2026-03-01 08:00 UTC'],
  ],
  ['another one passed over', [held({ kind: 'skip', digest: 'sha256:old', tag: '1.28' })], []],
  [
    'passed over by its tag',
    [held({ kind: 'skip', tag: '1.28' })],
    ['this candidate is passed over by ann since 2026-03-01 08:00 UTC'],
  ],
  [
    'pinned and a newer tag',
    [held({ kind: 'pin', tag: '1.27' })],
    ['pinned to 1.27 by ann since 2026-03-01 08:00 UTC'],
  ],
  ['pinned and a new build', [held({ kind: 'pin', tag: '1.27' }), build], []],
  ['failed here', [failed], ['this image failed here on 2026-03-01 08:30 UTC: it kept dying']],
  ['failed here and a yes', [failed, approved], ['this image failed here on 2026-03-01 08:30 UTC: it kept dying']],
  ['a pause', [{ paused: { actor: 'ann', until: undefined } }], ['updates are paused by ann']],
  [
    'a pause until a time',
    [{ paused: { actor: 'ann', until: '2026-03-03T00:00:00Z' } }],
    ['updates are paused by ann until 2026-03-03 00:00 UTC'],
  ],
  ['an update under way', [{ openPhase: 'parked' }], ['an update of it is under way (parked)']],
  [
    'an update that is stuck',
    [{ openPhase: 'needs-operator' }],
    ['an update of it could be taken neither forward nor back and waits for a person'],
  ],
  [
    'several at once',
    [held({ kind: 'hold' }), failed, set({ mode: 'approve', minimumAgeMs: DAY_MS * 7 })],
    [
      'held by ann since 2026-03-01 08:00 UTC',
      'this image failed here on 2026-03-01 08:30 UTC: it kept dying',
      'known for 3 hours, wanted: 7 days',
      'waits for approval',
    ],
  ],
]

for (const [what, given, blockers] of TABLE)
  test(`${what}: ${blockers.length === 0 ? 'nothing in the way' : blockers.join('; ')}`, () => {
    const situation: Situation = Object.assign({}, FREE, ...given)
    assert.deepEqual(blockersOf(situation), { blockers, nextWindowAt: undefined })
  })

const night = (now: Date): Partial<Situation> => ({ now, opening: openingAt([parseWindow('02:00-04:00')], now, 'UTC') })
const CLOSED = 'outside its window; the next one opens 2026-03-03 02:00 UTC'

test('where only the window is waited for, it is said when it opens', () => {
  const { blockers, nextWindowAt } = blockersOf({ ...FREE, ...night(NOW) })
  assert.deepEqual(blockers, [CLOSED])
  assert.equal(nextWindowAt?.toISOString(), '2026-03-03T02:00:00.000Z')
  assert.deepEqual(blockersOf({ ...FREE, ...night(nextWindowAt!) }).blockers, [])
})

test('where more than the window is waited for, its opening promises nothing', () => {
  const { blockers, nextWindowAt } = blockersOf({ ...FREE, ...night(NOW), ...set({ mode: 'approve' }) })
  assert.deepEqual(blockers, ['waits for approval', CLOSED])
  assert.equal(nextWindowAt, undefined)
})

test('a yes waits for the window like everything else', () => {
  const said = { ...FREE, ...night(NOW), ...set({ mode: 'none' }), ...approved }
  assert.deepEqual(blockersOf(said).blockers, [CLOSED])
})
