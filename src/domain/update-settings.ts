import type { UpdateLevel } from './finding.ts'

/** `none`: only told. `approve`: waits for a person's yes. `auto`: done in the window without asking. */
export type UpdateMode = 'none' | 'approve' | 'auto'

/** How a probe asks whether the new container is well. */
export type Probe =
  /** An HTTP GET that must answer with a status from 200 to 399. `port` is the container's own. */
  | { readonly kind: 'http'; readonly port: number; readonly path: string }
  | { readonly kind: 'tcp'; readonly port: number }
  /** A command in the container that must end with 0. */
  | { readonly kind: 'exec'; readonly command: readonly string[] }

/** When a new container counts as well. */
export interface GateSettings {
  /** The longest it may take, in milliseconds; undefined: by its health check (start period and retries), else a minute. */
  readonly timeoutMs: number | undefined
  /** How long it must have run without a restart once everything else is well. Milliseconds. */
  readonly soakMs: number
  readonly probe: Probe | undefined
}

/** A command around a check or an update. */
export interface Hook {
  /** In the workload's container, or on the machine that Seaworthy runs on. */
  readonly where: 'container' | 'command'
  /** Passed to `/bin/sh -c`. */
  readonly command: string
  readonly timeoutMs: number
}

export type HookPoint = 'pre-check' | 'post-check' | 'pre-update' | 'post-update'

/** A span of local time in which updates may begin. */
export interface UpdateWindow {
  /** 0 is Sunday; empty: every day. The day on which the window opens. */
  readonly days: readonly number[]
  /** Minutes from midnight. `to` at or before `from` is on the day after. */
  readonly from: number
  readonly to: number
}

/** What may be done about a workload, merged from the config, its policies and the workload's labels. */
export interface UpdateSettings {
  readonly mode: UpdateMode
  /** The largest step that `auto` takes without asking; a larger one waits for a person's yes. */
  readonly level: UpdateLevel
  /** None: at any time. */
  readonly windows: readonly UpdateWindow[]
  /** Undefined: the zone of the process. */
  readonly timezone: string | undefined
  /** A new image must have been known for so long. Milliseconds. */
  readonly minimumAgeMs: number
  readonly gate: GateSettings
  readonly hooks: Readonly<Partial<Record<HookPoint, Hook>>>
  /** How many earlier versions stay on the host for a rollback. */
  readonly keep: number
  /** Names of workloads of the same host that are updated before this one. */
  readonly after: readonly string[]
  /** `env:NAME` and `label:NAME` that keep their running value although it is only the old image's default. */
  readonly pins: readonly string[]
}

/** What one layer (a section of the config, a policy, the labels) says; of the gate and the hooks each part by itself. */
export type UpdateLayer = Partial<Omit<UpdateSettings, 'gate'>> & { readonly gate?: Partial<GateSettings> }

const SOAK_MS = 10_000

/** Nothing is done until somebody says so. */
export const DEFAULT_UPDATE_SETTINGS: UpdateSettings = {
  mode: 'none',
  level: 'minor',
  windows: [],
  timezone: undefined,
  minimumAgeMs: 0,
  gate: { timeoutMs: undefined, soakMs: SOAK_MS, probe: undefined },
  hooks: {},
  keep: 1,
  after: [],
  pins: [],
}
