import { describeError } from '../../domain/failure.ts'
import type { Update, UpdateCause } from '../../domain/update.ts'
import type { Clock } from '../../lib/clock.ts'
import type { Log } from '../../lib/log.ts'
import { listApprovals } from '../../store/approvals.ts'
import type { Db } from '../../store/tables.ts'
import { listUpdates } from '../../store/update-journal.ts'
import type { Outlooks } from './outlook.ts'
import type { Outlook } from './types.ts'
import type { Waker } from './waker.ts'

export interface AutomaticParts {
  readonly db: Db
  readonly clock: Clock
  readonly log: Log
  readonly outlooks: Outlooks
  readonly waker: Waker
  readonly begin: (outlook: Outlook, cause: UpdateCause, actor: string) => Promise<Update>
}

/** A window opens on a minute. */
const ROUND_MS = 30_000
const FIRST_WAIT_MS = 5 * 60_000
const LONGEST_WAIT_MS = 24 * 3_600_000
const LOOKED_BACK = 10

/** Begins every update that nothing stands in the way of, again and again and whenever woken, until aborted. */
export async function runAutomatically(parts: AutomaticParts, signal: AbortSignal): Promise<void> {
  const told = new Map<string, string>()
  while (!signal.aborted) {
    try {
      await beginDue(parts, told)
    } catch (error) {
      if (signal.aborted) return
      parts.log.error({ error: describeError(error) }, 'What may be updated could not be found out')
    }
    await parts.waker.wait(ROUND_MS, signal)
  }
}

/** One round: what may be updated and does not have to wait for another one is begun. */
export async function beginDue(parts: AutomaticParts, told: Map<string, string>): Promise<void> {
  const outlooks = await parts.outlooks.outlooks()
  const due = outlooks.filter(({ candidate, blockers, open }) => candidate && blockers.length === 0 && !open)
  for (const outlook of due) {
    if (waitsForOthers(outlook, outlooks)) continue
    if (await hasToWait(parts, outlook)) continue
    try {
      const { actor, cause } = await causeOf(parts, outlook)
      await parts.begin(outlook, cause, actor)
      told.delete(outlook.workload)
    } catch (error) {
      const text = describeError(error)
      // Said once: it is tried again in every round.
      if (told.get(outlook.workload) !== text)
        parts.log.warn({ workload: outlook.workload, error: text }, 'An update could not be begun')
      told.set(outlook.workload, text)
    }
  }
}

/** Who is behind an update that nobody asks for now: whoever said yes to it, or the place that lets it go by itself. */
async function causeOf(
  { db }: AutomaticParts,
  { workload, candidate, origins }: Outlook,
): Promise<{ cause: UpdateCause; actor: string }> {
  const approval = (await listApprovals(db, { workload })).find(({ digest }) => digest === candidate?.digest)
  if (approval !== undefined) return { cause: 'approval', actor: approval.actor }
  return { cause: 'policy', actor: origins.mode ?? 'updates' }
}

/** Whether a workload that is to be updated before this one is being updated, or may be in this very round. */
export function waitsForOthers(outlook: Outlook, all: readonly Outlook[]): boolean {
  return outlook.settings.after.some((name) => {
    const other = all.find((each) => each.host === outlook.host && each.name === name)
    if (other === undefined || other.workload === outlook.workload) return false
    return other.open !== undefined || (other.candidate !== undefined && other.blockers.length === 0)
  })
}

/** What went back is tried again after five minutes, then ten, up to a day: not with every round. */
async function hasToWait({ db, clock }: AutomaticParts, { workload, candidate }: Outlook): Promise<boolean> {
  const past = await listUpdates(db, { workload, open: false, most: LOOKED_BACK })
  const firstOther = past.findIndex(
    ({ phase, plan }) => phase !== 'rolled-back' || plan.to.digest !== candidate?.digest,
  )
  const failures = firstOther === -1 ? past.length : firstOther
  if (failures === 0) return false
  const wait = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** (failures - 1))
  return clock.now().getTime() < Date.parse(past[0]!.changedAt) + wait
}
