import { Failure } from '../domain/failure.ts'
import type { ImageDetails } from '../domain/finding.ts'
import { type ImageReference, nameOf, tagOf } from '../domain/image-reference.ts'
import { formatPlatform, type Platform } from '../domain/platform.ts'
import type { TagFacts } from '../domain/tags/verdict.ts'
import type { WatchedImage } from '../domain/watched-image.ts'
import { shared } from '../lib/limited.ts'
import type { DigestAnswer, RegistryClient, TagListAnswer } from '../registries/_registry.ts'
import type { Write } from '../store/group-writes.ts'
import { readDetails, readTagDigests, saveDetails, saveTagDigest } from '../store/images.ts'
import type { Db } from '../store/tables.ts'
import { readTagList, saveTagList, type TagList } from '../store/tag-lists.ts'

/** Asks each distinct question of one check once, and keeps the answers. */
export interface Asker {
  /** Digest under the tag; the registry is told what we knew. */
  digest(reference: ImageReference, regopt: string | undefined): Promise<DigestAnswer>
  /** The repository's tags with what is known of each. */
  tags(reference: ImageReference, regopt: string | undefined): Promise<TagFacts[]>
  /** Details for a platform; from the store when they were fetched before. */
  details(
    reference: ImageReference,
    digest: string,
    question: { platform: Platform; regopt: string | undefined },
  ): Promise<ImageDetails>
  /** Those of `others` that hold for the image's platform the very image that `digest` holds, though the index is another. */
  sameForPlatform(image: WatchedImage, digest: string, others: readonly string[]): Promise<ReadonlySet<string>>
}

export interface AskerParts {
  readonly db: Db
  readonly write: Write
  readonly registries: RegistryClient
  readonly now: () => Date
  readonly signal: AbortSignal | undefined
}

/** A list that nothing was added to is written down again only this often, so that a check of unchanged images writes next to nothing. */
const RELISTED_MS = 12 * 3_600_000

type KnownDigests = Awaited<ReturnType<typeof readTagDigests>>

/** An asker for the images of one check. */
export async function createAsker(parts: AskerParts, images: readonly WatchedImage[]): Promise<Asker> {
  const { db, registries, now, signal } = parts
  const known = await readTagDigests(
    db,
    images.map(({ reference }) => nameOf(reference)),
  )
  const digests = shared<DigestAnswer>()
  const lists = shared<TagFacts[]>()
  const contents = shared<ImageDetails>()

  const asker: Asker = {
    digest: (reference, regopt) =>
      digests(`${nameOf(reference)}:${tagOf(reference)}|${regopt}`, () =>
        askDigest(parts, { reference, regopt, known }),
      ),
    tags: (reference, regopt) => lists(`${nameOf(reference)}|${regopt}`, () => askTags(parts, { reference, regopt })),
    details: (reference, digest, { platform, regopt }) =>
      contents(`${nameOf(reference)}@${digest}|${formatPlatform(platform)}`, async () => {
        const kept = await readDetails(db, digest, formatPlatform(platform))
        if (kept !== undefined) return kept
        const details = await registries.details(reference, digest, { platform, regopt, signal })
        await saveDetails(db, { ...details, digest }, { platform: formatPlatform(platform), now: now() })
        return details
      }),
    async sameForPlatform(image, digest, others) {
      const platformDigest = (each: string) => platformDigestOf(asker, image, each)
      const found = others.length === 0 ? undefined : await platformDigest(digest)
      if (found === undefined) return new Set()
      const held = await Promise.all(others.map(platformDigest))
      return new Set(others.filter((_, index) => held[index] === found))
    },
  }
  return asker
}

/** Undefined when there is none: what runs may be gone from the registry, or not be for this platform. */
async function platformDigestOf(
  asker: Asker,
  { reference, platform, settings }: WatchedImage,
  digest: string,
): Promise<string | undefined> {
  try {
    return (await asker.details(reference, digest, { platform, regopt: settings.regopt })).platformDigest
  } catch (error) {
    if (error instanceof Failure && error.code !== 'unavailable') return undefined
    throw error
  }
}

async function askDigest(
  { write, registries, now, signal }: AskerParts,
  { reference, regopt, known }: { reference: ImageReference; regopt: string | undefined; known: KnownDigests },
): Promise<DigestAnswer> {
  const name = nameOf(reference)
  const tag = tagOf(reference)
  const before = tag === undefined ? undefined : known.get(`${name}:${tag}`)
  const answer = await registries.digest(reference, { digest: before?.digest, etag: before?.etag }, { regopt, signal })
  const isKept = before?.digest === answer.digest && before.etag === answer.etag
  if (tag !== undefined && !isKept) await write((db) => saveTagDigest(db, { name, tag, now: now() }, answer))
  return answer
}

async function askTags(
  { db, registries, now, signal }: AskerParts,
  { reference, regopt }: { reference: ImageReference; regopt: string | undefined },
): Promise<TagFacts[]> {
  const name = nameOf(reference)
  const before = await readTagList(db, name)
  const answer = await registries.tags(reference, before, { regopt, signal })
  const at = now()
  const list = mergeTagList(before, answer, at.toISOString())
  const isOld = before !== undefined && at.getTime() - Date.parse(before.listedAt) > RELISTED_MS
  if (!answer.unchanged || before === undefined || (answer.isWhole && isOld)) await saveTagList(db, name, list)
  return tagFacts(list)
}

/** What is kept after an answer: tags that came since the first listing get the time they were first seen. */
export function mergeTagList(before: TagList | undefined, answer: TagListAnswer, at: string): TagList {
  if (before === undefined) {
    return {
      tags: answer.tags,
      etag: answer.etag,
      firstListedAt: at,
      listedAt: at,
      firstSeen: {},
      pushedAt: answer.pushedAt ?? {},
    }
  }
  const had = new Set(before.tags)
  const came = answer.tags.filter((tag) => !had.has(tag))
  return {
    tags: answer.tags,
    etag: answer.etag ?? before.etag,
    firstListedAt: before.firstListedAt,
    listedAt: answer.isWhole ? at : before.listedAt,
    firstSeen: { ...before.firstSeen, ...Object.fromEntries(came.map((tag) => [tag, at])) },
    pushedAt: { ...before.pushedAt, ...answer.pushedAt },
  }
}

/** The facts the tag engine judges by. */
export function tagFacts(list: TagList): TagFacts[] {
  return list.tags.map((tag) => {
    const pushedAt = list.pushedAt[tag]
    return {
      tag,
      firstSeenAt: new Date(list.firstSeen[tag] ?? list.firstListedAt),
      ...(pushedAt === undefined ? {} : { pushedAt: new Date(pushedAt) }),
    }
  })
}
