import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type GateRules, type GateVerdict, judgeGate } from './gate.ts'
import type { ContainerState, Observation, ProbeTry } from './gate-course.ts'
import { describeSeconds, startingTime } from './gate-words.ts'
import type { Probe } from './update-settings.ts'

const RUNS: ContainerState = {
  status: 'running',
  running: true,
  restarting: false,
  restartCount: 0,
  startedAt: 'A',
  exitCode: 0,
  oomKilled: false,
  error: '',
  health: undefined,
}

/** One sight: seconds, what differs from a running container, what differs from a plain observation. */
type Sight = readonly [seconds: number, state?: Partial<ContainerState>, more?: Partial<Observation>]

function ended(exitCode: number, more: Partial<ContainerState> = {}): Partial<ContainerState> {
  return { status: 'exited', running: false, exitCode, ...more }
}

function restarting(restartCount: number, exitCode: number): Partial<ContainerState> {
  return { status: 'restarting', restarting: true, restartCount, exitCode }
}

function health(status: string, failingStreak = 0, output = ''): Partial<ContainerState> {
  return { health: { status, failingStreak, output } }
}

function tried(seconds: number, ok: boolean, more: Partial<ProbeTry> = {}): Partial<Observation> {
  return { probe: { at: seconds * 1000, ok, reachable: true, detail: 'GET :80/ answered 503', ...more } }
}

const HTTP: Probe = { kind: 'http', port: 80, path: '/' }
const PROBED = { probe: HTTP }
const CHECKED = { startingMs: 180_000 }
const OUTAGE = { afterOutage: true }

type Settings = Partial<GateRules['settings'] & Omit<GateRules, 'settings'>>

function judge(sights: readonly Sight[], given: Settings): GateVerdict {
  const { timeoutMs, soakMs = 10_000, probe, startingMs, restartPolicy = 'no', mayEnd = false } = given
  const line = sights.map(([seconds, state, more]) => ({ at: seconds * 1000, state: { ...RUNS, ...state }, ...more }))
  return judgeGate(line, { settings: { timeoutMs, soakMs, probe }, startingMs, restartPolicy, mayEnd })
}

type Row = readonly [name: string, rules: Settings, sights: readonly Sight[], kind: GateVerdict['kind'], reason: RegExp]

