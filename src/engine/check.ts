import type { ImageFinding } from '../domain/finding.ts'
import { formatImageReference, nameOf } from '../domain/image-reference.ts'
import type { PriorState } from '../domain/judge-image.ts'
import { isAsked, type WatchedImage } from '../domain/watched-image.ts'
import { forEachLimited } from '../lib/limited.ts'
import type { Log } from '../lib/log.ts'
import type { RegistryClient } from '../registries/_registry.ts'
import { chunks } from '../store/chunks.ts'
import { groupWrites } from '../store/group-writes.ts'
import { type ImageState, readImageStates, touchImages, unansweredNames } from '../store/images.ts'
import type { Db } from '../store/tables.ts'
import { createAsker } from './ask.ts'
import { expandRepositories } from './expand.ts'
import { hubLinkOf } from './hub-link.ts'
import { judgeWatched } from './judge.ts'
import { createTeller, type Judged, type TellerParts } from './tell.ts'

/** Groups of one image under way at once; the registry client holds each host to its own pace. */
const UNDER_WAY = 64

export interface CheckParts extends Omit<TellerParts, 'asker' | 'signal' | 'write'> {
  readonly db: Db
  readonly registries: RegistryClient
  /** The most groups under way at once; the usual number when absent. */
  readonly workers?: number | undefined
  /** Whether an index that changed for other platforms only counts as unchanged. */
  readonly compareDigest: boolean
  readonly log: Log
  readonly onProgress: (done: number, total: number) => void
}

/**
 * Asks the registries about these images, each distinct question once, and writes down and tells what is new.
 * Findings come back in the order of the images; an image that could not be asked about is `failed`, never an exception.
 */
export async function checkImages(
  parts: CheckParts,
  watched: readonly WatchedImage[],
  options: { signal: AbortSignal | undefined },
): Promise<ImageFinding[]> {
  const failing = new AbortController()
  const signal = AbortSignal.any([failing.signal, ...(options.signal === undefined ? [] : [options.signal])])
  try {
    return await checkAll(parts, watched, signal)
  } catch (error) {
    // What else is under way must not go on for a check that has failed.
    failing.abort(error)
    throw error
  }
}

async function checkAll(
  parts: CheckParts,
  watched: readonly WatchedImage[],
  signal: AbortSignal,
): Promise<ImageFinding[]> {
  const { db, registries, now } = parts
  registries.announce(watched.map(({ reference }) => reference))
  const write = groupWrites(db)
  const asker = await createAsker({ db, write, registries, now, signal }, watched)
  const images = await expandRepositories(watched, asker)
  const unanswered = await unansweredNames(
    db,
    images.map(({ reference }) => nameOf(reference)),
  )
  const tell = createTeller({ ...parts, write, asker, signal })
  const findings = new Map<string, ImageFinding>()
  const unchanged: string[] = []
  let done = 0

  await forEachLimited(withPriors(db, groupByReference(images)), parts.workers ?? UNDER_WAY, async (each) => {
    signal.throwIfAborted()
    const { group } = each
    const priors = await each.priors()
    const judged: Judged[] = []
    const isFirstCheck = unanswered.has(nameOf(group[0]!.reference))
    for (const image of group) {
      const prior = priors.get(image.key)
      const finding = await judgeWatched(image, {
        asker,
        prior: prior && toPrior(prior),
        hubLink: hubLinkOf(image.reference, image.settings, registries.hubLink(image.reference)),
        compareDigest: parts.compareDigest,
        now,
      })
      signal.throwIfAborted()
      findings.set(image.key, finding)
      // Somebody asked on the spot: what is remembered of it would make a later first check look like a second.
      if (isAsked(image)) continue
      if (prior !== undefined && isSame(prior, finding)) unchanged.push(image.key)
      else judged.push({ image, finding, before: prior, prior: prior && toPrior(prior), isFirstCheck })
    }
    if (judged.length > 0) await tell.record(judged)
    done += group.length
    parts.onProgress(done, images.length)
  })
  await touchImages(db, unchanged, now())
  await tell.finish()
  return images.map(({ key }) => findings.get(key)!)
}

/** The groups, each with what is known of its images: read for some hundred of them at a time, and let go with them. */
function* withPriors(db: Db, groups: readonly (readonly WatchedImage[])[]) {
  for (const chunk of chunks(groups)) {
    let read: Promise<Map<string, ImageState>> | undefined
    const priors = () => {
      read ??= readPriors(db, chunk.flat())
      return read
    }
    for (const group of chunk) yield { group, priors }
  }
}

/** What is known of each image by its key. An image whose way of watching was changed inherits from its former row. */
async function readPriors(db: Db, images: readonly WatchedImage[]): Promise<Map<string, ImageState>> {
  const priors = await readImageStates(
    db,
    images.map(({ key }) => key),
  )
  const plain = new Map(images.filter(({ key }) => !priors.has(key)).map((image) => [plainKey(image), image]))
  const inherited = await readImageStates(db, [...plain.keys()])
  for (const [key, state] of inherited) priors.set(plain.get(key)!.key, { ...state, status: 'inherited' })
  return priors
}

function plainKey({ key }: WatchedImage): string {
  return key.split('|').slice(0, 2).join('|')
}

function groupByReference(images: readonly WatchedImage[]): WatchedImage[][] {
  const groups = new Map<string, WatchedImage[]>()
  for (const image of images) {
    const reference = formatImageReference(image.reference)
    const group = groups.get(reference)
    if (group === undefined) groups.set(reference, [image])
    else group.push(image)
  }
  return [...groups.values()]
}

function toPrior(state: ImageState): PriorState {
  return {
    currentDigest: state.current_digest ?? undefined,
    foundDigest: state.found_digest ?? undefined,
    digestMoved: state.digest_moved === 1,
    foundTag: state.found_tag ?? undefined,
    foundTagDigest: state.found_tag_digest ?? undefined,
    level: state.level ?? undefined,
    seenDigest: state.seen_digest ?? undefined,
    seenTag: state.seen_tag ?? undefined,
    answeredAt: state.answered_at ?? undefined,
  }
}

/** Whether the row says already what the finding says, so that noting the time is enough. */
function isSame(state: ImageState, finding: ImageFinding): boolean {
  return (
    finding.status !== 'failed' &&
    finding.status !== 'skipped' &&
    state.status === finding.status &&
    state.reason === finding.reason &&
    state.error === null &&
    state.current_digest === (finding.current.digest ?? null) &&
    state.found_digest === (finding.found.digest ?? null) &&
    state.found_tag === (finding.found.tag ?? null) &&
    state.hub_link === (finding.hubLink ?? null) &&
    state.level === (finding.level ?? null)
  )
}
