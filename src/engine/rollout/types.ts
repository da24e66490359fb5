import type { Hold } from '../../domain/hold.ts'
import type { Plan, Update, UpdateStep } from '../../domain/update.ts'
import type { Origins } from '../../domain/update-policy.ts'
import type { UpdateSettings } from '../../domain/update-settings.ts'
import type { Progress } from '../../updaters/_updater.ts'

export type { Hold } from '../../domain/hold.ts'
export type { Origins } from '../../domain/update-policy.ts'

/** What may be done about one workload now, and why not. */
export interface Outlook {
  readonly workload: string
  readonly host: string
  readonly name: string
  readonly image: string
  readonly settings: UpdateSettings
  readonly origins: Origins
  /** What it could move to; undefined: nothing newer is known. */
  readonly candidate: Candidate | undefined
  /** Sentences: what keeps it from being updated by itself. Empty with a candidate: it will be updated. */
  readonly blockers: readonly string[]
  /** ISO time at which the next window opens, where only that is waited for. */
  readonly nextWindowAt: string | undefined
  readonly holds: readonly Hold[]
  /** Why the candidate failed here before; undefined: it has not. */
  readonly quarantine: string | undefined
  /** Why it cannot be told whether something newer is there, as a sentence without its full stop; undefined: it can. */
  readonly unclear: string | undefined
  /** The open update, where there is one. */
  readonly open: Update | undefined
}

export interface Candidate {
  readonly reference: string
  readonly digest: string
  readonly level: string
  /** ISO time since when it is known. */
  readonly since: string
}

/** An update with everything that is known of it. */
export interface UpdateReport {
  readonly update: Update
  readonly steps: readonly UpdateStep[]
  /** Of the pull under way in this process. */
  readonly progress: Progress | undefined
  /** Why this process could not go on with it; a server takes it up again by itself. */
  readonly stalled?: string | undefined
}

/** How far the pull of an update is, as it happens; written down nowhere. */
export interface LiveProgress {
  readonly update: string
  readonly workload: string
  readonly progress: Progress
}

export interface Asked {
  /** Who asks: `operator`. */
  readonly actor: string
}

/** Everything people and screens may ask of updates. A `workload` is an id, `host/name` or a name that is unique. */
export interface Updates {
  outlook(workload: string): Promise<Outlook>
  outlooks(): Promise<Outlook[]>
  /** What an update would do. Changes nothing; the new image's own part is known only when it is on the host. @throws Failure */
  plan(workload: string, signal: AbortSignal): Promise<Plan>
  /**
   * Begins an update to what is known to be newer, whatever window or mode say: a person asks. Resolves once it is
   * written down. @throws Failure `not-found`, `conflict` (one is open; nothing newer; held), or why it cannot be made.
   */
  update(workload: string, asked: Asked): Promise<Update>
  /** The same for everything that has something newer and is neither held nor snoozed, skipped or quarantined. */
  updateAll(asked: Asked): Promise<{ begun: Update[]; refused: { workload: string; reason: string }[] }>
  /** Goes back to an earlier version that is still on the host (`to`: tag, digest or image id; the last one when undefined) and holds it there. */
  rollBack(workload: string, asked: Asked & { to?: string | undefined }): Promise<Update>
  /** Resolves when the update is committed, rolled back or asks for a person. */
  ended(id: string, signal: AbortSignal): Promise<UpdateReport>
  list(filter: { workload?: string | undefined; open?: boolean | undefined; most: number }): Promise<Update[]>
  /** @throws Failure `not-found` */
  get(id: string): Promise<UpdateReport>
  hold(
    workload: string,
    asked: Asked & { kind: Hold['kind']; until?: Date | undefined; reason?: string | undefined },
  ): Promise<Hold>
  /** Takes all holds of a workload back (or those of one kind). Returns how many. */
  release(workload: string, asked: Asked & { kind?: Hold['kind'] | undefined }): Promise<number>
  /** Says yes to what the workload could move to now; it is done in its window. */
  approve(workload: string, asked: Asked): Promise<Candidate>
  /** Nothing is updated by itself until resumed (or until a time). */
  pause(asked: Asked & { until?: Date | undefined }): Promise<void>
  /** @throws Failure `conflict` where the config says so too. */
  resume(asked: Asked): Promise<void>
  paused(): Promise<{ until: string | undefined; actor: string } | undefined>
  /** Calls `listener` whenever a pull of this process has come further, as often as it likes; returns how to stop. */
  onProgress(listener: (live: LiveProgress) => void): () => void
}
