import { describeError, Failure } from '../../domain/failure.ts'
import { isFinished, type Plan, type Update } from '../../domain/update.ts'
import { readUpdate } from '../../store/update-journal.ts'
import type { Progress, Updater } from '../../updaters/_updater.ts'
import { createClaims } from './claims.ts'
import { type DriveParts, driveUpdate } from './drive.ts'
import { updaterNamed } from './plan-update.ts'
import { createQueue } from './queue.ts'
import type { OwnUpdates } from './self.ts'
import { carryOwn } from './self-drive.ts'
import type { LiveProgress } from './types.ts'

export interface UnderWayParts extends Omit<DriveParts, 'updater' | 'onProgress'> {
  readonly updaters: readonly Updater[]
  /** How many updates may run at once on a host. */
  readonly parallel: number
  /** Aborted when the program ends. */
  readonly stopping: AbortSignal
  /** What is to be done when a workload runs another image: hooks, old images, looking again. */
  readonly ended: (update: Update) => Promise<void>
  /** Of the container this process runs in; absent where it runs in none. */
  readonly own?: OwnUpdates | undefined
}

/** The updates that this process is at work on. */
export interface UnderWay {
  readonly parts: DriveParts
  /** Takes an update to its end when it is its turn. */
  drive(id: string, host?: string): Promise<Update>
  isDriven(id: string): boolean
  /** Whether it is one of the container this process runs in. */
  isOwn(update: Update): Promise<boolean>
  ended(id: string, signal: AbortSignal): Promise<void>
  progressOf(id: string): Progress | undefined
  /** What kept an update from being gone on with here. */
  stalledBy(id: string): string | undefined
  onProgress(listener: (live: LiveProgress) => void): () => void
  idle(): Promise<void>
}

const LOOK_MS = 500

/** Carries updates through, each when it is its turn and nobody else is at the same containers. */
export function createUnderWay(given: UnderWayParts): UnderWay {
  const { db, stopping } = given
  const driven = new Map<string, Promise<Update>>()
  const board = createProgressBoard()
  const queue = createQueue(given.parallel)
  const claims = createClaims()
  const stalled = new Map<string, string>()
  const parts: DriveParts = {
    ...given,
    updater: (name) => updaterNamed(given.updaters, name),
    onProgress: board.set,
  }
  const isOwn = async ({ id, plan }: Update): Promise<boolean> =>
    given.own !== undefined && (await given.own.self.isIn(plan, id, stopping))
  const carry = async (id: string): Promise<Update> => {
    const open = await readUpdate(db, id)
    if (open === undefined) throw new Failure('not-found', `There is no update "${id}".`)
    board.name(id, open.plan.workload)
    const isOurs = await isOwn(open)
    const drive = () => (isOurs ? carryOwn(parts, given.own!, id, stopping) : driveUpdate(parts, id, stopping))
    const update = await queue.run(open.plan.host, stopping, () =>
      claims.holding(touchedBy(open.plan), stopping, drive),
    )
    // Its helper has done what follows.
    if (!(isOurs && update.phase === 'committed')) await follow(given, update)
    return update
  }
  return {
    parts,
    drive(id) {
      const known = driven.get(id)
      if (known !== undefined) return known
      stalled.delete(id)
      const driving = carry(id)
        .catch((error: unknown) => {
          stalled.set(id, describeError(error))
          throw error
        })
        .finally(() => {
          driven.delete(id)
          board.forget(id)
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
    progressOf: board.get,
    stalledBy: (id) => stalled.get(id),
    onProgress: board.listen,
    async idle() {
      await Promise.allSettled(driven.values())
    },
  }
}

/** How far the pulls are, for whoever wants to know. */
function createProgressBoard() {
  const workloads = new Map<string, string>()
  const progress = new Map<string, Progress>()
  const listeners = new Set<(live: LiveProgress) => void>()
  return {
    name: (update: string, workload: string) => void workloads.set(update, workload),
    get: (update: string) => progress.get(update),
    set(update: string, now: Progress): void {
      progress.set(update, now)
      const workload = workloads.get(update) ?? ''
      for (const listener of listeners) listener({ update, workload, progress: now })
    },
    forget(update: string): void {
      workloads.delete(update)
      progress.delete(update)
    },
    listen(listener: (live: LiveProgress) => void): () => void {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
  }
}

async function follow({ ended, log }: UnderWayParts, update: Update): Promise<void> {
  try {
    await ended(update)
  } catch (error) {
    log.warn({ update: update.id, error: describeError(error) }, 'What follows an update could not be done')
  }
}

/** Another process may drive it: its rows tell. */
async function atRest({ db, clock }: UnderWayParts, id: string, signal: AbortSignal): Promise<void> {
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
