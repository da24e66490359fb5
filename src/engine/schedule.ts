import type { Clock } from '../lib/clock.ts'

const STEP_MS = 60_000

export interface ScheduleParts {
  readonly clock: Clock
  /** The next time of the schedule after a given one; undefined: never. */
  readonly next: (after: Date) => Date | undefined
  /** A random part of this is added to each time. Milliseconds. */
  readonly jitterMs: number
  readonly random: () => number
  /** Says when the next run will be; undefined: by hand only. */
  readonly planned: (at: Date | undefined) => void
  readonly run: () => Promise<void>
}

/** Runs on schedule until aborted, never two at once: times that pass during a run are left out. An empty schedule ends at once. */
export async function runOnSchedule(
  { clock, next, jitterMs, random, planned, run }: ScheduleParts,
  signal: AbortSignal,
): Promise<void> {
  for (;;) {
    const time = next(clock.now())
    const at = time === undefined ? undefined : new Date(time.getTime() + Math.floor(random() * jitterMs))
    planned(at)
    if (at === undefined) return
    try {
      // In steps: a clock that is set, or a machine that slept, must not put the check off.
      for (let left = msUntil(at, clock); left > 0; left = msUntil(at, clock)) {
        await clock.sleep(Math.min(left, STEP_MS), signal)
      }
    } catch {
      return
    }
    await run()
    if (signal.aborted) return
  }
}

function msUntil(at: Date, clock: Clock): number {
  return at.getTime() - clock.now().getTime()
}
