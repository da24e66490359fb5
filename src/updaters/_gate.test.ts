import assert from 'node:assert/strict'
import { test } from 'node:test'
import { frame, outage, pieces, refusal, type ScriptedCall, scriptDocker } from '../../test/kit/scripted-docker.ts'
import type { GateSettings } from '../domain/update-settings.ts'
import type { Log } from '../lib/log.ts'
import { passGate } from './_gate.ts'
import type { GateOptions } from './_gate-watch.ts'

type State = Readonly<Record<string, unknown>>

interface Shape {
  readonly restartCount?: number
  readonly policy?: string
  readonly autoRemove?: boolean
  readonly healthcheck?: object
}

/** As the engine writes it. */
function inspection(
  state: State = {},
  { restartCount = 0, policy = 'no', autoRemove = false, healthcheck }: Shape = {},
) {
  const running = { Status: 'running', Running: true, Restarting: false, OOMKilled: false, ExitCode: 0, Error: '' }
  return {
    Id: 'web',
    RestartCount: restartCount,
    State: { ...running, StartedAt: 'A', FinishedAt: '0001-01-01T00:00:00Z', ...state },
    HostConfig: {
      RestartPolicy: { Name: policy, MaximumRetryCount: 0 },
      AutoRemove: autoRemove,
      NetworkMode: 'bridge',
    },
    Config: { Tty: false, Healthcheck: healthcheck },
  }
}

const EXITED = { Status: 'exited', Running: false, ExitCode: 3 }
const CRASHED = inspection(
  { StartedAt: 'B', FinishedAt: '2026-01-01T00:00:07.5Z' },
  { restartCount: 1, policy: 'always' },
)
const GATE: GateSettings = { timeoutMs: undefined, soakMs: 10_000, probe: undefined }

interface Scene extends Partial<Omit<GateOptions, 'gate'>> {
  /** What the inspection gives at a time of the gate, in milliseconds. */
  readonly at: (ms: number) => unknown
  readonly answer?: (call: ScriptedCall) => unknown
  readonly gate?: Partial<GateSettings>
}

/** Runs the gate in a time of its own. `ended`: when it was over. */
async function run({ at, answer = () => undefined, gate, ...options }: Scene) {
  let now = 0
  const lines: unknown[] = []
  const docker = scriptDocker((call) => {
    const seen = call.path === '/containers/web/json' ? at(now) : answer(call)
    if (seen instanceof Error) throw seen
    return seen
  })
  const log: Log = { error() {}, warn() {}, info() {}, debug: (fields) => lines.push(fields), child: () => log }
  const clock = {
    // The wall clock jumps by days.
    now: () => new Date(now * 1e6),
    sleep: async (ms: number) => {
      now += ms
    },
  }
  const signal = new AbortController().signal
  const given = { containerId: 'web', mayEnd: false, signal, clock, elapsedMs: () => now, log, ...options }
  const outcome = await passGate(docker, { ...given, gate: { ...GATE, ...gate } }).then(
    () => 'passed',
    (error: unknown) => error,
  )
  return { outcome, ended: now, lines, calls: docker.calls }
}

function assertGateError(outcome: unknown, message: RegExp): void {
  assert.ok(outcome instanceof Error, String(outcome))
  assert.equal(outcome.name, 'GateError', String(outcome))
  assert.match(outcome.message, message)
}

function assertFailure(outcome: unknown, code: string, message: RegExp): void {
  assert.ok(outcome instanceof Error, String(outcome))
  assert.deepEqual([outcome.name, 'code' in outcome && outcome.code], ['Failure', code], String(outcome))
  assert.match(outcome.message, message)
}

test('one that keeps running passes after its soak, looked at every quarter of a second at first', async () => {
  const { outcome, ended, calls } = await run({ at: () => inspection() })
  assert.equal(outcome, 'passed')
  assert.ok(ended >= 10_000 && ended < 11_000, String(ended))
  assert.ok(calls.length > 10 && calls.length < 42, String(calls.length))
})

test('the reason of an end has the last line, and the log the last twenty', async () => {
  const text = Array.from({ length: 30 }, (_, i) => `line ${i}\n`).join('')
  const answer = ({ path, query }: ScriptedCall) => {
    assert.deepEqual([path, query], ['/containers/web/logs', { stdout: 1, stderr: 1, tail: 20 }])
    return pieces(frame(text), frame('\u001b[31mno database\u0007\n', 2))
  }
  const { outcome, lines } = await run({ at: () => inspection(EXITED), answer })
  assertGateError(outcome, /^The container ended at once with exit code 3\. Its last line: no database\\u0007$/)
  assert.equal((lines.at(-1) as { lines: string[] }).lines.length, 20)
})

test('a log that cannot be read leaves the reason', async () => {
  const { outcome } = await run({ at: () => inspection(EXITED), answer: () => refusal(501) })
  assertGateError(outcome, /^The container ended at once with exit code 3\.$/)
})

const DIE = '{"Type":"container","Action":"die","Actor":{"ID":"web","Attributes":{"exitCode":"139"}}}\n'

