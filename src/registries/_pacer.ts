/** The right to have one request under way. */
export interface Turn {
  /** `slow-down` = the server asked for less (429, 503); `lost` = no answer. */
  done(outcome: 'answered' | 'slow-down' | 'lost'): void
}

/** Decides how many requests may be under way at one host. */
export interface Pacer {
  enter(signal?: AbortSignal): Promise<Turn>
  /**
   * Nobody gets a turn before this time, in milliseconds since the epoch. When that is too far away to wait for, turns
   * are given all the same: whoever gets one sees `isClosed` and gives up.
   */
  pauseUntil(time: number): void
  /** Keeps the number under this, whatever the answers say. */
  capAt(limit: number): void
  readonly concurrency: number
  readonly pausedUntil: number
  /** The pause is too long to wait for. */
  readonly isClosed: boolean
}

export interface PacerParts {
  readonly now: () => Date
  /** Rejects when there is nothing to wait for any more. */
  readonly sleep: (ms: number) => Promise<void>
  readonly start?: number
  readonly max?: number
}

const START = 4
const MAX = 20
/** A longer pause is told rather than waited for. */
export const LONGEST_WAIT_MS = 5 * 60_000

/**
 * Grows by one with each answer until the server first asks for less, then by one a round; halves when it asks for less,
 * once for all that was under way together (the congestion control of TCP, RFC 5681, 3.1).
 */
export function createPacer({ now, sleep, start = START, max = MAX }: PacerParts): Pacer {
  const queue = new Set<Waiting>()
  const state = { ...windowOf(Math.min(start, max), max), active: 0, until: 0, isWaking: false }
  const untilOpen = () => state.until - now().getTime()
  const failAll = (error: unknown) => {
    state.isWaking = false
    for (const waiting of queue) waiting.fail(error)
    queue.clear()
  }
  const pump = () => {
    if (queue.size === 0) return
    const wait = untilOpen()
    if (wait > 0 && wait <= LONGEST_WAIT_MS) return wakeAfter(wait)
    for (const waiting of queue) {
      if (state.active >= limitOf(state)) return
      queue.delete(waiting)
      state.active++
      waiting.start()
    }
  }
  const wakeAfter = (ms: number) => {
    if (state.isWaking) return
    state.isWaking = true
    const wake = () => {
      state.isWaking = false
      pump()
    }
    sleep(ms).then(wake, failAll)
  }
  const turnOf = (round: number): Turn => ({
    done(outcome) {
      state.active--
      if (outcome === 'answered') grow(state, max)
      if (outcome === 'slow-down' && round === state.round) shrink(state)
      pump()
    },
  })
  return {
    async enter(signal) {
      signal?.throwIfAborted()
      const { promise, resolve, reject } = Promise.withResolvers<Turn>()
      const waiting = { start: () => resolve(turnOf(state.round)), fail: reject }
      const abort = () => queue.delete(waiting) && reject(signal?.reason)
      signal?.addEventListener('abort', abort)
      queue.add(waiting)
      pump()
      return await promise.finally(() => signal?.removeEventListener('abort', abort))
    },
    pauseUntil: (time) => {
      state.until = Math.max(state.until, time)
    },
    capAt: (limit) => {
      state.cap = Math.min(max, limit)
    },
    get concurrency() {
      return limitOf(state)
    },
    get pausedUntil() {
      return state.until
    },
    get isClosed() {
      return untilOpen() > LONGEST_WAIT_MS
    },
  }
}

interface Waiting {
  start(): void
  fail(error: unknown): void
}

interface Window {
  limit: number
  cap: number
  threshold: number
  round: number
}

function windowOf(limit: number, max: number): Window {
  return { limit, cap: max, threshold: max, round: 0 }
}

function limitOf({ limit, cap }: Window): number {
  return Math.max(1, Math.floor(Math.min(limit, cap)))
}

function grow(window: Window, max: number): void {
  const step = window.limit < window.threshold ? 1 : 1 / window.limit
  window.limit = Math.min(max, window.limit + step)
}

function shrink(window: Window): void {
  window.limit = Math.max(1, window.limit / 2)
  window.threshold = window.limit
  window.round++
}
