import { describeError } from '../domain/failure.ts'
import type { Workload } from '../domain/workload.ts'
import type { Clock } from '../lib/clock.ts'
import type { Schedule } from '../lib/cron.ts'
import type { Log } from '../lib/log.ts'
import type { Discovery } from './discover.ts'
import { runOnSchedule } from './schedule.ts'
import type { Engine } from './types.ts'

export interface FollowParts {
  readonly discovery: Discovery
  readonly engine: Pick<Engine, 'check'>
  /** Undefined: checks are made by hand only. */
  readonly schedule: Schedule | undefined
  readonly jitterMs: number
  readonly runOnStartup: boolean
  readonly clock: Clock
  readonly random: () => number
  readonly planned: (at: Date | undefined) => void
  /** Gets the workloads that came between two checks. */
  readonly came: (workloads: Workload[]) => void
  readonly log: Log
}

/** The checks of a running server: at the start, on schedule, and for what comes in between. Resolves when aborted; a failed check is logged. */
export async function follow(parts: FollowParts, signal: AbortSignal): Promise<void> {
  const { discovery, engine, schedule, log } = parts
  const check = (cause: 'startup' | 'schedule') => tryTo('The check failed', () => engine.check(cause, { signal }))
  const tryTo = async (failure: string, work: () => Promise<unknown>): Promise<void> => {
    try {
      await work()
    } catch (error) {
      if (!signal.aborted) log.error({ error: describeError(error) }, failure)
    }
  }
  if (schedule === undefined) log.info({}, 'No schedule: checks are made by hand only')
  const start = async (): Promise<void> => {
    if (parts.runOnStartup) await check('startup')
    else await tryTo('What runs could not be listed', () => discovery.list(signal))
    const { clock, jitterMs, random, planned } = parts
    const next = (after: Date): Date | undefined => schedule?.next(after)
    await runOnSchedule({ clock, next, jitterMs, random, planned, run: () => check('schedule') }, signal)
  }
  // Followed from the beginning: a first check may take long, and what comes meanwhile is to be seen.
  await Promise.all([discovery.watch(parts.came, signal), start()])
}
