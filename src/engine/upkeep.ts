import { describeError } from '../domain/failure.ts'
import type { Clock } from '../lib/clock.ts'
import type { Log } from '../lib/log.ts'
import { backUpDaily } from '../store/backup.ts'
import type { Store } from '../store/open.ts'
import { prune } from '../store/prune.ts'

export interface UpkeepParts {
  readonly store: Store
  readonly clock: Clock
  readonly log: Log
}

const TIDY_MS = 5_000
const DAILY_MS = 3_600_000

/**
 * Looks after the database until aborted: every few seconds the write-ahead log goes into the file, so that a plain copy of
 * it is a good backup; once a day there is a backup, and what nobody looks at any more goes. What fails is logged and tried again.
 */
export async function runUpkeep({ store, clock, log }: UpkeepParts, signal: AbortSignal): Promise<void> {
  let dailyAt = 0
  while (!signal.aborted) {
    const now = clock.now()
    try {
      if (now.getTime() >= dailyAt) {
        dailyAt = now.getTime() + DAILY_MS
        const backup = await backUpDaily(store.path, now)
        if (backup !== undefined) log.debug({ backup }, 'The database was backed up')
        await prune(store.db, now)
      }
      store.checkpoint()
    } catch (error) {
      log.warn({ error: describeError(error) }, 'The database could not be looked after; it is tried again')
    }
    await clock.sleep(TIDY_MS, signal).catch(() => {})
  }
}
