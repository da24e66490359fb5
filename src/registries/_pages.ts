import { z } from '@hono/zod-openapi'
import { Failure } from '../domain/failure.ts'
import { isTag } from '../domain/image-reference.ts'
import type { HttpResponse } from '../lib/http/types.ts'
import type { Access } from './_access.ts'
import { failureOfStatus, type Subject } from './_errors.ts'
import { readJson } from './_json.ts'

/** What a walk through the pages of a tag list brought. */
export interface TagPages {
  readonly tags: readonly string[]
  /** Of a list on a single page; that of a first page says nothing about the others. */
  readonly etag?: string
  /** 304 for the first page: the same as before. */
  readonly unchanged: boolean
}

export interface PagesOptions {
  readonly subject: Subject
  /** List only what comes behind this tag. */
  readonly last?: string | undefined
  readonly etag?: string | undefined
}

const TagList = z.object({ tags: z.array(z.string()).nullish() })
/** Amazon's registry takes no more, and the reference implementation's own limit is the same. */
const PAGE_SIZE = 1000
const MOST_PAGES = 500
/** What so many full pages hold. */
const MOST_TAGS = MOST_PAGES * PAGE_SIZE
const PAGE_SIZE_REFUSED = new Set([400, 405, 416, 422])

/**
 * Lists tags page by page (OCI distribution spec, listing tags: `n`, `last`, `Link`). Names that cannot be tags are dropped.
 * @throws Failure when a page fails, the pages lead elsewhere or never end.
 */
export async function listPages(
  access: Access,
  repository: string,
  { subject, last, etag }: PagesOptions,
): Promise<TagPages> {
  const first = await askFirst(access, repository, { subject, last, etag })
  if (first.status === 304 && etag !== undefined) return { tags: [], etag, unchanged: true }
  const tags: string[] = []
  const seen = new Set<string>()
  let page = first
  for (let count = 1; ; count++) {
    for (const tag of readTags(page, subject)) tags.push(tag)
    const next = nextPage(page, subject)
    if (next === undefined) break
    const isEndless = seen.has(next.href) || count === MOST_PAGES || tags.length >= MOST_TAGS
    if (isEndless) throw endless(subject, count)
    seen.add(next.href)
    page = await access.endpoint.ask({ method: 'GET', url: next, subject, operation: access.operation })
  }
  const newEtag = page === first ? first.headers.etag : undefined
  return { tags: [...new Set(tags)], ...(newEtag === undefined ? {} : { etag: newEtag }), unchanged: false }
}

async function askFirst(
  access: Access,
  repository: string,
  { subject, last, etag }: PagesOptions,
): Promise<HttpResponse> {
  const { endpoint, operation } = access
  const path = `/v2/${repository}/tags/list`
  const headers = etag === undefined ? {} : { 'if-none-match': etag }
  const behind = last === undefined ? '' : `&last=${encodeURIComponent(last)}`
  if (!endpoint.quirks.refusesPageSize) {
    const url = `${path}?n=${PAGE_SIZE}${behind}`
    const response = await endpoint.ask({ method: 'GET', url, headers, subject, operation })
    if (!PAGE_SIZE_REFUSED.has(response.status)) return response
  }
  const url = last === undefined ? path : `${path}?${behind.slice(1)}`
  const response = await endpoint.ask({ method: 'GET', url, headers, subject, operation })
  if (response.status === 200) endpoint.quirks.refusesPageSize = true
  return response
}

function readTags({ status, body }: HttpResponse, subject: Subject): string[] {
  if (status !== 200) throw failureOfStatus(status, subject)
  const list = readJson(TagList, body)
  if (list !== undefined) return (list.tags ?? []).filter(isTag)
  throw new Failure(
    'unavailable',
    `${subject.registry} sent something that is not a tag list for ${subject.repository}.`,
    {
      remedy: 'Check that this host is a container registry.',
    },
  )
}

/** `Link: </v2/…?last=b&n=2>; rel="next"`, relative or absolute (RFC 8288). It may not lead to another host. */
export function nextPage({ headers, url }: Pick<HttpResponse, 'headers' | 'url'>, subject: Subject): URL | undefined {
  for (const [, target = '', params = ''] of (headers.link ?? '').matchAll(
    /<([^>]*)>((?:\s*;\s*[^,;"]+(?:"[^"]*")?)*)/g,
  )) {
    if (!/;\s*rel\s*=\s*"?(?:[^"]*\s)?next(?:\s|"|;|$)/i.test(`${params};`)) continue
    const next = URL.parse(target, url)
    if (next?.origin === url.origin) return next
    throw new Failure(
      'forbidden',
      `${subject.registry} says that the tag list of ${subject.repository} goes on at another host.`,
      {
        remedy: 'Check the external URL in the configuration of the registry or of the proxy before it.',
      },
    )
  }
  return undefined
}

function endless({ registry, repository }: Subject, pages: number): Failure {
  return new Failure('unavailable', `${registry} sends the tag list of ${repository} without end (${pages} pages).`, {
    remedy: 'Report it to whoever runs the registry; until then watch a single tag of this image.',
  })
}
