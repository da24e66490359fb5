import assert from 'node:assert/strict'
import { test } from 'node:test'
import { foldCalls } from './fold-calls.ts'

function standing() {
  const waits: { ms: number; end: () => void }[] = []
  const sleep = (ms: number, signal?: AbortSignal) =>
    new Promise<void>((resolve, reject) => {
      waits.push({ ms, end: resolve })
      signal?.addEventListener('abort', () => reject(signal.reason), { once: true })
    })
  return { waits, clock: { now: () => new Date(0), sleep } }
}

test('many calls become one at the end of the wait, and the next one waits anew', async () => {
  const { waits, clock } = standing()
  let calls = 0
  const fold = foldCalls(() => calls++, { ms: 500, clock, signal: new AbortController().signal })
  for (let i = 0; i < 5; i++) fold()
  assert.deepEqual([waits.map(({ ms }) => ms), calls], [[500], 0])
  waits[0]?.end()
  await Promise.resolve()
  assert.equal(calls, 1)
  fold()
  assert.equal(waits.length, 2)
})

test('after an abort nothing is called any more', async () => {
  const { clock, waits } = standing()
  const stop = new AbortController()
  let calls = 0
  const fold = foldCalls(() => calls++, { ms: 500, clock, signal: stop.signal })
  fold()
  stop.abort()
  await Promise.resolve()
  fold()
  assert.deepEqual([calls, waits.length], [0, 1])
})
