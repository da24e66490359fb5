import type { CheckStatus, ImageFinding, UpdateLevel } from './finding.ts'
import { tagOf } from './image-reference.ts'
import { formatPlatform } from './platform.ts'
import type { Judgement } from './tags/verdict.ts'
import { nameWorkloads, runningDigests, type WatchedImage } from './watched-image.ts'

/** What was known of an image before this check. */
export interface PriorState {
  readonly currentDigest: string | undefined
  readonly foundDigest: string | undefined
  /** What comparing the two came to, so that it need not be done again. */
  readonly digestMoved: boolean
  readonly foundTag: string | undefined
  readonly foundTagDigest: string | undefined
  readonly level: string | undefined
  /** What has become a message, or was kept silent about by the first check. */
  readonly seenDigest: string | undefined
  readonly seenTag: string | undefined
  readonly answeredAt: string | undefined
}

/** The registry's answers about one image. */
export interface Answers {
  /** Digest under the tag in use; undefined when there is no tag to ask about. */
  readonly digest: string | undefined
  /** Digests other than `digest` that hold the very same image for this platform: only the index around it changed. */
  readonly sameAs: ReadonlySet<string>
  readonly judgement: Judgement | undefined
  readonly tagDigest: string | undefined
  readonly hubLink: string | undefined
}

/** Judges one image by what runs, what was known and what the registry answered. */
export function judgeImage(image: WatchedImage, prior: PriorState | undefined, answers: Answers): ImageFinding {
  const { digest, judgement } = answers
  const baseline = baselineDigest(image, prior, answers)
  const isMoved = digest !== undefined && baseline !== undefined && digest !== baseline && !answers.sameAs.has(baseline)
  const newer = judgement?.chosen ?? undefined
  const level: UpdateLevel | undefined = newer === undefined ? (isMoved ? 'digest' : undefined) : judgement?.level
  return {
    ...identityOf(image),
    status: statusOf(prior, { isMoved, newer, runs: runningDigests(image).size > 0 }),
    reason: reasonFor(image, { isMoved, newer, baseline, answers }),
    current: present({ tag: tagOf(image.reference), digest: baseline }),
    digestMoved: isMoved,
    found: present({ digest, tag: newer, tagDigest: newer === undefined ? undefined : answers.tagDigest }),
    ...(level === undefined ? {} : { level }),
    ...(answers.hubLink === undefined ? {} : { hubLink: answers.hubLink }),
  }
}

/** The finding of an image that could not be asked about: the last good answer stands, and says since when. */
export function judgeFailure(
  image: WatchedImage,
  prior: PriorState | undefined,
  { error, at }: { error: string; at: string },
): ImageFinding {
  const staleSince = prior?.answeredAt ?? at
  return {
    ...identityOf(image),
    status: 'failed',
    reason:
      prior?.answeredAt === undefined
        ? 'It could not be asked about, and never has been.'
        : `It could not be asked about; the last good answer is of ${prior.answeredAt}.`,
    current: present({ tag: tagOf(image.reference), digest: baselineDigest(image, prior, {}) }),
    digestMoved: prior?.digestMoved ?? false,
    found: present({ digest: prior?.foundDigest, tag: prior?.foundTag, tagDigest: prior?.foundTagDigest }),
    ...(prior?.level === undefined ? {} : { level: prior.level as UpdateLevel }),
    error,
    staleSince,
  }
}

/** The finding of an image that has nothing to ask about. */
export function judgeSkipped(image: WatchedImage, reason: string): ImageFinding {
  return {
    ...identityOf(image),
    status: 'skipped',
    reason,
    current: present({ tag: tagOf(image.reference), digest: image.reference.digest }),
    digestMoved: false,
    found: {},
  }
}

/** The digests that the answer is to be compared with: of every workload that does not run it; where nothing runs, what was told last. */
export function otherDigests(image: WatchedImage, prior: PriorState | undefined, found: string): string[] {
  const lastTold = prior?.seenDigest ?? prior?.foundDigest
  const others = runningDigests(image).size === 0 ? [lastTold ?? found] : digestsBehind(image, found).flat()
  return [...new Set(others)].filter((digest) => digest !== found)
}

/** What the answer is compared with: what runs; where that is not known, what was found last time. */
function baselineDigest(
  image: WatchedImage,
  prior: PriorState | undefined,
  { digest: found, sameAs }: Partial<Pick<Answers, 'digest' | 'sameAs'>>,
): string | undefined {
  if (runningDigests(image).size === 0) return prior?.seenDigest ?? prior?.foundDigest
  // Several hosts may run several digests: the image is current only when all of them run what was found.
  const behind = digestsBehind(image, found)
  const reallyBehind = behind.find((digests) => !digests.some((digest) => sameAs?.has(digest)))
  return (reallyBehind ?? behind[0])?.[0] ?? found
}

/** The digests of each workload that runs something else than `found`. */
function digestsBehind({ workloads }: WatchedImage, found: string | undefined): (readonly string[])[] {
  return workloads
    .map(({ running }) => running.digests)
    .filter((digests) => digests.length > 0 && !(found !== undefined && digests.includes(found)))
}

function statusOf(
  prior: PriorState | undefined,
  { isMoved, newer, runs }: { isMoved: boolean; newer: string | undefined; runs: boolean },
): CheckStatus {
  if (isMoved || newer !== undefined) return 'update'
  return prior?.answeredAt === undefined && !runs ? 'new' : 'current'
}

function reasonFor(
  image: WatchedImage,
  {
    isMoved,
    newer,
    baseline,
    answers,
  }: { isMoved: boolean; newer: string | undefined; baseline: string | undefined; answers: Answers },
): string {
  const tag = tagOf(image.reference)
  const sentences: string[] = []
  if (isMoved)
    sentences.push(
      `The registry has a newer build under ${tag}: ${short(answers.digest)} instead of ${short(baseline)}.`,
    )
  const chosen = newer === undefined ? undefined : answers.judgement?.verdicts.find((verdict) => verdict.tag === newer)
  if (newer !== undefined) sentences.push(chosen?.reason ?? `${newer} is newer than ${tag}.`)
  if (!isMoved && baseline !== undefined && answers.sameAs.has(baseline))
    sentences.push(`The index under ${tag} changed, but not for ${formatPlatform(image.platform)}.`)
  if (sentences.length > 0) return sentences.join(' ')
  if (answers.digest === undefined) return 'No newer tag of its family exists.'
  const tags = answers.judgement === undefined ? '' : ', and no newer tag of its family exists'
  return baseline === undefined
    ? `Seen for the first time as ${short(answers.digest)}${tags}.`
    : `It is what the registry has under ${tag}${tags}.`
}

function identityOf(image: WatchedImage) {
  return {
    key: image.key,
    reference: image.reference,
    platform: formatPlatform(image.platform),
    workloads: nameWorkloads(image.workloads),
  }
}

function short(digest: string | undefined): string {
  return digest === undefined ? 'nothing' : digest.slice(0, 'sha256:'.length + 12)
}

/** Leaves out what is undefined, for properties that may be absent but never undefined. */
function present<T extends object>(value: T): { [Key in keyof T]?: Exclude<T[Key], undefined> } {
  return Object.fromEntries(Object.entries(value).filter(([, held]) => held !== undefined)) as never
}
