import { z } from '@hono/zod-openapi'
import { Failure } from '../domain/failure.ts'
import { type ImageReference, isTag } from '../domain/image-reference.ts'
import { HttpError } from '../lib/http/types.ts'
import type { Access } from './_access.ts'
import type { Host } from './_host.ts'
import { readJson } from './_json.ts'
import { startOperation } from './_operation.ts'

export interface RecentTags {
  /** ISO time of the last push, by tag, newest first. */
  readonly pushedAt: Readonly<Record<string, string>>
  /** It reaches back to `since`: every tag that is newer is among them. */
  readonly isComplete: boolean
}

export interface RecentOptions {
  /** ISO time up to which everything is known; absent = one page is enough. */
  readonly since: string | undefined
  readonly hostOf: (name: string) => Host
  readonly now: () => Date
}

const Page = z.object({
  next: z.string().nullish(),
  results: z.array(
    z.object({ name: z.string(), last_updated: z.string().nullish(), tag_last_pushed: z.string().nullish() }),
  ),
})
const MOST_PAGES = 10
const TIMEOUT_MS = 20_000
/** Two clocks and a search index that lags behind lie between us and the time of a push. */
const OVERLAP_MS = 60 * 60_000

/**
 * Reads Docker Hub's own API, which tells tags newest first with their push times, back to what is known.
 * Undefined = it does not help just now; the registry's list does. It knows public repositories only.
 */
export async function askRecentTags(
  access: Access,
  reference: ImageReference,
  options: RecentOptions,
): Promise<RecentTags | undefined> {
  const { since, hostOf, now } = options
  const start = access.member.recentTags?.(reference)
  if (start === undefined) return undefined
  const host = hostOf(start.host)
  if (host.rateLimit().waitUntil !== undefined) return undefined
  const operation = startOperation({ timeoutMs: TIMEOUT_MS, signal: access.operation.signal, now })
  const sending = { client: access.client, operation, subject: access.subject('the newest tags'), retries: 1 }
  const goal = since === undefined ? Number.POSITIVE_INFINITY : Date.parse(since) - OVERLAP_MS
  const pushedAt: Record<string, string> = {}
  let next: URL | undefined = start
  for (let count = 0; next !== undefined && count < MOST_PAGES; count++) {
    const page = await readPage(next, host, sending)
    if (page === undefined) return undefined
    const reached = page.results.map((tag) => addTag(tag, pushedAt)).some((time) => time < goal)
    if (reached) return { pushedAt, isComplete: since !== undefined }
    next = sameOrigin(page.next, start)
  }
  return { pushedAt, isComplete: next === undefined }
}

type Sending = Parameters<Host['send']>[1]

async function readPage(url: URL, host: Host, sending: Sending): Promise<z.output<typeof Page> | undefined> {
  try {
    const response = await host.send({ method: 'GET', url, headers: { accept: 'application/json' } }, sending)
    return response.status === 200 ? readJson(Page, response.body) : undefined
  } catch (error) {
    // Without it there is the registry's own list; giving up altogether is for the asker to say.
    sending.operation.signal?.throwIfAborted()
    if (error instanceof HttpError || error instanceof Failure) return undefined
    throw error
  }
}

type HubTag = z.output<typeof Page>['results'][number]

/** Notes the tag and tells when it was touched last; a tag without a time is never the end. */
function addTag(
  { name, tag_last_pushed: pushed, last_updated: updated }: HubTag,
  pushedAt: Record<string, string>,
): number {
  const time = Date.parse(pushed ?? updated ?? '')
  if (isTag(name) && !Number.isNaN(time)) pushedAt[name] = new Date(time).toISOString()
  const touched = Date.parse(updated ?? pushed ?? '')
  return Number.isNaN(touched) ? Number.POSITIVE_INFINITY : touched
}

function sameOrigin(next: string | null | undefined, start: URL): URL | undefined {
  const url = next ? URL.parse(next, start) : null
  return url?.origin === start.origin ? url : undefined
}
