import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { createPacer, type Turn } from './_pacer.ts'
import { readAllowance, readRetryAfter } from './_rate-limit.ts'

function paced(options: { start?: number; max?: number } = {}) {
  const clock = { time: 0 }
  const sleeps: { ms: number; wake: () => void }[] = []
  const sleep = (ms: number) => new Promise<void>((wake) => sleeps.push({ ms, wake }))
  return { clock, sleeps, pacer: createPacer({ now: () => new Date(clock.time), sleep, ...options }) }
}

const settled = () => new Promise((resolve) => setImmediate(resolve))

test('it grows by one an answer until the server first asks for less, then by one a round', async () => {
  const { pacer } = paced({ start: 4, max: 20 })
  const answer = async (outcome: 'answered' | 'slow-down') => (await pacer.enter()).done(outcome)
  for (let count = 0; count < 16; count++) await answer('answered')
  assert.equal(pacer.concurrency, 20)
  await answer('slow-down')
  assert.equal(pacer.concurrency, 10)
  for (let count = 0; count < 9; count++) await answer('answered')
  assert.equal(pacer.concurrency, 10)
  await answer('answered')
  await answer('answered')
  assert.equal(pacer.concurrency, 11)
})

test('many refusals of the same moment halve it once', async () => {
  const { pacer } = paced({ start: 8, max: 8 })
  const turns = await Promise.all(Array.from({ length: 8 }, () => pacer.enter()))
  for (const turn of turns) turn.done('slow-down')
  assert.equal(pacer.concurrency, 4)
})

test('nobody gets a turn during a pause', async () => {
  const { pacer, clock, sleeps } = paced()
  pacer.pauseUntil(5000)
  let isIn = false
  pacer.enter().then(() => {
    isIn = true
  })
  await settled()
  assert.deepEqual([isIn, sleeps[0]?.ms], [false, 5000])
  clock.time = 5000
  sleeps[0]?.wake()
  await settled()
  assert.equal(isIn, true)
})

test('a pause that nobody waits for lets those who queue through, to be told so', async () => {
  const { pacer, sleeps } = paced({ start: 1, max: 1 })
  const first = await pacer.enter()
  const queued = pacer.enter()
  pacer.pauseUntil(60 * 60_000)
  first.done('slow-down')
  await queued
  assert.deepEqual(sleeps, [])
})

test('whoever gives up leaves the queue', async () => {
  const { pacer } = paced({ start: 1, max: 1 })
  const first = await pacer.enter()
  const leaving = new AbortController()
  const queued = pacer.enter(leaving.signal)
  const next = pacer.enter()
  leaving.abort(new Error('enough'))
  await assert.rejects(queued, /enough/)
  first.done('answered')
  assert.ok(await next)
})

test('never more than the limit are in, and all get in', async () => {
  const outcome = fc.constantFrom('answered', 'slow-down', 'lost')
  await fc.assert(
    fc.asyncProperty(fc.array(outcome, { maxLength: 60 }), fc.integer({ min: 1, max: 9 }), async (outcomes, max) => {
      const { pacer } = paced({ max })
      const inside: Turn[] = []
      const entering = outcomes.map(() => pacer.enter().then((turn) => inside.push(turn)))
      for (const outcome of outcomes) {
        await settled()
        assert.ok(inside.length >= 1 && inside.length <= max)
        inside.shift()?.done(outcome as 'answered')
      }
      await Promise.all(entering)
    }),
    { numRuns: 20 },
  )
})

const NOW = new Date('2026-06-01T12:00:00Z')
for (const [text, expected] of [
  ['7', 7000],
  [' 0 ', 0],
  ['1.5', 1500],
  ['Mon, 01 Jun 2026 12:01:00 GMT', 60_000],
  ['Mon, 01 Jun 2026 11:00:00 GMT', 0],
  ['soon', undefined],
  ['-5', undefined],
  ['99999999999999999999', 24 * 60 * 60_000],
  ['Mon, 01 Jun 9999 12:00:00 GMT', 24 * 60 * 60_000],
] as const) {
  test(`Retry-After: ${text} is a wait of ${expected} ms`, () => {
    assert.equal(readRetryAfter({ 'retry-after': text }, NOW), expected)
  })
}

for (const [headers, expected] of [
  [{}, undefined],
  [
    { 'ratelimit-limit': '100;w=21600', 'ratelimit-remaining': '76;w=21600' },
    { limit: 100, remaining: 76, windowSeconds: 21_600 },
  ],
  [
    { 'x-ratelimit-limit': '180', 'x-ratelimit-remaining': '179' },
    { limit: 180, remaining: 179 },
  ],
  [{ 'ratelimit-remaining': '0' }, { remaining: 0 }],
  [{ 'ratelimit-limit': '10, 10;w=1, 1000;w=3600' }, { limit: 10, windowSeconds: 1 }],
  [{ 'ratelimit-limit': 'many' }, undefined],
] as const) {
  test(`the allowance ${JSON.stringify(headers)} is read`, () => assert.deepEqual(readAllowance(headers), expected))
}
