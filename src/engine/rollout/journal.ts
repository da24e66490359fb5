import { describeError, Failure } from '../../domain/failure.ts'
import type { Plan, Update } from '../../domain/update.ts'
import type { Clock } from '../../lib/clock.ts'
import type { Log } from '../../lib/log.ts'
import { inTransaction } from '../../store/in-transaction.ts'
import { type Lease, releaseLease, renewLease, takeLease } from '../../store/leases.ts'
import type { Db } from '../../store/tables.ts'
import { addStep, keepPlan } from '../../store/update-journal.ts'
import type { Progress, Run } from '../../updaters/_updater.ts'
import type { Holder } from './holder.ts'

export interface JournalParts {
  readonly db: Db
  readonly clock: Clock
  readonly log: Log
  readonly holder: Holder
}

/** Another process has taken the update over: nothing more may be done about it here. */
export class TakenOverError extends Error {
  constructor(workload: string) {
    super(`Another process has taken over the update of "${workload}".`)
    this.name = 'TakenOverError'
  }
}

const LEASE_MS = 20_000
const RENEW_MS = 5_000

/**
 * Does `work` while this process alone may act on the workload.
 * @throws Failure `conflict` when somebody else may; `TakenOverError` out of `Run.act` when the right was lost meanwhile.
 */
export async function withLease<Result>(
  parts: JournalParts,
  { workload, signal }: { workload: string; signal: AbortSignal },
  work: (lease: Lease, signal: AbortSignal) => Promise<Result>,
): Promise<Result> {
  const { db, clock, holder } = parts
  const now = clock.now()
  const request = { name: leaseName(workload), holder: holder.name, now, until: later(clock), isDead: holder.isDead }
  const lease = await takeLease(db, request)
  if (lease === undefined)
    throw new Failure('conflict', `Another process is at work on "${workload}".`, {
      remedy: 'Wait until it is done: seaworthy updates --open.',
    })
  const lost = new AbortController()
  const renewing = setInterval(() => {
    renewLease(db, lease, later(clock)).then(
      (isOurs) => isOurs || lost.abort(new TakenOverError(workload)),
      // A database that is busy for a moment costs nothing: the lease stands for longer than this.
      () => {},
    )
  }, RENEW_MS)
  try {
    return await work(lease, AbortSignal.any([signal, lost.signal]))
  } finally {
    clearInterval(renewing)
    await releaseLease(db, lease, clock.now())
  }
}

/** The journal of one update as its updater uses it. */
export function createRun(
  parts: JournalParts,
  update: Pick<Update, 'id'> & { readonly phase: () => Update['phase']; readonly workload: string },
  { lease, signal, onProgress }: { lease: Lease; signal: AbortSignal; onProgress: (progress: Progress) => void },
): Run {
  const { db, clock } = parts
  const log = parts.log.child({ update: update.id, workload: update.workload })
  const write = (
    step: string,
    kind: 'intent' | 'done' | 'failed' | 'note',
    detail: Readonly<Record<string, unknown>>,
  ) =>
    inTransaction(db, async (transaction) => {
      if (!(await renewLease(transaction, lease, later(clock)))) throw new TakenOverError(update.workload)
      await addStep(transaction, { update: update.id, phase: update.phase(), step, kind, detail, now: clock.now() })
    })
  return {
    id: update.id,
    signal,
    clock,
    log,
    async act(step, detail, action) {
      signal.throwIfAborted()
      await write(step, 'intent', detail)
      log.debug({ step, ...detail }, 'An update acts')
      try {
        const result = await action()
        await write(step, 'done', detail)
        return result
      } catch (error) {
        if (!(error instanceof TakenOverError)) await write(step, 'failed', { ...detail, error: describeError(error) })
        throw error
      }
    },
    note: (step, detail) => write(step, 'note', detail),
    keep: (plan: Plan) => keepPlan(db, update.id, plan),
    progress: onProgress,
  }
}

function leaseName(workload: string): string {
  return `update ${workload}`
}

function later(clock: Clock): Date {
  return new Date(clock.now().getTime() + LEASE_MS)
}
