import type { LiveProgress, Updates } from '../engine/rollout/types.ts'

interface Waiting {
  latest: LiveProgress | undefined
}

/**
 * Passes the progress of pulls on: of each update at once, then at most every `everyMs` milliseconds, the newest last.
 * Returns how to stop.
 */
export function followProgress(
  updates: Pick<Updates, 'onProgress'>,
  { everyMs, show }: { readonly everyMs: number; show(live: LiveProgress): void },
): () => void {
  const waiting = new Map<string, Waiting>()
  const timers = new Set<NodeJS.Timeout>()
  const pass = (live: LiveProgress): void => {
    show(live)
    const mine: Waiting = { latest: undefined }
    waiting.set(live.update, mine)
    const timer = setTimeout(() => {
      timers.delete(timer)
      waiting.delete(live.update)
      if (mine.latest !== undefined) pass(mine.latest)
    }, everyMs)
    timers.add(timer.unref())
  }
  const forget = updates.onProgress((live) => {
    const before = waiting.get(live.update)
    if (before === undefined) pass(live)
    else before.latest = live
  })
  return () => {
    forget()
    for (const timer of timers) clearTimeout(timer)
  }
}
