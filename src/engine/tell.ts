import { randomUUID } from 'node:crypto'
import type { ImageDetails, ImageFinding } from '../domain/finding.ts'
import { formatImageReference, withTag } from '../domain/image-reference.ts'
import type { PriorState } from '../domain/judge-image.ts'
import type { Entry, Message } from '../domain/message.ts'
import { dedupeKeyOf, entryOf, type News, newsOf, seenAfter } from '../domain/tell.ts'
import type { WatchedImage } from '../domain/watched-image.ts'
import { recordEvent } from '../store/events.ts'
import type { Write } from '../store/group-writes.ts'
import { type ImageState, readImageStates, saveFinding } from '../store/images.ts'
import { queueMessage } from '../store/outbox.ts'
import type { Db } from '../store/tables.ts'
import type { Asker } from './ask.ts'
import { hubLinkOf, toldLink } from './hub-link.ts'
import { recordChange } from './record-change.ts'

export interface TellerParts {
  readonly write: Write
  readonly asker: Asker
  readonly now: () => Date
  readonly signal: AbortSignal
  /** Names of the channels messages go to. */
  readonly channels: readonly string[]
  readonly hostname: string
  readonly version: string
  readonly firstCheckNotif: boolean
  /** One message for everything a check found, instead of one an image. */
  readonly summary: boolean
  /** Where people reach the dashboard: the link of an image that has no page of its own. */
  readonly publicUrl?: string | undefined
  /** Called after a transaction that wrote events. */
  readonly changed: () => void
}

/** A finding that says something else than its row did. */
export interface Judged {
  readonly image: WatchedImage
  readonly finding: ImageFinding
  readonly before: ImageState | undefined
  readonly prior: PriorState | undefined
  /** Nothing of its repository had been answered before this check. */
  readonly isFirstCheck: boolean
}

interface Told {
  readonly entry: Entry
  readonly key: string
  readonly judged: readonly Judged[]
}

const URL_LABEL = 'org.opencontainers.image.url'

/**
 * Writes findings down and puts what is news in the outbox, in one transaction: a finding that is remembered is told,
 * and one that is not told is not remembered. `finish` writes the summary, where one is wanted.
 */
export function createTeller(parts: TellerParts) {
  const forSummary: { judged: readonly Judged[]; told: readonly Told[] }[] = []
  return {
    async record(judged: readonly Judged[]): Promise<void> {
      const told = await tellAll(parts, judged)
      parts.signal.throwIfAborted()
      if (parts.summary && told.length > 0) forSummary.push({ judged, told })
      else await write(parts, { judged, told })
    },
    async finish(): Promise<void> {
      if (forSummary.length === 0) return
      const all = { judged: forSummary.flatMap(({ judged }) => judged), told: forSummary.flatMap(({ told }) => told) }
      await write(parts, all)
    },
  }
}

/** The entries for the news of one image: findings of other platforms or policies with the same news are told together. */
async function tellAll(parts: TellerParts, judged: readonly Judged[]): Promise<Told[]> {
  const groups = new Map<string, { news: News; judged: Judged[] }>()
  for (const each of judged) {
    const isFirstCheck =
      each.isFirstCheck || (each.prior?.answeredAt === undefined && each.image.isOfFirstListing === true)
    const rules = { isFirstCheck, firstCheckNotif: parts.firstCheckNotif }
    const news = newsOf(each.image, each.finding, { prior: each.prior, rules })
    if (news === undefined) continue
    const same = JSON.stringify([news, news.isNewerTag ? each.finding.found.tag : each.finding.found.digest])
    const group = groups.get(same)
    if (group === undefined) groups.set(same, { news, judged: [each] })
    else group.judged.push(each)
  }
  return await Promise.all([...groups.values()].map((group) => toldOf(parts, group)))
}

async function toldOf(parts: TellerParts, { news, judged }: { news: News; judged: Judged[] }): Promise<Told> {
  const [{ image, finding }, ...others] = judged as [Judged, ...Judged[]]
  const details = await detailsOf(parts.asker, image, { finding, news })
  const images = [image, ...others.map((each) => each.image)] as const
  const { settings } = images.find((each) => each.settings.hubLink) ?? image
  const link = news.isNewerTag
    ? hubLinkOf(withTag(finding.reference, finding.found.tag!), settings, finding.hubLink)
    : finding.hubLink
  const hubLink = toldLink(settings, { label: details?.labels[URL_LABEL], link, publicUrl: parts.publicUrl })
  const entry = entryOf(images, finding, { news, details, hubLink })
  return { entry, key: dedupeKeyOf(entry), judged }
}

/** Created time, labels and layers for the message. A registry that refuses them costs the message only these. */
async function detailsOf(
  asker: Asker,
  image: WatchedImage,
  { finding, news }: { finding: ImageFinding; news: News },
): Promise<ImageDetails | undefined> {
  const digest = news.isNewerTag ? finding.found.tagDigest : finding.found.digest
  if (digest === undefined) return undefined
  const reference = news.isNewerTag ? withTag(finding.reference, finding.found.tag!) : finding.reference
  try {
    return await asker.details(reference, digest, { platform: image.platform, regopt: image.settings.regopt })
  } catch {
    return undefined
  }
}

async function write(
  parts: TellerParts,
  { judged, told }: { judged: readonly Judged[]; told: readonly Told[] },
): Promise<void> {
  const { now } = parts
  await parts.write(async (transaction) => {
    // Another check, also of another process, may have told the same since this one began.
    const keys = told.flatMap((each) => each.judged.map(({ finding }) => finding.key))
    const latest = await readImageStates(transaction, keys)
    const untold = told.filter((each) => each.judged.some((one) => !isToldSince(one, latest.get(one.finding.key))))
    for (const each of judged) {
      const isAnswered = each.finding.error === undefined && each.finding.status !== 'skipped'
      await saveFinding(transaction, each.finding, {
        now: now(),
        seen: isAnswered ? seenAfter(each.finding, each.prior) : undefined,
      })
      await recordChange(parts, transaction, each)
    }
    if (parts.summary) await queue(parts, transaction, untold)
    else for (const one of untold) await queue(parts, transaction, [one])
  })
  parts.changed()
}

/** Whether the row was written since the check read it, and knows the finding as seen. */
function isToldSince({ finding, prior }: Judged, row: ImageState | undefined): boolean {
  if (row === undefined) return false
  const { digest, tag } = seenAfter(finding, prior)
  const isSame = row.seen_digest === (prior?.seenDigest ?? null) && row.seen_tag === (prior?.seenTag ?? null)
  return !isSame && row.seen_digest === digest && row.seen_tag === tag
}

async function queue(parts: TellerParts, db: Db, told: readonly Told[]): Promise<void> {
  const [first, ...others] = told
  if (first === undefined || parts.channels.length === 0) return
  const now = parts.now()
  const message: Message = {
    id: randomUUID(),
    kind: others.length > 0 ? 'summary' : 'image',
    createdAt: now.toISOString(),
    entries: [first.entry, ...others.map(({ entry }) => entry)],
  }
  const dedupeKey = told
    .map(({ key }) => key)
    .sort()
    .join(' ')
  const isNew = await queueMessage(db, message, { dedupeKey, channels: parts.channels })
  if (!isNew) return
  const images = message.entries.map(({ image }) => formatImageReference(image))
  await recordEvent(db, {
    kind: 'message.queued',
    subject: images[0],
    data: { message: message.id, images, channels: parts.channels },
    now,
  })
}
