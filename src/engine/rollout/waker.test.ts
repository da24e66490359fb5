import { test } from 'node:test'
import { systemClock } from '../../lib/clock.ts'
import { createWaker } from './waker.ts'

const NEVER = new AbortController().signal
const LONG_MS = 3_600_000

test('a wait ends when it is woken, and one that was woken before it began does not wait', async () => {
  const waker = createWaker(systemClock)
  const waiting = waker.wait(LONG_MS, NEVER)
  waker.wake()
  await waiting
  waker.wake()
  await waker.wait(LONG_MS, NEVER)
})

test('a wait ends when it is called off, and by itself', async () => {
  const waker = createWaker(systemClock)
  const off = new AbortController()
  const waiting = waker.wait(LONG_MS, off.signal)
  off.abort()
  await waiting
  await waker.wait(1, NEVER)
})
