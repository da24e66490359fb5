import { describeError, Failure } from '../../domain/failure.ts'
import type { Phase, Plan, Update } from '../../domain/update.ts'
import { GateError } from '../../domain/update-failures.ts'
import { addStep, readUpdate } from '../../store/update-journal.ts'
import type { Run, Updater } from '../../updaters/_updater.ts'
import { type DriveParts, driveUpdate, isAtEnd, reach } from './drive.ts'
import { TakenOverError, withLease } from './journal.ts'
import { settle } from './resume.ts'
import type { OwnUpdates } from './self.ts'
import { readSelfReport } from './self-report.ts'

/** What a server does of its own update: no container is touched in them. */
const BY_SERVER: readonly Phase[] = ['planned', 'fetched']
const LOOK_MS = 500
/** A helper that has died is missed after this. Milliseconds. */
const CHECK_MS = 5_000
/** How long a helper may take to begin. */
const BEGIN_MS = 90_000
const REPORT_MS = 60_000
/** How long a helper may take over what follows an update. */
const LEAVE_MS = 60_000

/** Whether an update of our own container has come so far that only a helper may go on with it. */
export function isForHelper(phase: Phase): boolean {
  return !BY_SERVER.includes(phase) && !isAtEnd(phase)
}

/**
 * Takes an update of the container that this server runs in to its end: fetches and verifies the image here, then sees to
 * it that a helper is there until the end. A helper that dies is followed by another one; it decides by what the host shows.
 * @throws the signal's reason when this server is stopped, which is what its helper does.
 */
export async function carryOwn(parts: DriveParts, own: OwnUpdates, id: string, signal: AbortSignal): Promise<Update> {
  let since: number | undefined
  for (;;) {
    signal.throwIfAborted()
    const update = await readUpdate(parts.db, id)
    if (update === undefined) throw new Failure('not-found', `There is no update "${id}".`)
    if (isAtEnd(update.phase)) {
      await clearAway(parts, own, { update, signal })
      return update
    }
    if (BY_SERVER.includes(update.phase)) {
      await driveUpdate(parts, id, signal, BY_SERVER)
      continue
    }
    since ??= timeOf(parts)
    if (update.phase === 'verified' && timeOf(parts) - since > BEGIN_MS) {
      const late = new Failure('unavailable', `Its helper did not begin within ${BEGIN_MS / 1000} s.`, {
        remedy: 'See its log: docker logs, while an update is open.',
      })
      await giveUp(parts, own, { update, error: late, signal })
      // It may be at work after all, at a hook that takes its time.
      since = timeOf(parts)
      continue
    }
    await handOver(parts, own, { update, signal })
    await watch(parts, update, signal)
  }
}

export interface Helping {
  readonly id: string
  /** Name of the container that the server runs in. */
  readonly container: string
  readonly signal: AbortSignal
}

/** The same by the helper: all that is left, and what follows; then it removes the container that it runs in. */
export async function helpOut(
  parts: DriveParts,
  own: OwnUpdates,
  { ended, ...helping }: Helping & { readonly ended: (update: Update) => Promise<void> },
): Promise<Update> {
  const { id, signal } = helping
  const before = await readUpdate(parts.db, id)
  const update = await carryAsHelper(parts, own, helping)
  // Begun again after the end, it has been done.
  if (before !== undefined && !isAtEnd(before.phase))
    await own
      .discover()
      .then(() => ended(update))
      .catch((error: unknown) => {
        parts.log.warn({ update: id, error: describeError(error) }, 'What follows an update could not be done')
      })
  await own.self.removeHelpers(update.plan.host, { update: id, running: true }, signal)
  return update
}

/** With a gate that has a second part, for which the new server has to report. */
async function carryAsHelper(parts: DriveParts, own: OwnUpdates, { id, container, signal }: Helping): Promise<Update> {
  const helping: DriveParts = {
    ...parts,
    updater: (name) => awaitingReport(parts.updater(name), { db: parts.db, self: own.self, container }),
  }
  let told: string | undefined
  for (;;) {
    const update = await readUpdate(parts.db, id)
    if (update === undefined) throw new Failure('not-found', `There is no update "${id}".`)
    if (isAtEnd(update.phase)) return update
    try {
      if (await settle(helping, update, signal)) await driveUpdate(helping, id, signal)
    } catch (error) {
      signal.throwIfAborted()
      // The server that started this helper may not have let go of it yet.
      const text = describeError(error)
      if (text !== told) parts.log.info({ update: id, error: text }, 'The helper waits')
      told = text
    }
    await parts.clock.sleep(LOOK_MS, signal)
  }
}

