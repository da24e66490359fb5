import type { WorkloadName } from './finding.ts'
import type { ImageReference } from './image-reference.ts'

export type EntryStatus = 'new' | 'update'

/** What a message tells of one image. Stored as JSON, so: plain data only. */
export interface Entry {
  readonly status: EntryStatus
  /** Provider of the first workload. */
  readonly provider: string
  /** The image told of: the tag in use with its new digest, or the newer tag. */
  readonly image: ImageReference
  readonly hubLink: string
  readonly mimeType: string
  /** Digest of what the tag points to now. */
  readonly digest: string
  /** ISO time; null where the image tells none. */
  readonly created: string | null
  readonly platform: string
  readonly labels: Readonly<Record<string, string>>
  readonly layers: readonly string[]
  readonly dockerVersion: string
  readonly metadata: Readonly<Record<string, string>> | null
  /** Every workload that runs the image. */
  readonly workloads: readonly WorkloadName[]
  /** Tag and digest before, where known. */
  readonly from: { readonly tag?: string; readonly digest?: string }
  /** A newer tag of the family that was found together with a new digest of the tag in use. */
  readonly newerTag?: string
  readonly level?: string
  readonly reason: string
}

/** `outcome`: how an update ended. */
export type MessageKind = 'image' | 'summary' | 'test' | 'outcome'

/** A message as it waits in the outbox. `entries` has one member but for a summary. */
export interface Message {
  readonly id: string
  readonly kind: MessageKind
  /** ISO time. */
  readonly createdAt: string
  readonly entries: readonly [Entry, ...Entry[]]
  /** Of an outcome, for which templates have no words: what is told, as it is. */
  readonly text?: { readonly title: string; readonly body: string }
}

/** Who tells: the `.Meta` of templates. */
export interface Teller {
  readonly version: string
  readonly hostname: string
}