const ROWS: readonly Row[] = [
  ['nothing seen yet is nothing decided', {}, [], 'wait', /nothing/],
  ['running for less than the soak is not enough', {}, [[0], [9.9]], 'wait', /not yet run 10 s without a restart/],
  ['running through the soak passes', {}, [[0], [5], [10]], 'passed', /well for 10 s/],
  ['without a soak the first sight of it running passes', { soakMs: 0 }, [[0]], 'passed', /well for 0 s/],

  ['exit 0 at once', {}, [[0], [1, ended(0)]], 'failed', /^The container ended at once with exit code 0\.$/],
  ['exit 0 at once, seen only ended', {}, [[0, ended(0)]], 'failed', /ended at once with exit code 0/],
  ['exit 0 of a job', { mayEnd: true }, [[0], [1, ended(0)]], 'passed', /as the one before it/],
  ['exit 1 of a job', { mayEnd: true }, [[0, ended(1)]], 'failed', /exit code 1\./],
  [
    'a job that is restarted for ever',
    { mayEnd: true, restartPolicy: 'always' },
    [[0, restarting(1, 0)]],
    'failed',
    /0/,
  ],
  ['exit 1 late in the soak', {}, [[0], [9, ended(1)]], 'failed', /ended after 9 s with exit code 1\./],
  ['exit 127', {}, [[0, ended(127)]], 'failed', /exit code 127 \(the command was not found\)/],
  ['exit 137 by a lack of memory', {}, [[0, ended(137, { oomKilled: true })]], 'failed', /137 .*out of memory/],
  [
    'a start that was refused',
    {},
    [[0, ended(127, { status: 'created', error: 'exec: "/x": no such file.' })]],
    'failed',
    /could not be started and ended with exit code 127 .*: exec: "\/x": no such file\.$/,
  ],
  ['never started', {}, [[0, ended(0, { status: 'created' })]], 'disturbed', /has not been started/],

  [
    'a crash loop under always, although it always runs',
    { restartPolicy: 'always' },
    [[0], [1, restarting(2, 1)], [2, { restartCount: 3, startedAt: 'B' }]],
    'failed',
    /ended with exit code 1, and its restart policy has restarted it 3 times/,
  ],
  [
    'seen first while it waits to be restarted',
    {},
    [[0, restarting(1, 2)]],
    'failed',
    /exit code 2.*restarted it once/,
  ],
  [
    'on-failure:4 that has given up',
    { restartPolicy: 'on-failure' },
    [[0, ended(5, { restartCount: 4 })]],
    'failed',
    /exit code 5.*4 times/,
  ],
  [
    'a crash after five seconds that only the count shows',
    { restartPolicy: 'always' },
    [[0], [5], [6, { restartCount: 1, startedAt: 'B' }]],
    'failed',
    /^The container ended, and its restart policy has restarted it once\.$/,
  ],
  [
    'restarted by a person: the soak begins anew',
    {},
    [[0], [9], [9.5, { startedAt: 'B' }], [15, { startedAt: 'B' }]],
    'wait',
    /soak|restart/,
  ],
  ['restarted by a person, then well', {}, [[0], [9, { startedAt: 'B' }], [19, { startedAt: 'B' }]], 'passed', /10 s/],
  [
    'started anew again and again by something else',
    {},
    [[0], [2, { startedAt: 'B' }], [4, { startedAt: 'C' }], [5, ended(3, { startedAt: 'C' })], [6, { startedAt: 'D' }]],
    'failed',
    /started anew 3 times; it ended with exit code 3/,
  ],

  [
    'the engine restarted, and it with it',
    {},
    [[0], [1, { startedAt: 'B' }, OUTAGE], [11, { startedAt: 'B' }]],
    'passed',
    /10 s/,
  ],
  [
    'the engine restarted, and it stays down',
    {},
    [[0], [1, ended(137), OUTAGE]],
    'disturbed',
    /engine was restarted.*137/,
  ],
  [
    'ended well after the engine came back',
    {},
    [[0], [1, {}, OUTAGE], [5, ended(1)]],
    'failed',
    /after 5 s with exit code 1/,
  ],
  [
    'restarts before the engine came back do not count, later ones do',
    { restartPolicy: 'always' },
    [[0], [1, { restartCount: 1 }, OUTAGE], [2, { restartCount: 2 }]],
    'failed',
    /restarted it 2 times/,
  ],
  [
    'an end under always may be the engine going down',
    { restartPolicy: 'always' },
    [[0], [1, ended(0)], [3, ended(0)]],
    'wait',
    /stopped/,
  ],
  [
    'stopped by a person under always',
    { restartPolicy: 'always' },
    [[0], [1, ended(0)], [4, ended(0)]],
    'disturbed',
    /stopped by somebody else/,
  ],
  [
    'a restart that could not be started',
    { restartPolicy: 'always' },
    [[0], [9, ended(128, { error: 'no space' })]],
    'failed',
    /no space/,
  ],
  [
    'paused for a moment: the soak begins anew',
    {},
    [[0], [9, { status: 'paused' }], [10], [19]],
    'wait',
    /without a restart/,
  ],
  ['paused for good', {}, [[0], [9, { status: 'paused' }], [69, { status: 'paused' }]], 'disturbed', /it is paused/],

  [
    'healthy late',
    CHECKED,
    [
      [0, health('starting')],
      [170, health('healthy')],
      [180, health('healthy')],
    ],
    'passed',
    /10 s/,
  ],
  [
    'healthy is not yet through the soak',
    CHECKED,
    [
      [0, health('starting')],
      [170, health('healthy')],
      [179, health('healthy')],
    ],
    'wait',
    /10 s/,
  ],
  [
    'unhealthy fails at once, not after the timeout',
    { ...CHECKED, timeoutMs: 600_000 },
    [
      [0, health('starting')],
      [4, health('unhealthy', 3, 'connection refused')],
    ],
    'failed',
    /its health check failed 3 times in a row and last said: connection refused$/,
  ],
  [
    'healthy first, unhealthy in the soak',
    CHECKED,
    [
      [0, health('healthy')],
      [9, health('unhealthy', 3)],
    ],
    'failed',
    /unhealthy/,
  ],
  [
    'unhealthy only because it is being restarted',
    { ...CHECKED, restartPolicy: 'always' },
    [[0, { ...health('unhealthy'), ...restarting(1, 1) }]],
    'failed',
    /restarted it once/,
  ],
  [
    'unhealthy only because it is paused',
    CHECKED,
    [[0, { ...health('unhealthy', 3), status: 'paused' }]],
    'wait',
    /paused/,
  ],
  [
    'never leaves starting',
    CHECKED,
    [
      [0, health('starting')],
      [180, health('starting', 1, 'timed out')],
    ],
    'failed',
    /within 180 s.*"starting", which last said: timed out/,
  ],
  [
    'starting just inside its time',
    CHECKED,
    [
      [0, health('starting')],
      [179.9, health('starting')],
    ],
    'wait',
    /"starting"/,
  ],
  [
    'starting beyond its time, with more time given',
    { ...CHECKED, timeoutMs: 300_000 },
    [
      [0, health('starting')],
      [181, health('starting')],
    ],
    'wait',
    /"starting"/,
  ],
  [
    'starting beyond the time given',
    { ...CHECKED, timeoutMs: 20_000 },
    [
      [0, health('starting')],
      [20, health('starting')],
    ],
    'failed',
    /within 20 s/,
  ],
  ['the check has not yet shown itself', CHECKED, [[0], [20]], 'wait', /"starting"/],

  [
    'a probe that has not succeeded',
    PROBED,
    [
      [0, {}, tried(0, false)],
      [59, {}, tried(59, false)],
    ],
    'wait',
    /503/,
  ],
  [
    'a probe that never succeeds has a minute',
    PROBED,
    [
      [0, {}, tried(0, false)],
      [60, {}, tried(60, false)],
    ],
    'failed',
    /within 60 s.*answered 503/,
  ],
  [
    'a probe that succeeds late, then the soak',
    PROBED,
    [[0, {}, tried(0, false)], [50, {}, tried(52, true)], [61]],
    'wait',
    /10 s/,
  ],
  [
    'the soak after a late probe',
    PROBED,
    [[0, {}, tried(0, false)], [50, {}, tried(52, true)], [62]],
    'passed',
    /10 s/,
  ],
  [
    'a success before a restart does not count',
    PROBED,
    [
      [0, {}, tried(0, true)],
      [1, { startedAt: 'B' }, tried(1, false)],
      [30, { startedAt: 'B' }],
    ],
    'wait',
    /probe/,
  ],
  [
    'a probe for which there was never a way',
    PROBED,
    [[0, {}, tried(0, false, { reachable: false })], [60]],
    'disturbed',
    /probe/,
  ],
  [
    'a probe that was refused at least once',
    PROBED,
    [
      [0, {}, tried(0, false)],
      [60, {}, tried(60, false, { reachable: false })],
    ],
    'failed',
    /probe/,
  ],
  [
    'healthy, but the probe fails',
    { ...CHECKED, ...PROBED },
    [
      [0, health('healthy'), tried(0, false)],
      [61, health('healthy'), tried(61, false)],
    ],
    'failed',
    /probe/,
  ],
  [
    'the probe succeeds, but the check has not',
    { ...CHECKED, ...PROBED },
    [
      [0, health('starting'), tried(0, true)],
      [61, health('starting')],
    ],
    'wait',
    /health check/,
  ],

  [
    'the timeout ends a soak, too',
    { timeoutMs: 15_000 },
    [[0], [8, { startedAt: 'B' }], [15, { startedAt: 'B' }]],
    'failed',
    /within 15 s: it has not yet run 10 s/,
  ],
  ['a timeout shorter than the soak shortens it', { timeoutMs: 5000 }, [[0], [5]], 'passed', /well for 5 s/],
  [
    'a timeout shorter than the soak still wants the probe',
    { ...PROBED, timeoutMs: 5000 },
    [[0, {}, tried(0, false)], [5]],
    'failed',
    /within 5 s/,
  ],
]

