import type { ImageReference } from './image-reference.ts'
import type { Platform } from './platform.ts'
import type { UpdateLayer } from './update-settings.ts'

/** What a container, a compose service or a line of a watch list runs, and how it wants to be watched. */
export interface Workload {
  /** Stable over restarts and recreation: `docker/local/web`. */
  readonly id: string
  /** Name of the provider that found it: `docker`, `file`. */
  readonly provider: string
  /** Which of that provider's places: the host's name, the file's path. */
  readonly host: string
  readonly name: string
  /** The image as the workload itself names it. */
  readonly image: string
  /** Undefined when the workload names an id only and no repository is known for it: then it is not checkable. */
  readonly reference?: ImageReference
  readonly platform: Platform
  /** What really runs, for the comparison with the registry's answer; empty for a watch list. */
  readonly running: Running
  readonly settings: WatchSettings
  /** What its labels say about being updated, over the config; absent where nothing can be updated. */
  readonly update?: UpdateLayer
  /** What Diun calls metadata: the provider's own fields (`ctn_names` …) and the user's. */
  readonly metadata: Readonly<Record<string, string>>
  /** Why no registry can be asked about it (locally built, id only); undefined when one can. */
  readonly notCheckable?: string
}

export interface Running {
  /** Docker's id of the image the container was created from. */
  readonly imageId?: string
  /** The registry digests the daemon knows for that image, without names. */
  readonly digests: readonly string[]
  /** `running`, `exited` … */
  readonly state?: string
}

export type NotifyOn = 'new' | 'update'
export type SortTags = 'default' | 'reverse' | 'lexicographical' | 'semver'
export type PolicyLevel = 'digest' | 'patch' | 'minor' | 'major'

/**
 * How one workload is watched, merged from the defaults of the config and the labels (or the watch-list entry).
 * Regular expressions are kept as text; they have been compiled once when they came in.
 */
export interface WatchSettings {
  /** Name of the `regopts` entry to use. */
  readonly regopt?: string
  /** Diun's `watch_repo`: every tag of the repository is watched, not only newer ones of the family. */
  readonly watchRepo: boolean
  readonly notifyOn: readonly NotifyOn[]
  readonly sortTags: SortTags
  /** 0 = all. */
  readonly maxTags: number
  readonly includeTags: readonly string[]
  readonly excludeTags: readonly string[]
  readonly hubTpl?: string
  readonly hubLink?: string
  /** Which newer tags of the family are looked for. */
  readonly policy: PolicyLevel
  /** How candidates are selected; the tag family by default. */
  readonly select: SelectBy
  /** A candidate must have been seen for so long before it is chosen. Milliseconds. */
  readonly minimumAgeMs: number
}

export type SelectBy =
  | { readonly by: 'family' }
  | { readonly by: 'glob' | 'regex'; readonly pattern: string }
  | { readonly by: 'semver'; readonly prefix: string }
  | { readonly by: 'digest-of'; readonly tag: string; readonly pattern: string }

export const DEFAULT_SETTINGS: WatchSettings = {
  watchRepo: false,
  notifyOn: ['new', 'update'],
  sortTags: 'reverse',
  maxTags: 0,
  includeTags: [],
  excludeTags: [],
  policy: 'major',
  select: { by: 'family' },
  minimumAgeMs: 0,
}
