import { describeError } from '../../domain/failure.ts'
import type { HookPoint } from '../../domain/update-settings.ts'
import type { Workload } from '../../domain/workload.ts'
import { forEachLimited } from '../../lib/limited.ts'
import type { HookOutcome } from './hooks.ts'

/** What workloads want done before and after they are checked. */
export interface CheckHooks {
  /** Runs the hooks before a check. Returns which workloads are left out of it, by id, each with the reason. */
  before(workloads: readonly Workload[]): Promise<ReadonlyMap<string, string>>
  after(workloads: readonly Workload[]): Promise<void>
}

/** Runs the hook of a workload, where it has one. */
export type RunCheckHook = (point: HookPoint, workload: Workload) => Promise<HookOutcome | undefined>

const AT_ONCE = 4

/** One that fails or hangs leaves its own workload out, and no other. */
export function createCheckHooks(run: RunCheckHook): CheckHooks {
  return {
    async before(workloads) {
      const left = new Map<string, string>()
      await forEachLimited(workloads, AT_ONCE, async (workload) => {
        const reason = await reasonOf(run('pre-check', workload))
        if (reason !== undefined) left.set(workload.id, reason)
      })
      return left
    },
    async after(workloads) {
      await forEachLimited(workloads, AT_ONCE, async (workload) => {
        // What it printed is in the events; the check is over.
        await run('post-check', workload).catch(() => undefined)
      })
    },
  }
}

async function reasonOf(running: Promise<HookOutcome | undefined>): Promise<string | undefined> {
  try {
    const hook = await running
    if (hook === undefined || hook.outcome === 'ok') return undefined
    if (hook.outcome === 'not-now') return 'Its hook before the check said: not now (exit code 75).'
    return `Its hook before the check failed with exit code ${hook.exitCode}.`
  } catch (error) {
    return `Its hook before the check could not be run: ${describeError(error)}`
  }
}
