import type { HookPoint, UpdateSettings } from '../../domain/update-settings.ts'
import { recordEvent } from '../../store/events.ts'
import type { Db } from '../../store/tables.ts'
import type { Updater } from '../../updaters/_updater.ts'
import { type HookOutcome, runHook } from './hooks.ts'

export interface HookRunnerParts {
  readonly db: Db
  /** Any of them can run a command in a container. */
  readonly updaters: readonly Updater[]
  /** Where commands find a program, and nothing more of it. */
  readonly environment: Readonly<Record<string, string | undefined>>
  readonly now: () => Date
  readonly changed: () => void
  readonly stopping: AbortSignal
}

/** Whose hook it is, and what it is told. */
export interface HookSubject {
  /** Id of the workload. */
  readonly workload: string
  readonly host: string
  readonly name: string
  readonly settings: UpdateSettings
  /** Further variables for the command; their names begin with `SEAWORTHY_`. */
  readonly variables?: Readonly<Record<string, string>>
}

/** Runs the hook of a workload where it has one, and writes an event with what it printed. */
export type HookRunner = (point: HookPoint, subject: HookSubject) => Promise<HookOutcome | undefined>

export function createHookRunner(parts: HookRunnerParts): HookRunner {
  const { db, updaters, environment, now, changed, stopping } = parts
  return async (point, { workload, host, name, settings, variables = {} }) => {
    const hook = settings.hooks[point]
    if (hook === undefined) return undefined
    const outcome = await runHook(hook, {
      ...{ point, workload, variables, environment },
      signal: stopping,
      exec: (how) => updaters[0]!.exec({ host, name }, how),
    })
    await recordEvent(db, { kind: 'hook.run', subject: workload, data: { point, ...outcome }, now: now() })
    changed()
    return outcome
  }
}
