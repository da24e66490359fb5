import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import { type DockerDouble, startDockerDouble } from '../../test/kit/docker-double.ts'
import { createDockerClient } from '../docker/client.ts'
import type { Clock } from '../lib/clock.ts'
import { SILENT } from '../lib/log.ts'
import { backOff, watchEvents } from './_docker-watch.ts'

interface Sleep {
  readonly ms: number
  readonly wake: () => void
}

/** Time that stands until a test lets one of the sleepers go on. */
function standingClock() {
  const sleeps: Sleep[] = []
  const clock: Clock = {
    now: () => new Date(0),
    sleep(ms, signal) {
      return new Promise((resolve, reject) => {
        const wake = () => {
          sleeps.splice(sleeps.indexOf(sleep), 1)
          resolve()
        }
        const sleep = { ms, wake }
        sleeps.push(sleep)
        signal?.addEventListener('abort', () => reject(signal.reason), { once: true })
      })
    },
  }
  return { clock, sleeps }
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await turn()
}

function startWatching(double: DockerDouble) {
  const { clock, sleeps } = standingClock()
  const client = createDockerClient({ endpoint: double.endpoint, home: '/' })
  const stop = new AbortController()
  const seen = { changes: 0 }
  const parts = { open: async () => client, log: SILENT, clock, random: () => 0.5, pollIntervalMs: 300_000 }
  const done = watchEvents(() => seen.changes++, stop.signal, parts)
  return {
    seen,
    sleeps,
    async [Symbol.asyncDispose]() {
      stop.abort()
      await done
      await client[Symbol.asyncDispose]()
    },
  }
}

const event = (nano: number) =>
  `{"Type":"container","Action":"start","Actor":{"ID":"c"},"time":1700000000,"timeNano":${1_700_000_000_000_000_000n + BigInt(nano)}}\n`

test('a burst of events is one change', async () => {
  await using double = await startDockerDouble()
  await using watching = startWatching(double)
  await until(() => double.streams() === 1)
  double.emit(event(1) + event(2) + event(3))
  await until(() => watching.sleeps.length === 1)
  assert.equal(watching.seen.changes, 0)
  assert.equal(watching.sleeps[0]?.ms, 500)
  watching.sleeps[0].wake()
  await until(() => watching.seen.changes === 1)
  double.emit(event(4))
  await until(() => watching.sleeps.length === 1)
})

test('only what can change the list is asked for', async () => {
  await using double = await startDockerDouble()
  await using _ = startWatching(double)
  await until(() => double.streams() === 1)
  assert.match(
    double.requests.at(-1) ?? '',
    /\/events\?filters=\{"type":\["container"\],"event":\["create","start","die","destroy","rename","update"\]\}$/,
  )
})

test('a stream that ends is taken up right after its last event', async () => {
  await using double = await startDockerDouble()
  await using watching = startWatching(double)
  await until(() => double.streams() === 1)
  double.emit(event(5))
  await until(() => watching.sleeps.length === 1)
  watching.sleeps[0]?.wake()
  await until(() => watching.seen.changes === 1)
  double.endStreams()
  await until(() => watching.sleeps.length === 1)
  watching.sleeps[0]?.wake()
  await until(() => double.streams() === 1)
  assert.match(double.requests.at(-1) ?? '', /since=1700000000\.000000006$/)
  assert.equal(watching.seen.changes, 1)
})

test('a quiet stream that ends is taken up from where the engine said it began', async () => {
  await using double = await startDockerDouble()
  await using watching = startWatching(double)
  await until(() => double.streams() === 1)
  double.endStreams()
  await until(() => watching.sleeps.length === 1)
  watching.sleeps[0]?.wake()
  await until(() => double.streams() === 1)
  assert.match(double.requests.at(-1) ?? '', /since=\d{10}$/)
})

test('an engine that is not there is tried again, ever more slowly, and its coming is a change', async () => {
  await using double = await startDockerDouble()
  await double.stop()
  await using watching = startWatching(double)
  const waits: number[] = []
  for (let i = 0; i < 8; i++) {
    await until(() => watching.sleeps.length === 1)
    waits.push(watching.sleeps[0]!.ms)
    if (i === 7) await double.start()
    watching.sleeps[0]!.wake()
  }
  assert.deepEqual(waits, [1500, 3000, 6000, 12_000, 24_000, 45_000, 45_000, 45_000])
  await until(() => watching.sleeps.some(({ ms }) => ms === 500))
  watching.sleeps[0]!.wake()
  await until(() => watching.seen.changes === 1)
})

for (const status of [403, 404, 501])
  test(`where events are refused with ${status}, the list is read at intervals`, async () => {
    await using double = await startDockerDouble()
    double.refuse = { '/events': { status, body: '' } }
    await using watching = startWatching(double)
    for (let i = 1; i <= 3; i++) {
      await until(() => watching.sleeps.length === 1)
      assert.equal(watching.sleeps[0]?.ms, 300_000)
      watching.sleeps[0].wake()
      await until(() => watching.seen.changes === i)
    }
    assert.equal(double.requests.filter((line) => line.includes('/events')).length, 1)
  })

test('waits grow from a second to a minute and are never the same for all', () => {
  for (const failures of [0, 1, 5, 50])
    for (const chance of [0, 0.5, 0.999]) {
      const wait = backOff(failures, () => chance)
      assert.ok(wait >= 500 && wait <= 60_000)
    }
  assert.notEqual(
    backOff(3, () => 0),
    backOff(3, () => 0.9),
  )
})
