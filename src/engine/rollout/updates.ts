import { describeError, Failure } from '../../domain/failure.ts'
import type { ImageAt, Update, UpdateCause } from '../../domain/update.ts'
import { recordEvent } from '../../store/events.ts'
import { inTransaction } from '../../store/in-transaction.ts'
import { insertUpdate, listSteps, listUpdates, readUpdate } from '../../store/update-journal.ts'
import { runAutomatically } from './automatic.ts'
import type { Decisions } from './decisions.ts'
import type { Outlooks } from './outlook.ts'
import { candidateOf, type PlanParts, planUpdate, previewed } from './plan-update.ts'
import { alreadyOpen, refuseHeld, refuseQuarantined } from './refusals.ts'
import { resumeUpdates } from './resume.ts'
import { refuseOwn, reportIn } from './self.ts'
import { helpOut, isForHelper } from './self-drive.ts'
import type { Asked, Outlook, UpdateReport, Updates } from './types.ts'
import { createUnderWay, type UnderWay, type UnderWayParts } from './under-way.ts'
import { earlierVersion } from './versions.ts'
import { createWaker } from './waker.ts'

export interface UpdatesParts extends UnderWayParts, PlanParts {
  readonly outlooks: Outlooks
  readonly decisions: Decisions
}

/** What the program itself needs besides what may be asked. */
export interface RunningUpdates extends Updates {
  /** Takes up what was left open and updates what may be, until aborted. */
  run(signal: AbortSignal): Promise<void>
  /** Something may be updated by now that could not be before: a check is over. */
  wake(): void
  /** Resolves when no update is under way in this process. */
  idle(): Promise<void>
  /** Takes an update of the container of Seaworthy itself to its end from outside of it, and removes the container this process runs in. */
  help(id: string, container: string, signal: AbortSignal): Promise<Update>
}

/** Everything that is done about updates, over the parts that do it. */
export function createUpdates(parts: UpdatesParts): RunningUpdates {
  const { db, outlooks, decisions } = parts
  const rollouts = createUnderWay(parts)
  const waker = createWaker(parts.clock)
  const begin = (outlook: Outlook, cause: UpdateCause, { actor }: Asked) =>
    beginUpdate(parts, rollouts, { outlook, cause, actor })
  return {
    ...wakingDecisions(decisions, waker.wake),
    wake: waker.wake,
    outlook: outlooks.outlook,
    outlooks: outlooks.outlooks,
    async plan(workload, signal) {
      const outlook = await outlooks.outlook(workload)
      const plan = await planUpdate(parts, { outlook, to: candidateOf(outlook), signal })
      return await previewed(parts, plan, signal)
    },
    async update(workload, asked) {
      const outlook = await outlooks.outlook(workload)
      refuseHeld(outlook)
      return await begin(outlook, 'manual', asked)
    },
    updateAll: (asked) => beginAll(outlooks, (outlook) => begin(outlook, 'manual', asked)),
    async rollBack(workload, { actor, to }) {
      const outlook = await outlooks.outlook(workload)
      const image = await earlierVersion(db, { workload: outlook.workload, name: outlook.name, to })
      const update = await beginUpdate(parts, rollouts, { outlook, cause: 'rollback', actor, to: image })
      const reason = `rolled back to ${image.reference}`
      await decisions.hold(outlook.workload, { actor, kind: 'hold', reason })
      return update
    },
    async ended(id, signal) {
      await rollouts.ended(id, signal)
      return await report(parts, rollouts, id)
    },
    list: (filter) => listUpdates(db, { ...filter, workload: idOf(outlooks, filter.workload) }),
    get: (id) => report(parts, rollouts, id),
    onProgress: rollouts.onProgress,
    idle: rollouts.idle,
    async run(signal) {
      const { drive, isDriven, isOwn } = rollouts
      const ofHelper = async (update: Update): Promise<boolean> => isForHelper(update.phase) && (await isOwn(update))
      const driving = { ...rollouts.parts, drive, isDriven, isForHelper: ofHelper }
      const automatic = {
        ...parts,
        waker,
        begin: (outlook: Outlook, cause: UpdateCause, actor: string) => begin(outlook, cause, { actor }),
      }
      const reporting = parts.own && reportIn(parts.own, parts, signal)
      await Promise.all([reporting, resumeUpdates(driving, signal), runAutomatically(automatic, signal)])
    },
    help: (id, container, signal) => helpOut(rollouts.parts, parts.own!, { id, container, signal, ended: parts.ended }),
  }
}

