import { describeError } from '../domain/failure.ts'
import type { ImageFinding, UpdateLevel } from '../domain/finding.ts'
import { nameOf, tagOf, withTag } from '../domain/image-reference.ts'
import { judgeFailure, judgeImage, judgeSkipped, otherDigests, type PriorState } from '../domain/judge-image.ts'
import type { TagPolicy } from '../domain/policy.ts'
import { judgeTags } from '../domain/tags/judge.ts'
import type { Judgement, TagFacts } from '../domain/tags/verdict.ts'
import { isExcluded, isIncluded } from '../domain/tags/window.ts'
import type { WatchedImage } from '../domain/watched-image.ts'
import type { Asker } from './ask.ts'
import { needsTags, tagPolicyOf } from './policy.ts'

/** Most tags whose digests are asked for one `digest-of` policy, newest first: it costs a request each. */
const MOST_DIGESTS = 50

export interface JudgeParts {
  readonly asker: Asker
  readonly prior: PriorState | undefined
  readonly hubLink: string | undefined
  /** Whether an index that changed for other platforms only counts as unchanged. */
  readonly compareDigest: boolean
  readonly now: () => Date
}

/** Asks about one image and judges it. Never rejects: what could not be asked becomes a `failed` finding. */
export async function judgeWatched(image: WatchedImage, parts: JudgeParts): Promise<ImageFinding> {
  const { asker, prior, hubLink, now } = parts
  const tag = tagOf(image.reference)
  if (tag === undefined)
    return judgeSkipped(image, 'It is pinned to a digest without a tag, so there is nothing newer to ask about.')
  if (image.settings.watchRepo && !isWanted(tag, tagPolicyOf(image.settings)))
    return judgeSkipped(image, 'Its tag is not among those that include_tags and exclude_tags leave.')
  try {
    const { digest } = await asker.digest(image.reference, image.settings.regopt)
    const sameAs = await sameForPlatform(image, digest, parts)
    const own = { digest, sameAs, judgement: undefined, tagDigest: undefined, hubLink }
    try {
      return judgeImage(image, prior, { ...own, ...(await askNewer(image, { ...parts, tag, digest })) })
    } catch (error) {
      return judgeWithoutTags(judgeImage(image, prior, own), prior, error)
    }
  } catch (error) {
    return judgeFailure(image, prior, { error: describeError(error), at: now().toISOString() })
  }
}

/** Judges tags that are known already; no request. */
export function judgeKnown(
  image: Pick<WatchedImage, 'reference' | 'settings'>,
  facts: readonly TagFacts[],
  context: { now: Date; baseDigest?: string },
): Judgement {
  return judgeTags(tagOf(image.reference) ?? 'latest', facts, tagPolicyOf(image.settings), {
    now: context.now,
    repository: nameOf(image.reference),
    ...(context.baseDigest === undefined ? {} : { baseDigest: context.baseDigest }),
  })
}

/** A new digest of the tag in use is known though its repository could not be listed; what was known of newer tags stands. */
function judgeWithoutTags(finding: ImageFinding, prior: PriorState | undefined, error: unknown): ImageFinding {
  if (!finding.digestMoved) throw error
  return {
    ...finding,
    reason: `${finding.reason} Newer tags could not be looked for: ${describeError(error)}`,
    ...(prior?.foundTag === undefined ? {} : { level: prior.level as UpdateLevel }),
    found: {
      ...finding.found,
      ...(prior?.foundTag === undefined ? {} : { tag: prior.foundTag }),
      ...(prior?.foundTagDigest === undefined ? {} : { tagDigest: prior.foundTagDigest }),
    },
  }
}

/** The verdict on the other tags and the chosen one's digest, where newer tags can be meant at all. */
async function askNewer(image: WatchedImage, parts: JudgeParts & { tag: string; digest: string }) {
  const { asker, prior, now } = parts
  if (!needsTags(image, now())) {
    // The list of a repository that is watched whole was needed before: what kept it away must show.
    if (image.settings.watchRepo) await asker.tags(image.reference, image.settings.regopt)
    return {}
  }
  const judgement = await judgeNewer(image, parts)
  const chosen = judgement.chosen ?? undefined
  const tagDigest = chosen === undefined ? undefined : await chosenDigest(image, { asker, prior, chosen })
  return { judgement, tagDigest }
}

async function judgeNewer(
  image: WatchedImage,
  { asker, tag, digest, now }: { asker: Asker; tag: string; digest: string; now: () => Date },
): Promise<Judgement> {
  const { reference, settings } = image
  const facts = await asker.tags(reference, settings.regopt)
  if (settings.select.by !== 'digest-of') return judgeKnown(image, facts, { now: now() })
  const base = settings.select.tag
  const baseDigest = base === tag ? digest : (await asker.digest(withTag(reference, base), settings.regopt)).digest
  return judgeKnown(image, await withDigests(image, facts, asker), { now: now(), baseDigest })
}

function isWanted(tag: string, policy: TagPolicy): boolean {
  return isIncluded(tag, policy) && !isExcluded(tag, policy)
}

/** Learns the digests of the tags a `digest-of` policy matches. */
async function withDigests(image: WatchedImage, facts: readonly TagFacts[], asker: Asker): Promise<TagFacts[]> {
  const { select } = tagPolicyOf(image.settings)
  if (select.by !== 'digest-of') return [...facts]
  const matching = facts.filter(({ tag }) => select.matcher.test(tag)).slice(-MOST_DIGESTS)
  return await Promise.all(
    matching.map(async (fact) => ({
      ...fact,
      digest: (await asker.digest(withTag(image.reference, fact.tag), image.settings.regopt)).digest,
    })),
  )
}

/** Looks into the indexes that differ from what was found; what was compared before is not fetched again. */
async function sameForPlatform(
  image: WatchedImage,
  digest: string,
  { asker, prior, compareDigest }: JudgeParts,
): Promise<ReadonlySet<string>> {
  const others = compareDigest ? otherDigests(image, prior, digest) : []
  const [other] = others
  const isCompared = others.length === 1 && prior?.foundDigest === digest && prior.currentDigest === other
  if (isCompared) return new Set(prior.digestMoved ? [] : others)
  return await asker.sameForPlatform(image, digest, others)
}

/** The chosen tag's digest: known while the choice stays the same, else one more question. */
async function chosenDigest(
  image: WatchedImage,
  { asker, prior, chosen }: { asker: Asker; prior: PriorState | undefined; chosen: string },
): Promise<string | undefined> {
  if (prior?.foundTag === chosen && prior.foundTagDigest !== undefined) return prior.foundTagDigest
  return (await asker.digest(withTag(image.reference, chosen), image.settings.regopt)).digest
}
