import type { z } from '@hono/zod-openapi'
import type { DockerClient } from '../docker/client.ts'
import type { ImageAt, Plan } from '../domain/update.ts'
import type { GateSettings } from '../domain/update-settings.ts'
import type { Clock } from '../lib/clock.ts'
import type { Member } from '../lib/family.ts'
import type { Log } from '../lib/log.ts'

/** What is to be planned. */
export interface Target {
  readonly host: string
  /** Id and name of the workload. */
  readonly workload: string
  readonly name: string
  readonly to: ImageAt
  readonly gate: GateSettings
  readonly pins: readonly string[]
}

/** Bytes of a pull. */
export interface Progress {
  readonly done: number
  /** Undefined until every layer's size is known. */
  readonly total: number | undefined
}

/** One update under way, as its updater sees it. */
export interface Run {
  readonly id: string
  readonly signal: AbortSignal
  readonly clock: Clock
  readonly log: Log
  /**
   * Writes the intent down, does it, writes down what became of it: the only way in which an updater changes anything.
   * @throws what `action` throws; Failure `conflict` when another process has taken the update over.
   */
  act<Result>(step: string, detail: Readonly<Record<string, unknown>>, action: () => Promise<Result>): Promise<Result>
  /** A line for the journal without anything done. */
  note(step: string, detail: Readonly<Record<string, unknown>>): Promise<void>
  /** Keeps the plan as it is now known (the new image's id, the changes). */
  keep(plan: Plan): Promise<void>
  progress(progress: Progress): void
}

/**
 * What the host really shows of an update.
 * `before`: the old one is in place and nothing of the new one runs. `between`: neither is in place, or both are there.
 * `after`: the new one is in place and runs. `foreign`: somebody else has put something in place meanwhile; `settled`: so
 * they have, and nothing of the update is left.
 */
export type Standing = 'before' | 'between' | 'after' | 'foreign' | 'settled'

/**
 * Carries updates out on one kind of place. Every method reads the world first and may be called again after it was cut
 * off anywhere; the order is `fetch verify prepare park swap start gate commit`. `rollBack` may be called after any of them.
 */
export interface Updater {
  readonly name: string
  /** Why it cannot take this workload, empty where nobody would expect it to; undefined when it can. Absent: it can take any. */
  unfit?(target: Target, signal: AbortSignal): Promise<string | undefined>
  /** Looks, changes nothing. @throws Failure when the update cannot be made: with what is wrong and what to do. */
  plan(target: Target, signal: AbortSignal): Promise<Plan>
  /** The plan with what an image would change that is not on the host yet: `config` is its own, as the registry has it. Absent: it cannot be told. */
  preview?(plan: Plan, config: unknown): Plan
  /** The image is on the host, by digest; no tag was moved. Returns the plan with the image's id and the changes known. */
  fetch(plan: Plan, run: Run): Promise<Plan>
  /** What came is what was asked for, for the right platform, and it can be run here. */
  verify(plan: Plan, run: Run): Promise<void>
  /** Everything that can be made while the old one serves; the tag points to the new image from here on. */
  prepare(plan: Plan, run: Run): Promise<void>
  /** The old one goes on serving under another name, and the engine will not start it by itself any more. */
  park(plan: Plan, run: Run): Promise<void>
  /** The new one bears the name; the old one still serves. */
  swap(plan: Plan, run: Run): Promise<void>
  /** The old one is stopped, and what ran before is started anew: the only moment in which nothing serves. */
  start(plan: Plan, run: Run): Promise<void>
  /** Resolves when the new one is well. @throws GateError when it is not. */
  gate(plan: Plan, run: Run): Promise<void>
  /** The old one is removed; its image stays. */
  commit(plan: Plan, run: Run): Promise<void>
  /** As if nothing had happened. @throws when that cannot be done. */
  rollBack(plan: Plan, run: Run): Promise<void>
  /** What the host shows of it now. Changes nothing. */
  observe(plan: Plan, signal: AbortSignal): Promise<Standing>
  /** Runs a command in the workload's container, with its standard output and error. @throws Failure when that cannot be done. */
  exec(
    place: { readonly host: string; readonly name: string },
    asked: { command: readonly string[]; timeoutMs: number; signal: AbortSignal },
  ): Promise<{ exitCode: number; output: string }>
  /**
   * Removes images (ids of the engine) that updates left on a host for a rollback, but for those that anything uses.
   * Returns the ids of those that went.
   */
  tidy(place: { readonly host: string }, images: ReadonlySet<string>, signal: AbortSignal): Promise<string[]>
  /** What a person can run to put it right, most careful first. */
  commands(plan: Plan): string[]
}

export interface UpdaterParts {
  /** The engine of a host by its name. @throws Failure `not-found` for an unknown one. */
  readonly docker: (host: string) => Promise<DockerClient>
  /** `X-Registry-Auth` for a pull of this image; undefined where nobody has to log in. */
  readonly registryAuth: (reference: string, signal: AbortSignal) => Promise<string | undefined>
  readonly clock: Clock
  readonly log: Log
  readonly home: string
  readonly environment: Readonly<Record<string, string | undefined>>
}

export { GateError } from '../domain/update-failures.ts'

export type UpdaterMember<Schema extends z.ZodType> = Member<Schema, UpdaterParts, Updater>

/** Gives an updater its types. */
export function defineUpdater<Schema extends z.ZodType>(member: UpdaterMember<Schema>): UpdaterMember<Schema> {
  return member
}
