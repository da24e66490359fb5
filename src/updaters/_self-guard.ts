import { Failure } from '../domain/failure.ts'
import type { Plan } from '../domain/update.ts'
import type { Run, Updater } from './_updater.ts'

/**
 * The same updater, which refuses to touch any container when that would end the very process it runs in: nobody would be
 * left to go on.
 * @param concerns whether a plan replaces or restarts the container of this process
 */
export function guarded(
  updater: Updater,
  concerns: (plan: Plan, update: string, signal: AbortSignal) => Promise<boolean>,
): Updater {
  const guard =
    (method: (plan: Plan, run: Run) => Promise<void>) =>
    async (plan: Plan, run: Run): Promise<void> => {
      if (await concerns(plan, run.id, run.signal))
        throw new Failure('conflict', 'Seaworthy does not stop the container it runs in itself.', {
          where: `container "${plan.name}"`,
          remedy: 'This is for its helper to do; nothing was changed.',
        })
      await method(plan, run)
    }
  return {
    ...updater,
    prepare: guard(updater.prepare),
    park: guard(updater.park),
    swap: guard(updater.swap),
    start: guard(updater.start),
    gate: guard(updater.gate),
    commit: guard(updater.commit),
    rollBack: guard(updater.rollBack),
  }
}
