import assert from 'node:assert/strict'
import { test } from 'node:test'
import { runOnSchedule } from './schedule.ts'

const at = (minute: number): Date => new Date(Date.UTC(2026, 0, 1, 0, minute))

/** Runs a schedule of every ten minutes; each run takes `runMinutes`. Returns the minutes at which the first three began. */
async function minutesOfRuns({ jitterMs = 0, random = 0, runMinutes = 0 } = {}): Promise<number[]> {
  let now = at(0).getTime()
  const stop = new AbortController()
  const began: number[] = []
  const later = async (ms: number): Promise<void> => {
    now += ms
  }
  await runOnSchedule(
    {
      clock: { now: () => new Date(now), sleep: later },
      next: (after) => new Date((Math.floor(after.getTime() / 600_000) + 1) * 600_000),
      jitterMs,
      random: () => random,
      planned() {},
      async run() {
        began.push((now - at(0).getTime()) / 60_000)
        now += runMinutes * 60_000
        if (began.length === 3) stop.abort()
      },
    },
    stop.signal,
  )
  return began
}

test('runs at each time of the schedule', async () => assert.deepEqual(await minutesOfRuns(), [10, 20, 30]))
test('adds a random part of the jitter to each time', async () =>
  assert.deepEqual(await minutesOfRuns({ jitterMs: 120_000, random: 0.5 }), [11, 21, 31]))
test('leaves out the times that pass during a run', async () =>
  assert.deepEqual(await minutesOfRuns({ runMinutes: 25 }), [10, 40, 70]))

test('a machine that slept past the time checks at once when it wakes', async () => {
  let now = at(0).getTime()
  const stop = new AbortController()
  const late: number[] = []
  const sleep = async (ms: number): Promise<void> => {
    // The timer counts only the time that the machine is awake; after three minutes it sleeps for two hours.
    now += ms
    if (now === at(3).getTime()) now += 2 * 3_600_000
  }
  await runOnSchedule(
    {
      clock: { now: () => new Date(now), sleep },
      next: (after) => new Date((Math.floor(after.getTime() / 600_000) + 1) * 600_000),
      jitterMs: 0,
      random: () => 0,
      planned() {},
      async run() {
        late.push((now - at(0).getTime()) / 60_000)
        stop.abort()
      },
    },
    stop.signal,
  )
  assert.deepEqual(late, [123])
})

test('an empty schedule ends at once and says that nothing is planned', async () => {
  const planned: (Date | undefined)[] = []
  const clock = { now: () => at(0), sleep: () => Promise.reject(new Error('must not wait')) }
  await runOnSchedule(
    {
      clock,
      next: () => undefined,
      jitterMs: 0,
      random: () => 0,
      planned: (time) => planned.push(time),
      run: () => Promise.reject(),
    },
    new AbortController().signal,
  )
  assert.deepEqual(planned, [undefined])
})