for (const [name, rules, sights, kind, reason] of ROWS)
  test(`gate: ${name}: ${kind}`, () => {
    const verdict = judge(sights, rules)
    assert.equal(verdict.kind, kind, verdict.reason)
    assert.match(verdict.reason, reason)
  })

test('gate: a clock of the engine that jumps by a day changes nothing', () => {
  for (const startedAt of ['2026-01-01T00:00:00Z', '2026-01-02T00:00:00Z', '2025-12-31T00:00:00Z'])
    assert.equal(
      judge(
        [
          [0, { startedAt }],
          [10, { startedAt }],
        ],
        {},
      ).kind,
      'passed',
    )
})

test('gate: an exit code is known as seen only where it was seen', () => {
  const exitOf = (...sights: Sight[]) => {
    const verdict = judge(sights, { ...CHECKED, restartPolicy: 'always' })
    return verdict.kind === 'failed' ? verdict.exit : verdict.kind
  }
  assert.equal(exitOf([0], [1, { restartCount: 1 }]), 'unseen')
  assert.equal(exitOf([0], [1, restarting(1, 1)]), 'seen')
  assert.equal(exitOf([0, health('unhealthy')]), 'none')
})

for (const [name, times, seconds] of [
  ['the defaults of Docker', { startPeriod: 0, interval: 0, timeout: 0, retries: 0 }, 180],
  ['its own', { startPeriod: 60e9, interval: 5e9, timeout: 0.5e9, retries: 4 }, 82],
] as const)
  test(`gate: a health check may start for as long as it can fail, by ${name}`, () => {
    assert.equal(startingTime(times), seconds * 1000)
  })

test('gate: seconds are told as precisely as they matter', () => {
  assert.deepEqual([40, 300, 9949, 10_000, 90_499].map(describeSeconds), ['0 s', '0.3 s', '9.9 s', '10 s', '90 s'])
})
