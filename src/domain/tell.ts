import type { ImageDetails, ImageFinding } from './finding.ts'
import { formatImageReference, nameOf, withTag } from './image-reference.ts'
import type { PriorState } from './judge-image.ts'
import type { Entry, EntryStatus } from './message.ts'
import type { WatchedImage } from './watched-image.ts'

/** What of a finding is news, compared with what has been told (or kept silent about) before. */
export interface News {
  readonly status: EntryStatus
  /** The tag told of is a newer one, not the one in use. */
  readonly isNewerTag: boolean
  /** A newer tag that is told beside the new digest of the tag in use. */
  readonly newerTag: string | undefined
}

export interface TellRules {
  /** Nothing of this repository had been answered before this check. */
  readonly isFirstCheck: boolean
  readonly firstCheckNotif: boolean
}

/** What the image's row keeps as seen after this finding, told or not. */
export function seenAfter(
  finding: ImageFinding,
  prior: PriorState | undefined,
): { digest: string | null; tag: string | null } {
  return {
    digest: finding.found.digest ?? prior?.seenDigest ?? null,
    tag: finding.found.tag ?? prior?.seenTag ?? null,
  }
}

/**
 * Whether a finding is to be told, and as what. Nothing is told by the first check of a repository unless it is asked
 * for; after that each digest and each newer tag is told once (Diun's rules, extended by newer tags).
 */
export function newsOf(
  image: WatchedImage,
  finding: ImageFinding,
  { prior, rules }: { prior: PriorState | undefined; rules: TellRules },
): News | undefined {
  if (finding.status !== 'update' && finding.status !== 'new' && finding.status !== 'current') return undefined
  if (rules.isFirstCheck && !rules.firstCheckNotif) return undefined
  const wants = (status: EntryStatus): boolean =>
    image.workloads.some(({ settings }) => settings.notifyOn.includes(status))
  const newerTag =
    finding.found.tag !== undefined && finding.found.tag !== prior?.seenTag && wants('new')
      ? finding.found.tag
      : undefined
  const own = ownTagNews(finding, prior)
  if (own !== undefined && wants(own)) return { status: own, isNewerTag: false, newerTag }
  return newerTag === undefined ? undefined : { status: 'new', isNewerTag: true, newerTag: undefined }
}

/** News about the tag in use: `new` when it was never seen, `update` when its digest is another one than was seen. */
function ownTagNews(finding: ImageFinding, prior: PriorState | undefined): EntryStatus | undefined {
  const { digest } = finding.found
  if (digest === undefined) return undefined
  if (prior?.answeredAt === undefined) return finding.digestMoved ? 'update' : 'new'
  return finding.digestMoved && digest !== prior.seenDigest ? 'update' : undefined
}

/** The entry that tells the news, for all workloads of the images that share it. */
export function entryOf(
  images: readonly [WatchedImage, ...WatchedImage[]],
  finding: ImageFinding,
  { news, details, hubLink }: { news: News; details: ImageDetails | undefined; hubLink: string },
): Entry {
  const workloads = images.flatMap((each) => each.workloads)
  const told = news.isNewerTag ? withTag(finding.reference, finding.found.tag!) : finding.reference
  const first = workloads[0]!
  return {
    status: news.status,
    provider: first.provider,
    image: told,
    hubLink,
    mimeType: details?.mediaType ?? '',
    digest: (news.isNewerTag ? finding.found.tagDigest : finding.found.digest) ?? '',
    created: details?.created ?? null,
    platform: details?.platform ?? finding.platform,
    labels: details?.labels ?? {},
    layers: details?.layers ?? [],
    dockerVersion: details?.dockerVersion ?? '',
    metadata: metadataOf(workloads),
    workloads: workloads.map(({ id, provider, host, name }) => ({ id, provider, host, name })),
    from: finding.current,
    ...(news.newerTag === undefined ? {} : { newerTag: news.newerTag }),
    ...(finding.level === undefined ? {} : { level: finding.level }),
    reason: finding.reason,
  }
}

/** The same news has the same key, whatever check and whatever process finds it. */
export function dedupeKeyOf(entry: Entry): string {
  const also = entry.newerTag === undefined ? '' : `+${entry.newerTag}`
  const name =
    entry.digest === ''
      ? formatImageReference(entry.image)
      : `${nameOf(entry.image)}:${entry.image.tag ?? ''}@${entry.digest}`
  return `${name}${also}`
}

/** The first workload's metadata; names and ids of all of them, as they stand in one field there. */
function metadataOf(workloads: WatchedImage['workloads']): Record<string, string> | null {
  const [first] = workloads
  if (first === undefined || Object.keys(first.metadata).length === 0) return null
  const joined = (key: string): string =>
    [...new Set(workloads.map(({ metadata }) => metadata[key]).filter(Boolean))].join(',')
  const several =
    workloads.length > 1
      ? Object.fromEntries(
          ['ctn_names', 'ctn_id'].filter((key) => key in first.metadata).map((key) => [key, joined(key)]),
        )
      : {}
  return { ...first.metadata, ...several }
}
