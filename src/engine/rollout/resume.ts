import { describeError } from '../../domain/failure.ts'
import { resumptionOf } from '../../domain/resume.ts'
import type { Update } from '../../domain/update.ts'
import { listUpdates } from '../../store/update-journal.ts'
import type { Standing } from '../../updaters/_updater.ts'
import { type DriveParts, reach } from './drive.ts'
import { createRun, TakenOverError, withLease } from './journal.ts'

export interface ResumeParts extends DriveParts {
  /** Takes an update to its end. */
  readonly drive: (id: string) => Promise<unknown>
  /** Whether this process is at work on it. */
  readonly isDriven: (id: string) => boolean
  /** Whether it is one of our own container, and so far that only its helper may go on with it. */
  readonly isForHelper: (update: Update) => Promise<boolean>
}

/** How often open updates that nobody is at work on are looked at. Milliseconds. */
const LOOK_MS = 15_000

/**
 * Takes up what an earlier process left open, by what the hosts really show: at the start, and again and again, for a
 * host may be away and a person may have put things right. Resolves when aborted.
 */
export async function resumeUpdates(parts: ResumeParts, signal: AbortSignal): Promise<void> {
  const told = new Map<string, string>()
  while (!signal.aborted) {
    for (const update of await listUpdates(parts.db, { open: true, most: MOST })) {
      if (parts.isDriven(update.id)) continue
      const error = await takeUp(parts, update, signal)
      // Said once: it is tried until it succeeds.
      if (error !== undefined && told.get(update.id) !== error)
        parts.log.warn({ update: update.id, error }, 'An open update waits')
      if (error === undefined) told.delete(update.id)
      else told.set(update.id, error)
    }
    await parts.clock.sleep(LOOK_MS, signal).catch(() => {})
  }
}

/** Returns what kept it from being taken up. */
async function takeUp(parts: ResumeParts, update: Update, signal: AbortSignal): Promise<string | undefined> {
  try {
    if (await parts.isForHelper(update)) watchOver(parts, update, signal)
    else if (await settle(parts, update, signal)) await parts.drive(update.id)
    return undefined
  } catch (error) {
    return signal.aborted ? undefined : describeError(error)
  }
}

/** Others need not wait for it. */
function watchOver({ drive, log }: ResumeParts, { id }: Update, signal: AbortSignal): void {
  drive(id).catch((error: unknown) => {
    if (!signal.aborted) log.warn({ update: id, error: describeError(error) }, 'The update of Seaworthy itself waits')
  })
}

const MOST = 100
const AGAIN_MS = 30_000

/** Sets the phase that the update has to go on from. Returns whether it has to go on at all. */
export async function settle(parts: DriveParts, update: Update, signal: AbortSignal): Promise<boolean> {
  const { workload, updater } = update.plan
  return await withLease(parts, { workload, signal }, async (lease, leased) => {
    const standing = await parts.updater(updater).observe(update.plan, leased)
    const resumption = isWorthAnother(parts, update, standing) ? 'roll-back' : resumptionOf(update.phase, standing)
    if (resumption === 'ask') return false
    parts.log.info({ update: update.id, workload, phase: update.phase, standing, resumption }, 'An open update goes on')
    if (resumption === 'forward') return true
    if (resumption === 'roll-back') {
      if (update.phase !== 'rolling-back') await reach(parts, update, { to: 'rolling-back', error: cutOff(update) })
      return true
    }
    // A person has put the old one in its place; what else there was of the update goes now.
    if (standing === 'before') {
      const named = { id: update.id, workload, phase: () => update.phase }
      const run = createRun(parts, named, { lease, signal: leased, onProgress: () => {} })
      await parts.updater(updater).rollBack(update.plan, run)
    }
    await reach(parts, update, { to: resumption })
    return false
  }).catch((error: unknown) => {
    if (error instanceof TakenOverError) return false
    throw error
  })
}

/** Nothing serves: the port, the device or the disk that the old one lacked may be there again. */
function isWorthAnother({ clock }: DriveParts, { phase, changedAt }: Update, standing: Standing): boolean {
  if (phase !== 'needs-operator' || standing !== 'between') return false
  return clock.now().getTime() - Date.parse(changedAt) > AGAIN_MS
}

function cutOff({ phase }: Update): Error | undefined {
  if (phase === 'needs-operator') return undefined
  return new Error(`It was cut off when it had been ${phase}.`)
}