interface Watched {
  readonly update: Update
  readonly signal: AbortSignal
}

async function handOver(parts: DriveParts, own: OwnUpdates, { update, signal }: Watched): Promise<void> {
  const { id, plan, phase } = update
  try {
    const command = own.command(id, own.self.nameIn(plan))
    const made = await own.self.startHelper(plan.host, { update: id, command }, signal)
    if (made === undefined) return
    const detail = { helper: made.slice(0, 12) }
    await addStep(parts.db, { update: id, phase, step: 'hand-over', kind: 'note', detail, now: parts.clock.now() })
    parts.log.info({ update: id, ...detail }, 'A helper goes on with the update of Seaworthy itself')
  } catch (error) {
    if (signal.aborted || phase !== 'verified') throw error
    await giveUp(parts, own, { update, error, signal })
  }
}

/** Nothing but an image has come so far, so there is nothing to put back. */
async function giveUp(
  parts: DriveParts,
  own: OwnUpdates,
  { update, error, signal }: Watched & { error: unknown },
): Promise<void> {
  const { workload, host } = update.plan
  try {
    await withLease(parts, { workload, signal }, async (_, leased) => {
      await own.self.removeHelpers(host, { update: update.id, running: true }, leased)
      await reach(parts, update, { to: 'rolled-back', error })
    })
  } catch (failure) {
    // A helper has it, or has had it meanwhile.
    const isBusy = failure instanceof Failure && failure.code === 'conflict'
    if (!isBusy && !(failure instanceof TakenOverError)) throw failure
  }
}

/** Until it is time to see whether the helper is still there. */
async function watch(parts: DriveParts, { id, phase }: Update, signal: AbortSignal): Promise<void> {
  const { db, clock, changed } = parts
  const until = timeOf(parts) + CHECK_MS
  while (timeOf(parts) < until) {
    await clock.sleep(LOOK_MS, signal)
    const now = await readUpdate(db, id)
    if (now === undefined || now.phase === phase) continue
    // Whoever looks at this server is to see what another process has written.
    changed()
    return
  }
}

/** A helper removes itself; one that could not is removed here. */
async function clearAway(parts: DriveParts, own: OwnUpdates, { update, signal }: Watched): Promise<void> {
  const { clock, log } = parts
  const until = timeOf(parts) + LEAVE_MS
  try {
    for (;;) {
      const running = timeOf(parts) > until
      const isGone = await own.self.removeHelpers(update.plan.host, { update: update.id, running }, signal)
      if (isGone || running) return
      await clock.sleep(LOOK_MS, signal)
    }
  } catch (error) {
    if (!signal.aborted) log.warn({ update: update.id, error: describeError(error) }, 'A helper could not be removed')
  }
}

function timeOf({ clock }: Pick<DriveParts, 'clock'>): number {
  return clock.now().getTime()
}

interface Awaiting extends Pick<DriveParts, 'db'> {
  readonly self: OwnUpdates['self']
  readonly container: string
}

function awaitingReport(updater: Updater, awaiting: Awaiting): Updater {
  return {
    ...updater,
    async gate(plan, run) {
      await updater.gate(plan, run)
      await awaitReport(plan, run, awaiting)
    },
  }
}

/** @throws GateError when the server in the new container does not say in time that it has come up. */
async function awaitReport(plan: Plan, run: Run, { db, self, container }: Awaiting): Promise<void> {
  const timeoutMs = plan.gate.timeoutMs ?? REPORT_MS
  const until = timeOf(run) + timeoutMs
  for (;;) {
    const seen = await self.look(plan.host, container, run.signal)
    if (seen !== undefined && (await readSelfReport(db))?.container === seen.id) break
    if (seen === undefined) throw new GateError('The new Seaworthy is gone.')
    if (!seen.running)
      throw new GateError(`The new Seaworthy ended with exit code ${seen.exitCode} before it had reported.`)
    if (timeOf(run) > until)
      throw new GateError(`The new Seaworthy did not report within ${Math.round(timeoutMs / 1000)} s of its start.`)
    await run.clock.sleep(LOOK_MS, run.signal)
  }
  await run.note('reported', { container })
}
