import type { Clock } from '../../lib/clock.ts'

/** A wait that can be cut short. */
export interface Waker {
  /** Ends the waits that are under way, and the next one where none is. */
  wake(): void
  /** Resolves after `ms` milliseconds, when woken, or when aborted. */
  wait(ms: number, signal: AbortSignal): Promise<void>
}

export function createWaker(clock: Clock): Waker {
  let isWoken = false
  let current = new AbortController()
  return {
    wake() {
      isWoken = true
      current.abort()
    },
    async wait(ms, signal) {
      if (!isWoken) await clock.sleep(ms, AbortSignal.any([signal, current.signal])).catch(() => {})
      isWoken = false
      current = new AbortController()
    },
  }
}
