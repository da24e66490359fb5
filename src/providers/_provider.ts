import type { z } from '@hono/zod-openapi'
import type { Platform } from '../domain/platform.ts'
import type { WatchSettings, Workload } from '../domain/workload.ts'
import type { Member } from '../lib/family.ts'
import type { Log } from '../lib/log.ts'

/** Looks where workloads run; never changes anything. */
export interface Provider extends Partial<AsyncDisposable> {
  readonly name: string
  readonly host: string
  /** Everything that is to be watched. Problems of single workloads (a bad label) spoil that workload only and are reported beside the list. Throws a `Failure` when the place cannot be asked at all. */
  list(signal: AbortSignal): Promise<Listing>
  /** Calls `changed` when something may have changed, until aborted. Reconnects by itself. Absent: the schedule alone decides. */
  watch?(changed: () => void, signal: AbortSignal): Promise<void>
}

export interface Listing {
  readonly workloads: readonly Workload[]
  readonly problems: readonly Problem[]
}

/** One workload that cannot be watched as asked: `container "web", label "diun.max_tags": …`. */
export interface Problem {
  readonly workload: string
  readonly message: string
}

export interface ProviderParts {
  readonly log: Log
  readonly now: () => Date
  /** What the config's `defaults` say. */
  readonly defaults: WatchSettings
  /** User metadata of `defaults.metadata`. */
  readonly defaultMetadata: Readonly<Record<string, string>>
  /** The process's home folder, for `~/.docker` and ssh. */
  readonly home: string
  /** What this process runs on: stands in where a workload does not say what it is for. */
  readonly platform?: Platform
}

export type ProviderMember<Schema extends z.ZodType> = Member<Schema, ProviderParts, Provider>

/** Gives a provider its types. */
export function defineProvider<Schema extends z.ZodType>(member: ProviderMember<Schema>): ProviderMember<Schema> {
  return member
}
