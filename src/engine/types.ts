import type { ImageFinding } from '../domain/finding.ts'
import type { Judgement } from '../domain/tags/verdict.ts'
import type { RateLimit, RegistryCounts } from '../registries/_registry.ts'
import type { CheckCause } from '../store/checks.ts'

/** One check, as it ended. */
export interface CheckReport {
  readonly id: number
  readonly cause: CheckCause
  /** ISO times. */
  readonly startedAt: string
  readonly finishedAt: string
  /** How many images in which status. */
  readonly counts: Readonly<Record<string, number>>
  readonly findings: readonly ImageFinding[]
  /** Workloads that could not be watched as asked. */
  readonly problems: readonly { readonly workload: string; readonly message: string }[]
  /** Places that could not be asked at all. */
  readonly failedProviders: readonly FailedProvider[]
}

export interface FailedProvider {
  readonly provider: string
  readonly host: string
  readonly error: string
}

export interface EngineStatus {
  readonly version: string
  readonly checking: boolean
  /** While checking: images answered, images asked about. */
  readonly progress: { readonly done: number; readonly total: number } | undefined
  /** ISO time of the next check by the schedule; undefined: by hand only. */
  readonly nextCheckAt: string | undefined
  readonly failedProviders: readonly FailedProvider[]
  readonly channels: readonly { readonly name: string; readonly notifier: string }[]
  readonly rateLimits: readonly RateLimit[]
  readonly registryCounts: readonly RegistryCounts[]
}

/** What the screens may ask for. Made in `app.ts`. */
export interface Engine {
  /** Asks the registries about everything (or about `image` only) and resolves when it is done. Joins a check of everything that is under way. */
  check(
    cause: CheckCause,
    options?: { image?: string | undefined; signal?: AbortSignal | undefined },
  ): Promise<CheckReport>
  status(): EngineStatus
  /** Judges the tags of an image by what was last listed, every tag with its reason. Undefined: nothing is known of it. */
  explain(imageKey: string): Promise<Judgement | undefined>
  /** Sends a test message at once. Throws a `Failure` that names the channel; `channel` undefined = all of them. Returns the names told. */
  testChannels(channel: string | undefined, signal: AbortSignal): Promise<string[]>
  /** Tries failed deliveries again; all of them when `id` is undefined. Returns how many. */
  repeatDeliveries(id: string | undefined): Promise<number>
  /** Calls `changed` whenever an event was written by this process; returns how to stop. */
  onEvent(changed: () => void): () => void
}
