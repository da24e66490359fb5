import { describeError, Failure } from '../../domain/failure.ts'
import { type ImageAt, isFinished, type Plan, type Update, type UpdateCause } from '../../domain/update.ts'
import { recordEvent } from '../../store/events.ts'
import { inTransaction } from '../../store/in-transaction.ts'
import { insertUpdate, listSteps, listUpdates, readUpdate } from '../../store/update-journal.ts'
import type { Progress } from '../../updaters/_updater.ts'
import { runAutomatically } from './automatic.ts'
import { createClaims } from './claims.ts'
import type { Decisions } from './decisions.ts'
import { type DriveParts, driveUpdate } from './drive.ts'
import type { Outlooks } from './outlook.ts'
import { candidateOf, type PlanParts, planUpdate, previewed, updaterNamed } from './plan-update.ts'
import { createQueue } from './queue.ts'
import { alreadyOpen, refuseHeld, refuseQuarantined } from './refusals.ts'
import { resumeUpdates } from './resume.ts'
import { type OwnUpdates, refuseOwn, reportIn } from './self.ts'
import { carryOwn, helpOut, isForHelper } from './self-drive.ts'
import type { Asked, LiveProgress, Outlook, UpdateReport, Updates } from './types.ts'
import { earlierVersion } from './versions.ts'
import { createWaker } from './waker.ts'

export interface UpdatesParts extends Omit<DriveParts, 'updater' | 'onProgress'>, PlanParts {
  readonly outlooks: Outlooks
  readonly decisions: Decisions
  /** How many updates may run at once on a host. */
  readonly parallel: number
  /** Aborted when the program ends. */
  readonly stopping: AbortSignal
  /** What is to be done when a workload runs another image: hooks, old images, looking again. */
  readonly ended: (update: Update) => Promise<void>
  /** Of the container this process runs in; absent where it runs in none. */
  readonly own?: OwnUpdates | undefined
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
  const rollouts = createRollouts(parts)
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

interface Rollouts {
  readonly parts: DriveParts
  /** Takes an update to its end when it is its turn. */
  drive(id: string, host?: string): Promise<Update>
  isDriven(id: string): boolean
  /** Whether it is one of the container this process runs in. */
  isOwn(update: Update): Promise<boolean>
  ended(id: string, signal: AbortSignal): Promise<void>
  progressOf(id: string): Progress | undefined
  onProgress(listener: (live: LiveProgress) => void): () => void
  idle(): Promise<void>
}

const LOOK_MS = 500

/** The updates that this process is at work on. */
function createRollouts(given: UpdatesParts): Rollouts {
  const { db, stopping, log } = given
  const driven = new Map<string, Promise<Update>>()
  const progress = new Map<string, Progress>()
  const listeners = new Set<(live: LiveProgress) => void>()
  const queue = createQueue(given.parallel)
  const claims = createClaims()
  const workloads = new Map<string, string>()
  const parts: DriveParts = {
    ...given,
    updater: (name) => updaterNamed(given.updaters, name),
    onProgress(update, now) {
      progress.set(update, now)
      const workload = workloads.get(update) ?? ''
      for (const listener of listeners) listener({ update, workload, progress: now })
    },
  }
  const { own } = given
  const isOwn = async ({ id, plan }: Update): Promise<boolean> =>
    own !== undefined && (await own.self.isIn(plan, id, stopping))
  const carry = async (id: string): Promise<Update> => {
    const open = await readUpdate(db, id)
    if (open === undefined) throw new Failure('not-found', `There is no update "${id}".`)
    workloads.set(id, open.plan.workload)
    const isOurs = await isOwn(open)
    const drive = () => (isOurs ? carryOwn(parts, own!, id, stopping) : driveUpdate(parts, id, stopping))
    const update = await queue.run(open.plan.host, stopping, () =>
      claims.holding(touchedBy(open.plan), stopping, drive),
    )
    // Its helper has done what follows.
    if (isOurs && update.phase === 'committed') return update
    await given.ended(update).catch((error: unknown) => {
      log.warn({ update: id, error: describeError(error) }, 'What follows an update could not be done')
    })
    return update
  }
  return {
    parts,
    drive(id) {
      const known = driven.get(id)
      if (known !== undefined) return known
      const driving = carry(id).finally(() => {
        for (const map of [driven, progress, workloads]) map.delete(id)
      })
      driven.set(id, driving)
      return driving
    },
    isDriven: (id) => driven.has(id),
    isOwn,
    async ended(id, signal) {
      await driven.get(id)
      await atRest(given, id, signal)
    },
    progressOf: (id) => progress.get(id),
    onProgress(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    async idle() {
      await Promise.allSettled(driven.values())
    },
  }
}

/** Another process may drive it: its rows tell. */
async function atRest({ db, clock }: UpdatesParts, id: string, signal: AbortSignal): Promise<void> {
  for (;;) {
    const update = await readUpdate(db, id)
    if (update === undefined || isFinished(update.phase) || update.phase === 'needs-operator') return
    await clock.sleep(LOOK_MS, signal)
  }
}

/** Two updates may make the same dependant anew, two of a compose project may write the same file, and of replicas some have to go on serving. */
function touchedBy({ host, updater, containers, group }: Plan): string[] {
  const names = containers.map(({ name }) => `${host}/${name}`)
  const shared = updater === 'compose' ? 'compose' : group
  return shared === undefined ? names : [`${shared} on ${host}`, ...names]
}

interface Beginning {
  readonly outlook: Outlook
  readonly cause: UpdateCause
  readonly actor: string
  /** What to go to; the outlook's candidate when undefined. */
  readonly to?: ImageAt | undefined
}

/** Plans, writes the update down and lets it run. */
async function beginUpdate(parts: UpdatesParts, rollouts: Rollouts, beginning: Beginning): Promise<Update> {
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

async function report({ db }: UpdatesParts, rollouts: Rollouts, id: string): Promise<UpdateReport> {
  const update = await readUpdate(db, id)
  if (update === undefined)
    throw new Failure('not-found', `There is no update "${id}".`, { remedy: 'See seaworthy updates.' })
  return { update, steps: await listSteps(db, id), progress: rollouts.progressOf(id) }
}