test('the exit code of an end that nobody saw is asked of the engine, around its own time', async () => {
  const answer = ({ path, query }: ScriptedCall) => {
    if (path !== '/events') return pieces()
    const filters = { container: ['web'], event: ['die', 'oom'] }
    const second = Date.parse('2026-01-01T00:00:07Z') / 1000
    assert.deepEqual(query, { filters, since: second - 1, until: second + 1 })
    return pieces(DIE)
  }
  const at = (ms: number) => (ms < 5000 ? inspection({}, { policy: 'always' }) : CRASHED)
  const { outcome, ended } = await run({ at, answer })
  assertGateError(outcome, /restarted it once\. It ended with exit code 139 \(segmentation fault\)\.$/)
  assert.ok(ended < 6000, String(ended))
})

test('that such an end was for want of memory is asked of the engine, too', async () => {
  const oom = '{"Type":"container","Action":"oom","Actor":{"ID":"web"}}\n'
  const answer = ({ path }: ScriptedCall) => (path === '/events' ? pieces(oom, DIE) : pieces())
  const at = (ms: number) => (ms < 5000 ? inspection({}, { policy: 'always' }) : CRASHED)
  assertGateError((await run({ at, answer })).outcome, /exit code 139 .*: it ran out of memory \(OOMKilled\)\.$/)
})

test('where events are forbidden the reason does without the exit code', async () => {
  const { outcome } = await run({ at: () => CRASHED, answer: () => refusal(403) })
  assertGateError(outcome, /restarted it once\.$/)
})

test('the health check of the container gives the time to start', async () => {
  const healthcheck = { Test: ['CMD', 'x'], Interval: 1e9, Timeout: 1e9, Retries: 2, StartPeriod: 5e9 }
  const state = { Health: { Status: 'starting', FailingStreak: 0, Log: [{ Output: `no\n${'x'.repeat(400)}` }] } }
  const { outcome, ended } = await run({ at: () => inspection(state, { healthcheck }) })
  assertGateError(outcome, /within 9 s: its health check is still "starting", which last said: no\\nx{296}\.$/)
  assert.ok(ended >= 9000 && ended < 10_000, String(ended))
})

test('a health check that is switched off is none', async () => {
  const healthcheck = { Test: ['NONE'] }
  const { outcome } = await run({ at: () => inspection({ Health: { Status: 'none' } }, { healthcheck }) })
  assert.equal(outcome, 'passed')
})

test('an engine that is away for a while is waited for, and its time does not count', async () => {
  const at = (ms: number) => {
    if (ms < 5000) return inspection()
    return ms < 40_000 ? outage() : inspection({ StartedAt: 'B' })
  }
  const { outcome, ended } = await run({ at, gate: { timeoutMs: 20_000 } })
  assert.equal(outcome, 'passed')
  assert.ok(ended >= 50_000 && ended < 52_000, String(ended))
})

for (const [name, error] of [
  ['does not come back', outage()],
  ['hangs', outage('timeout')],
  ['is only a proxy that says 503', refusal(503)],
] as const)
  test(`an engine that ${name} is given up a minute after the timeout`, async () => {
    const { outcome, ended } = await run({ at: () => error, gate: { timeoutMs: 20_000 } })
    assertFailure(outcome, 'unavailable', /./)
    assert.ok(ended > 80_000 && ended < 83_000, String(ended))
  })

test('what the engine forbids is told at once', async () => {
  const { outcome, ended } = await run({ at: () => refusal(403) })
  assertFailure(outcome, 'forbidden', /does not allow/)
  assert.equal(ended, 0)
})

test('a container that somebody removes is no fault of its image', async () => {
  const { outcome } = await run({ at: (ms) => (ms < 2000 ? inspection() : undefined) })
  assertFailure(outcome, 'conflict', /removed by somebody else/)
})

test('one with AutoRemove that is gone has ended', async () => {
  const { outcome } = await run({ at: (ms) => (ms < 2000 ? inspection({}, { autoRemove: true }) : undefined) })
  assertGateError(outcome, /AutoRemove/)
})

test('one that somebody stops is no fault of its image', async () => {
  const at = (ms: number) => inspection(ms < 2000 ? {} : { ...EXITED, ExitCode: 0 }, { policy: 'unless-stopped' })
  assertFailure((await run({ at })).outcome, 'conflict', /stopped by somebody else/)
})

test('a probe is tried until it succeeds, and again after a start', async () => {
  const probe = { kind: 'exec', command: ['check'] } as const
  let tries = 0
  const answer = ({ path }: ScriptedCall) => {
    if (path === '/containers/web/exec') return { Id: 'e' }
    if (path === '/exec/e/start') return pieces()
    tries++
    return { Running: false, ExitCode: tries % 3 === 0 ? 0 : 1 }
  }
  const at = (ms: number) => inspection(ms < 5000 ? {} : { StartedAt: 'B' })
  const { outcome, ended } = await run({ at, answer, gate: { probe } })
  assert.equal(outcome, 'passed')
  assert.equal(tries, 6)
  assert.ok(ended >= 15_000, String(ended))
})

test('an abort ends it with its reason', async () => {
  const stop = new AbortController()
  const at = (ms: number) => (ms > 1000 ? stop.abort(new Error('enough')) : inspection()) ?? inspection()
  const { outcome } = await run({ at, signal: stop.signal })
  assert.match(String(outcome), /enough/)
})
