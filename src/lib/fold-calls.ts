import type { Clock } from './clock.ts'

export interface FoldOptions {
  readonly ms: number
  readonly clock: Clock
  readonly signal: AbortSignal
}

/** Many calls within `ms` become one at its end, so that a burst counts once; none comes after the signal aborted. */
export function foldCalls(call: () => void, { ms, clock, signal }: FoldOptions): () => void {
  let isWaiting = false
  return () => {
    if (isWaiting || signal.aborted) return
    isWaiting = true
    const settled = () => {
      isWaiting = false
      if (!signal.aborted) call()
    }
    clock.sleep(ms, signal).then(settled, settled)
  }
}
