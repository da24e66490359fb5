import type { ImageDetails } from '../domain/finding.ts'
import type { ImageReference } from '../domain/image-reference.ts'
import type { Platform } from '../domain/platform.ts'
import type { Credentials } from './_credentials.ts'

/** A registry as data: nearly all speak the OCI protocol and differ by hosts, links and how they log in. */
export interface RegistryMember {
  /** = file name. */
  readonly name: string
  readonly summary: string
  /** Exact hosts, or `*.suffix`. Compared as text, never as regular expressions. The member without hosts is the fallback. */
  readonly hosts: readonly string[]
  /** Where the API answers, when that is not the host itself: `registry-1.docker.io`. */
  readonly apiHost?: (registry: string) => string
  /** Hosts of token realms that are trusted besides the registry's own. */
  readonly tokenHosts?: readonly string[]
  /** One anonymous token serves every public repository (no scope needed). */
  readonly sharesAnonymousToken?: boolean
  /** Tags are listed in the order they were made, so that a long listing can be resumed behind the last known one. */
  readonly listsOldestFirst?: boolean
  /** Where tags are told newest first, with their push times, in the form of Docker Hub's API. */
  readonly recentTags?: (reference: ImageReference) => URL
  /** The page about the image that people can open. */
  readonly hubLink?: (reference: ImageReference) => string | undefined
}

/** What one registry said about a tag. */
export interface DigestAnswer {
  readonly digest: string
  readonly mediaType: string
  readonly etag?: string
  /** The registry answered 304: it is what we knew. */
  readonly unchanged: boolean
}

/** All tags of a repository, oldest answer order kept. */
export interface TagListAnswer {
  readonly tags: readonly string[]
  readonly etag?: string
  /** Nothing new since `known`. */
  readonly unchanged: boolean
  /** The registry was asked for the whole list, not only for what came after the last known tag. */
  readonly isWhole: boolean
  /** Push times, where the registry tells them. ISO, by tag. */
  readonly pushedAt?: Readonly<Record<string, string>>
}

export interface KnownDigest {
  readonly digest?: string | undefined
  readonly etag?: string | undefined
}

export interface KnownTags {
  readonly tags: readonly string[]
  readonly etag?: string | undefined
  /** ISO time of the last whole listing; older than a day means: list anew, so that withdrawn tags go. */
  readonly listedAt: string
}

/** What is left of a registry's allowance, from its `RateLimit-*` headers. */
export interface RateLimit {
  readonly host: string
  readonly limit?: number
  readonly remaining?: number
  readonly windowSeconds?: number
  /** ISO time until which the registry asked us to wait. */
  readonly waitUntil?: string
  /** How many requests may be under way at once now. */
  readonly concurrency: number
}

/** Which options of the config apply to a question. */
export interface AskOptions {
  /** Name of the `regopts` entry that the workload asked for. */
  readonly regopt?: string | undefined
  readonly signal?: AbortSignal | undefined
}

/**
 * Asks registries. All errors are `Failure`s (`unavailable`, `unauthorized`, `forbidden`, `not-found`, `unsupported`, `invalid`)
 * that name host, repository and status, and say what to do.
 */
export interface RegistryClient extends AsyncDisposable {
  /** The digest behind the reference's tag (or its own digest): one `HEAD`, `GET` where that is refused. */
  digest(reference: ImageReference, known: KnownDigest, options: AskOptions): Promise<DigestAnswer>
  /** The tags of the repository, resumed from what is known where the registry allows it. */
  tags(reference: ImageReference, known: KnownTags | undefined, options: AskOptions): Promise<TagListAnswer>
  /** Manifest and config of what `digest` names. Never changes, so it is asked once. `platform` chooses from an index. */
  details(
    reference: ImageReference,
    digest: string,
    options: AskOptions & { platform: Platform },
  ): Promise<ImageDetails>
  /** The config of an image, whole, as the registry has it. For who wants to know before an image is pulled. */
  config(reference: ImageReference, digest: string, options: AskOptions & { platform: Platform }): Promise<unknown>
  hubLink(reference: ImageReference): string | undefined
  /** What is shown to the registry for an image, for engines that pull by themselves; undefined where nobody has to say who they are. */
  credentials(reference: ImageReference, options: AskOptions): Promise<Credentials | undefined>
  rateLimits(): readonly RateLimit[]
  /** Counts since start, for metrics. */
  counts(): readonly RegistryCounts[]
  /** Announces the repositories of the coming check, so that one token can cover many of them. */
  announce(references: readonly ImageReference[]): void
}

export interface RegistryCounts {
  readonly host: string
  readonly requests: number
  readonly errors: number
  readonly authErrors: number
  readonly rateLimited: number
}

/** `regopts` of the config, resolved: credentials and transport for some registries. */
export interface RegistryOptions {
  readonly name: string
  /** `name`: only for workloads that ask for it; `image`: for images whose full name begins with `name`. */
  readonly selector: 'name' | 'image'
  readonly username?: { reveal(): string }
  readonly password?: { reveal(): string }
  /** Skip certificate verification and, where https fails, speak plain http. */
  readonly insecureTls: boolean
  /** Plain http by choice. */
  readonly plainHttp: boolean
  /** For a whole operation; 0 = the default. Milliseconds. */
  readonly timeoutMs: number
  /** Path of a PEM file with further authorities. */
  readonly caFile?: string
  readonly certFile?: string
  readonly keyFile?: string
  /** Proxy for these registries instead of the environment's. */
  readonly proxy?: string
  /** Further hosts that may ask for the credentials and hand out tokens. */
  readonly tokenHosts?: readonly string[]
}
