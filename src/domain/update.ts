import type { GateSettings } from './update-settings.ts'

/** The way of an update that goes well, in order. A phase is reached when everything that belongs to it is done. */
export const PHASES = [
  'planned',
  'fetched',
  'verified',
  'prepared',
  'parked',
  'swapped',
  'started',
  'gated',
  'committed',
] as const

export type ForwardPhase = (typeof PHASES)[number]

/** `needs-operator`: it could be taken neither forward nor back; the update says which commands a person can run. */
export type Phase = ForwardPhase | 'rolling-back' | 'rolled-back' | 'needs-operator'

/** Why an update was begun. */
export type UpdateCause = 'manual' | 'policy' | 'approval' | 'rollback'

/** An image at one moment: by the name it is run under, the digest it was fetched by and the engine's id of it. */
export interface ImageAt {
  /** As a container names it: `nginx:1.27`, `ghcr.io/a/b:2`. */
  readonly reference: string
  /** Of the manifest or index in the registry; absent for an image that only this engine has. */
  readonly digest?: string
  /** The engine's id: known of what runs, and of the new one once it is fetched. */
  readonly imageId?: string
}

/** One container of an update: the workload's own comes first, then those that must follow it, in order. */
export interface PlannedContainer {
  readonly id: string
  readonly name: string
  /** Why it is part of the update: it is the workload, it shares a namespace, links or volumes of one before it, or it asks to be restarted. */
  readonly role: 'workload' | 'namespace' | 'link' | 'volumes' | 'restart'
}

/** One place in which the new container's specification differs from the old one's. */
export interface SpecChange {
  /** `Config.Env.VERSION`, `Config.Labels.org.opencontainers.image.version`. */
  readonly path: string
  /** Undefined: was not there. */
  readonly before: unknown
  /** Undefined: is not there any more. */
  readonly after: unknown
}

/** What an update would do, or does: plain data, kept with the update from its first row on. */
export interface Plan {
  /** Name of the updater that carries it out. */
  readonly updater: string
  readonly host: string
  /** Id of the workload: `docker/local/web`. */
  readonly workload: string
  readonly name: string
  readonly from: ImageAt
  readonly to: ImageAt
  /** `linux/amd64`. */
  readonly platform: string
  readonly containers: readonly [PlannedContainer, ...PlannedContainer[]]
  /** Of workloads that do the same work, like the replicas of a service: only one of them is updated at a time. */
  readonly group?: string
  /** Empty before the new image is here: what it brings along is not known earlier. */
  readonly changes: readonly SpecChange[]
  /** What the reader should know: sentences. */
  readonly notes: readonly string[]
  readonly gate: GateSettings
  /** `env:NAME` and `label:NAME` that keep their running value although it is only the old image's default. */
  readonly pins: readonly string[]
  /** What the updater needs besides, as it wrote it. */
  readonly data: unknown
}

/** One update from its plan to its end. */
export interface Update {
  readonly id: string
  readonly plan: Plan
  readonly phase: Phase
  readonly cause: UpdateCause
  /** Who asked: `operator`, `policy "nightly"`. */
  readonly actor: string
  /** ISO times. */
  readonly startedAt: string
  readonly changedAt: string
  readonly finishedAt: string | undefined
  /** What went wrong, as a sentence; undefined while all is well. */
  readonly error: string | undefined
  /** Commands for a person, where the update needs one. */
  readonly commands: readonly string[]
}

/** One line of the journal: written before something is done (`intent`) and after it (`done`, `failed`); a `note` does nothing. */
export interface UpdateStep {
  readonly id: number
  readonly update: string
  readonly at: string
  readonly phase: Phase
  /** `create`, `stop`, `rename-old` … */
  readonly step: string
  readonly kind: 'intent' | 'done' | 'failed' | 'note'
  readonly detail: Readonly<Record<string, unknown>>
}

/** Whether nothing more is to be done about an update in this phase. */
export function isFinished(phase: Phase): boolean {
  return phase === 'committed' || phase === 'rolled-back'
}
