import { describeError } from '../../domain/failure.ts'
import { isFinished, type Update } from '../../domain/update.ts'
import type { Log } from '../../lib/log.ts'
import { deleteApprovals } from '../../store/approvals.ts'
import type { Db } from '../../store/tables.ts'
import { listUpdates } from '../../store/update-journal.ts'
import type { Updater } from '../../updaters/_updater.ts'
import type { Outlooks } from './outlook.ts'
import { earlierVersions } from './versions.ts'

export interface AfterParts {
  readonly db: Db
  readonly log: Log
  readonly outlooks: Outlooks
  readonly updaters: readonly Updater[]
  readonly stopping: AbortSignal
  /** Whether images of earlier versions are removed at all. */
  readonly cleanup: boolean
  /** What the workload wants done now. */
  readonly hook: (update: Update) => Promise<void>
  /** Asks what runs, and the registries about what came. */
  readonly look: () => Promise<void>
}

/** What follows an update that has ended: its hook, old images, and a new look at what runs. One that fails keeps none of the others from being done. */
export async function afterUpdate(parts: AfterParts, update: Update): Promise<void> {
  const { log, hook, look } = parts
  const tasks: [string, () => Promise<void>][] = [
    ['The hook after an update failed', () => (update.phase === 'committed' ? hook(update) : Promise.resolve())],
    ['Approvals that were used could not be let go', () => forgetApprovals(parts, update)],
    ['What runs could not be listed after an update', look],
    ['Old images could not be removed', () => tidyImages(parts, update)],
  ]
  for (const [failure, task] of tasks) {
    try {
      await task()
    } catch (error) {
      if (parts.stopping.aborted) return
      log.warn({ update: update.id, error: describeError(error) }, failure)
    }
  }
}

/** A yes was to one image, and it is there now; one to an older image means nothing any more. */
async function forgetApprovals({ db }: AfterParts, { phase, plan }: Update): Promise<void> {
  if (phase === 'committed') await deleteApprovals(db, plan.workload)
}

/**
 * Keeps as many earlier versions of every workload of the host as its settings say, and removes the others. Only what our
 * own updates left: another Seaworthy may keep images on the same engine.
 */
async function tidyImages(parts: AfterParts, update: Update): Promise<void> {
  const { db, log, outlooks, updaters, cleanup, stopping } = parts
  if (!cleanup || update.phase !== 'committed') return
  const { host, updater: name } = update.plan
  const updates = await listUpdates(db, { most: MOST })
  const unwanted = new Set(
    updates.filter(({ plan }) => plan.host === host).flatMap(({ plan }) => plan.from.imageId ?? []),
  )
  for (const { workload, settings } of (await outlooks.outlooks()).filter((each) => each.host === host))
    for (const { imageId } of (await earlierVersions(db, workload)).slice(0, settings.keep)) unwanted.delete(imageId!)
  // An open update may have to go back to what it came from.
  for (const { plan, phase } of updates) if (!isFinished(phase)) unwanted.delete(plan.from.imageId ?? '')
  const removed = await updaters.find((each) => each.name === name)!.tidy({ host }, unwanted, stopping)
  if (removed.length > 0) log.info({ host, images: removed }, 'Images of earlier versions were removed')
}

const MOST = 1000
