import { describeError } from '../../domain/failure.ts'
import type { ForwardPhase, Phase, Plan, Update } from '../../domain/update.ts'
import { AwayError } from '../../domain/update-failures.ts'
import { type EventKind, recordEvent } from '../../store/events.ts'
import { inTransaction } from '../../store/in-transaction.ts'
import type { Db } from '../../store/tables.ts'
import { movePhase, readUpdate } from '../../store/update-journal.ts'
import type { Progress, Run, Updater } from '../../updaters/_updater.ts'
import { createRun, type JournalParts, TakenOverError, withLease } from './journal.ts'

export interface DriveParts extends JournalParts {
  readonly updater: (name: string) => Updater
  /** Told whenever an event was written. */
  readonly changed: () => void
  readonly onProgress: (update: string, progress: Progress) => void
  /** What the workload wants done before the old container is touched. @throws to leave everything as it is. */
  readonly before: (update: Update, run: Run) => Promise<void>
  /** Written in the transaction in which a phase is: what else is to be remembered or told of it. */
  readonly reached: (db: Db, update: Update, error: unknown) => Promise<void>
}

/** Which of the updater's methods leads from a phase to the next. */
const STEPS: Partial<
  Record<
    Phase,
    { method: 'fetch' | 'verify' | 'prepare' | 'park' | 'swap' | 'start' | 'gate' | 'commit'; to: ForwardPhase }
  >
> = {
  planned: { method: 'fetch', to: 'fetched' },
  fetched: { method: 'verify', to: 'verified' },
  verified: { method: 'prepare', to: 'prepared' },
  prepared: { method: 'park', to: 'parked' },
  parked: { method: 'swap', to: 'swapped' },
  swapped: { method: 'start', to: 'started' },
  started: { method: 'gate', to: 'gated' },
  gated: { method: 'commit', to: 'committed' },
}

/** An engine that is being restarted is back within this. Milliseconds. */
const AWAY_MS = 3 * 60_000
const LONGEST_PAUSE_MS = 5_000

/**
 * Takes an update from the phase it is in to its end: forward while all goes well, back as soon as anything does not, and
 * to a person when neither can be done. Every phase is written down before the next begins.
 * @param only the phases in which this process may act; it stops at any other. Absent: it may in all.
 * @throws the signal's reason when stopped, and what kept the lease from being had; the update is then open, as it was.
 */
export async function driveUpdate(
  parts: DriveParts,
  id: string,
  signal: AbortSignal,
  only?: readonly Phase[],
): Promise<Update> {
  const first = await readUpdate(parts.db, id)
  if (first === undefined) throw new Error(`There is no update ${id}`)
  const { workload } = first.plan
  return await withLease(parts, { workload, signal }, async (lease, leased) => {
    let update = first
    const onProgress = (progress: Progress): void => parts.onProgress(id, progress)
    const named = { id, workload, phase: () => update.phase }
    const run = createRun(parts, named, { lease, signal: leased, onProgress })
    const updater = parts.updater(update.plan.updater)
    while (!isAtEnd(update.phase) && (only?.includes(update.phase) ?? true)) {
      leased.throwIfAborted()
      update = await takeStep(parts, { update, updater, run })
    }
    return update
  })
}

/** Whether nothing can be done about it without a person. */
export function isAtEnd(phase: Phase): boolean {
  return phase === 'committed' || phase === 'rolled-back' || phase === 'needs-operator'
}

interface Driven {
  readonly update: Update
  readonly updater: Updater
  readonly run: Run
}

async function takeStep(parts: DriveParts, driven: Driven): Promise<Update> {
  const { update, updater, run } = driven
  const step = STEPS[update.phase]
  if (step === undefined) return await goBack(parts, driven)
  try {
    const plan = update.phase === 'planned' ? await planAgain(updater, update.plan, run) : update.plan
    if (step.method === 'prepare') await parts.before(update, run)
    const known = await whenBack(run, async () => (await updater[step.method](plan, run)) ?? undefined)
    return await reach(parts, { ...update, plan: known ?? plan }, { to: step.to })
  } catch (error) {
    if (run.signal.aborted || error instanceof TakenOverError) throw error
    run.log.warn({ phase: update.phase, error: describeError(error) }, 'The update goes back')
    // Nothing but an image has come so far, so there is nothing to put back.
    return await reach(parts, update, { to: update.phase === 'planned' ? 'rolled-back' : 'rolling-back', error })
  }
}

/** It may have waited for its turn: another update may have made its container anew meanwhile. */
async function planAgain(updater: Updater, plan: Plan, run: Run): Promise<Plan> {
  const again = await whenBack(run, () => updater.plan(plan, run.signal))
  const known = { ...again, notes: [...new Set([...plan.notes, ...again.notes])] }
  await run.keep(known)
  return known
}

async function goBack(parts: DriveParts, { update, updater, run }: Driven): Promise<Update> {
  try {
    await whenBack(run, () => updater.rollBack(update.plan, run))
    return await reach(parts, update, { to: 'rolled-back' })
  } catch (error) {
    if (run.signal.aborted || error instanceof TakenOverError) throw error
    run.log.error({ error: describeError(error) }, 'The update can be taken neither forward nor back')
    return await reach(parts, update, { to: 'needs-operator', error, commands: updater.commands(update.plan) })
  }
}

const KINDS: Partial<Record<Phase, EventKind>> = {
  committed: 'update.committed',
  'rolled-back': 'update.rolled-back',
  'needs-operator': 'update.needs-operator',
}

/** Writes the phase down, with its event, if the update is still where we believe it to be. */
export async function reach(
  parts: Pick<DriveParts, 'db' | 'clock' | 'changed' | 'reached'>,
  update: Update,
  { to, error, commands }: { to: Phase; error?: unknown; commands?: readonly string[] },
): Promise<Update> {
  const { db, clock, changed } = parts
  const now = clock.now()
  const text = error === undefined ? update.error : errorText(update, error)
  const next: Update = { ...update, phase: to, changedAt: now.toISOString(), error: text, commands: commands ?? [] }
  await inTransaction(db, async (transaction) => {
    const change = { from: update.phase, to, now, error: text, commands }
    if (!(await movePhase(transaction, update.id, change))) throw new TakenOverError(update.plan.workload)
    const data = { update: update.id, phase: to, from: update.plan.from, to: update.plan.to, error: text }
    await recordEvent(transaction, { kind: KINDS[to] ?? 'update.phase', subject: update.plan.workload, data, now })
    await parts.reached(transaction, next, error)
  })
  changed()
  return next
}

/** What a person reads in the end: why it went back, and then why that did not work either. */
function errorText(update: Update, error: unknown): string {
  const text = describeError(error)
  if (update.error === undefined) return text
  // Tried again, and no better: it has been said.
  return update.error.includes(text) ? update.error : `${update.error} Then, going back: ${text}`
}

/** An engine that went away is waited for: the steps read the world first, so that they may be begun again. */
async function whenBack<Result>(run: Run, step: () => Promise<Result>): Promise<Result> {
  const { clock, signal, log } = run
  const deadline = performance.now() + AWAY_MS
  for (let pause = 250; ; pause = Math.min(pause * 2, LONGEST_PAUSE_MS)) {
    try {
      return await step()
    } catch (error) {
      if (!(error instanceof AwayError) || signal.aborted || performance.now() > deadline) throw error
      log.info({ error: describeError(error) }, 'The engine does not answer; the step is begun again when it does')
      await clock.sleep(pause, signal)
    }
  }
}
