import type { ImageReference } from '../domain/image-reference.ts'
import type { Access } from './_access.ts'
import type { Host } from './_host.ts'
import { askRecentTags } from './_hub-tags.ts'
import { listPages } from './_pages.ts'
import type { KnownTags, TagListAnswer } from './_registry.ts'

export interface TagsParts {
  readonly hostOf: (name: string) => Host
  readonly now: () => Date
}

const DAY_MS = 24 * 60 * 60_000
/** A list that fits on one page costs one request either way. */
const WORTH_RESUMING = 1000

/**
 * Tells the tags of a repository with as few requests as its registry allows: newest first where there is such an API, the
 * rest of the list behind the last known tag where the order allows it, else the whole list under a condition. Once a
 * day it is listed whole, so that withdrawn tags go.
 * @throws Failure
 */
export async function askTags(
  access: Access,
  reference: ImageReference,
  known: KnownTags | undefined,
  parts: TagsParts,
): Promise<TagListAnswer> {
  const fresh = known !== undefined && isFresh(known, parts.now()) ? known : undefined
  const recent = await askRecentTags(access, reference, {
    since: known?.listedAt,
    hostOf: parts.hostOf,
    now: parts.now,
  })
  const pushedAt = recent === undefined ? {} : { pushedAt: recent.pushedAt }
  if (recent?.isComplete && fresh !== undefined) {
    const known = new Set(fresh.tags)
    const added = Object.keys(recent.pushedAt).filter((tag) => !known.has(tag))
    const etag = fresh.etag === undefined ? {} : { etag: fresh.etag }
    // Docker Hub lists by name; what is added must not change that.
    return {
      tags: added.length === 0 ? fresh.tags : [...fresh.tags, ...added].sort(byName),
      ...etag,
      unchanged: added.length === 0,
      isWhole: false,
      ...pushedAt,
    }
  }
  const resumed = fresh === undefined ? undefined : await resume(access, reference.repository, fresh)
  return resumed ?? { ...(await listAll(access, reference.repository, fresh)), ...pushedAt }
}

async function listAll(access: Access, repository: string, known: KnownTags | undefined): Promise<TagListAnswer> {
  const pages = await listPages(access, repository, { subject: access.subject('the tag list'), etag: known?.etag })
  return { ...pages, isWhole: true, ...(pages.unchanged ? { tags: known?.tags ?? [] } : {}) }
}

/** Undefined = list it whole: the order does not allow to resume, or the answer does not fit what is known. */
async function resume(access: Access, repository: string, known: KnownTags): Promise<TagListAnswer | undefined> {
  if (!access.member.listsOldestFirst || known.tags.length < WORTH_RESUMING || isSorted(known.tags)) return undefined
  const subject = access.subject('the tag list')
  const pages = await listPages(access, repository, { subject, last: known.tags.at(-1) }).catch(() => undefined)
  const before = new Set(known.tags)
  if (pages === undefined || pages.tags.some((tag) => before.has(tag))) return undefined
  const etag = known.etag === undefined ? {} : { etag: known.etag }
  return { tags: [...known.tags, ...pages.tags], ...etag, unchanged: pages.tags.length === 0, isWhole: false }
}

/** Listed by name, a new tag may come before the last known one. */
function isSorted(tags: readonly string[]): boolean {
  return tags.every((tag, index) => index === 0 || byName(tags[index - 1]!, tag) < 0)
}

function byName(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}

function isFresh({ listedAt }: KnownTags, now: Date): boolean {
  const age = now.getTime() - Date.parse(listedAt)
  return age >= 0 && age < DAY_MS
}