/** What is allowed now is begun now. */
function wakingDecisions(decisions: Decisions, wake: () => void): Decisions {
  const waking =
    <Arguments extends unknown[], Result>(decide: (...args: Arguments) => Promise<Result>) =>
    async (...args: Arguments): Promise<Result> => {
      const result = await decide(...args)
      wake()
      return result
    }
  const { release, approve, resume } = decisions
  return { ...decisions, release: waking(release), approve: waking(approve), resume: waking(resume) }
}

/** Begins whatever can be; one that cannot keeps none of the others from it. */
async function beginAll(
  outlooks: Outlooks,
  begin: (outlook: Outlook) => Promise<Update>,
): Promise<Awaited<ReturnType<Updates['updateAll']>>> {
  const begun: Update[] = []
  const refused: { workload: string; reason: string }[] = []
  for (const outlook of await outlooks.outlooks()) {
    if (outlook.candidate === undefined && outlook.unclear === undefined) continue
    try {
      refuseHeld(outlook)
      refuseQuarantined(outlook)
      begun.push(await begin(outlook))
    } catch (error) {
      refused.push({ workload: outlook.workload, reason: describeError(error) })
    }
  }
  return { begun, refused }
}

/** The id of a workload that is there; of one that is gone only its id is known. */
function idOf(outlooks: Outlooks, workload: string | undefined): string | undefined {
  if (workload === undefined) return undefined
  try {
    return outlooks.workload(workload).id
  } catch (error) {
    if (error instanceof Failure && error.code === 'not-found') return workload
    throw error
  }
}

interface Beginning {
  readonly outlook: Outlook
  readonly cause: UpdateCause
  readonly actor: string
  /** What to go to; the outlook's candidate when undefined. */
  readonly to?: ImageAt | undefined
}

/** Plans, writes the update down and lets it run. */
async function beginUpdate(parts: UpdatesParts, rollouts: UnderWay, beginning: Beginning): Promise<Update> {
  const { outlook, cause, actor } = beginning
  const { db, clock, stopping, log, changed } = parts
  if (outlook.open !== undefined) throw alreadyOpen(outlook.name, outlook.open.id)
  const to = beginning.to ?? candidateOf(outlook)
  const plan = await planUpdate(parts, { outlook, to, signal: stopping })
  await refuseOwn(parts.own, plan, stopping)
  const now = clock.now()
  const update = await inTransaction(db, async (transaction) => {
    const written = await insertUpdate(transaction, { plan, cause, actor, now })
    if (written === undefined) throw alreadyOpen(outlook.name)
    const data = { update: written.id, from: plan.from, to: plan.to, cause, actor }
    await recordEvent(transaction, { kind: 'update.begun', subject: outlook.workload, data, now })
    return written
  })
  changed()
  rollouts.drive(update.id).catch((error: unknown) => {
    if (!stopping.aborted) log.error({ update: update.id, error: describeError(error) }, 'An update stands still')
  })
  return update
}

async function report({ db }: UpdatesParts, rollouts: UnderWay, id: string): Promise<UpdateReport> {
  const update = await readUpdate(db, id)
  if (update === undefined)
    throw new Failure('not-found', `There is no update "${id}".`, { remedy: 'See seaworthy updates.' })
  return { update, steps: await listSteps(db, id), progress: rollouts.progressOf(id), stalled: rollouts.stalledBy(id) }
}
