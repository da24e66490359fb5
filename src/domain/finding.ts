import type { ImageReference } from './image-reference.ts'

/** What became of one image in a check. `failed` means "could not ask" and is never the same as `current`. */
export type CheckStatus = 'current' | 'update' | 'new' | 'failed' | 'not-checkable' | 'skipped'

export type UpdateLevel = 'digest' | 'patch' | 'minor' | 'major'

/** The answer for one distinct image (registry, repository, tag, platform, way of watching) of one check, fanned out to all its workloads. */
export interface ImageFinding {
  /** Key of the image_state row: the full reference, platform and way of watching. */
  readonly key: string
  readonly reference: ImageReference
  readonly platform: string
  readonly status: CheckStatus
  /** One sentence: why this status. */
  readonly reason: string
  /** What runs (or was last seen, where nothing runs). */
  readonly current: { readonly tag?: string; readonly digest?: string }
  /** What the registry has under the tag in use, and the newer tag that was chosen. */
  readonly found: { readonly digest?: string; readonly tag?: string; readonly tagDigest?: string }
  /** The tag in use holds another image for this platform than the one that runs. */
  readonly digestMoved: boolean
  readonly level?: UpdateLevel
  readonly error?: string
  /** Since when the last good answer stands, when this one failed. ISO time. */
  readonly staleSince?: string
  readonly hubLink?: string
  readonly workloads: readonly WorkloadName[]
}

export interface WorkloadName {
  readonly id: string
  readonly provider: string
  readonly host: string
  readonly name: string
}

/** Details of an image by digest: they cannot change and are kept for ever. */
export interface ImageDetails {
  /** Digest of what the tag points to: the index, where there is one. */
  readonly digest: string
  readonly mediaType: string
  /** Digest of the manifest for the platform; equals `digest` for a single-platform image. */
  readonly platformDigest: string
  /** `linux/amd64`, of the image's own config. */
  readonly platform: string
  /** ISO time, where the image tells one. */
  readonly created?: string
  readonly labels: Readonly<Record<string, string>>
  readonly layers: readonly string[]
  readonly dockerVersion?: string
}
