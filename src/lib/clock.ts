import { setTimeout as delay } from 'node:timers/promises'

/** Time as an argument: tests give their own. */
export interface Clock {
  now(): Date
  /** Resolves after `ms` milliseconds, or rejects with the signal's reason. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>
}

/** Longest wait a timer of the runtime takes (2^31 - 1 ms). */
const LONGEST_MS = 2_147_483_647

export const systemClock: Clock = {
  now: () => new Date(),
  async sleep(ms, signal) {
    for (let left = ms; left > 0; left -= LONGEST_MS) {
      await delay(Math.min(left, LONGEST_MS), undefined, signal === undefined ? undefined : { signal })
    }
  },
}
