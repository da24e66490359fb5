import { createHash } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Repository, Store } from './registry-double-images.ts'
import type { Counts, Knobs } from './registry-double-knobs.ts'

export interface Asked {
  readonly method: string
  readonly url: URL
  readonly headers: IncomingMessage['headers']
  readonly body: string
  readonly kind: keyof Counts
}

export interface World {
  readonly knobs: Knobs
  readonly store: Store
  readonly origin: string
}

export function answer(asked: Asked, response: ServerResponse, world: World) {
  const { knobs } = world
  const reply = (status: number, headers: Record<string, string> = {}, body: Buffer | string = '') => {
    const bytes = Buffer.from(body as string)
    response.writeHead(status, { ...knobs.headers, 'content-length': String(bytes.length), ...headers })
    response.end(asked.method === 'HEAD' ? undefined : bytes)
  }
  if (asked.kind !== 'token' && knobs.trouble.times > 0) {
    knobs.trouble.times--
    return reply(knobs.trouble.status, knobs.trouble.headers)
  }
  if (asked.kind === 'token') return replyToken(asked, world, reply)
  if (asked.kind === 'hub') return replyHub(asked, world, reply)
  const [, name, what, id] = /^\/v2\/(.+)\/(manifests|blobs|tags)\/(.+)$/.exec(asked.url.pathname) ?? []
  if (!mayPull(asked, name, world)) return reply(401, { 'www-authenticate': challengeOf(name, world) })
  if (name === undefined || id === undefined) return reply(asked.kind === 'ping' ? 200 : 404)
  const repository = world.store.repositories.get(name)
  if (repository === undefined) return reply(404)
  if (what === 'tags') return replyTags(asked, { name, repository, world, reply })
  if (what === 'blobs') return replyBlob(asked, { id, repository, world, reply })
  replyManifest(asked, { id, repository, world, reply })
}

type Reply = (status: number, headers?: Record<string, string>, body?: Buffer | string) => void

function mayPull({ headers }: Asked, name: string | undefined, { knobs, store }: World): boolean {
  if (knobs.auth === 'none') return true
  if (name !== undefined && knobs.forbidden.has(name)) return false
  const { user = '', password = '' } = knobs.account ?? {}
  if (knobs.auth === 'basic') return headers.authorization === `Basic ${btoa(`${user}:${password}`)}`
  const scopes = store.tokens.get(headers.authorization?.replace('Bearer ', '') ?? '')
  return scopes !== undefined && (scopes === 'all' || knobs.anyToken || (name !== undefined && scopes.has(name)))
}

function challengeOf(name: string | undefined, { knobs, origin }: World): string {
  if (knobs.challenge !== undefined) return knobs.challenge
  if (knobs.auth === 'basic') return 'Basic realm="double"'
  return `Bearer realm="${knobs.realm ?? `${origin}/token`}",service="double",scope="repository:${name}:pull"`
}

function replyToken({ url, headers, body, method }: Asked, { knobs, store }: World, reply: Reply) {
  const form = new URLSearchParams(body)
  const { user = '', password = '' } = knobs.account ?? {}
  if (method === 'POST' && form.get('refresh_token') !== knobs.identityToken) return reply(401)
  if (
    method === 'GET' &&
    knobs.account !== undefined &&
    headers.authorization !== `Basic ${btoa(`${user}:${password}`)}`
  )
    return reply(401)
  const scopes = method === 'POST' ? (form.get('scope') ?? '').split(' ') : url.searchParams.getAll('scope')
  if (knobs.refusesSharedTokens && scopes.length !== 1) return reply(400)
  const names = scopes.map((scope) => scope.replace(/^repository:(.*):pull$/, '$1'))
  const token = `t${store.tokens.size}-${createHash('sha256').update(scopes.join()).digest('hex').slice(0, 20)}`
  store.tokens.set(token, new Set(knobs.singleScope ? names.slice(0, 1) : names))
  reply(200, { 'content-type': 'application/json' }, JSON.stringify({ token, expires_in: knobs.tokenLifetime }))
}

interface Target {
  readonly repository: Repository
  readonly world: World
  readonly reply: Reply
}

function replyManifest(
  { method, headers }: Asked,
  { id, repository, world: { knobs }, reply }: Target & { id: string },
) {
  if (method === 'HEAD' && knobs.headStatus !== undefined) return reply(knobs.headStatus)
  const digest = repository.tags.get(id)?.digest ?? id
  const content = repository.content.get(digest)
  if (content === undefined) return reply(404)
  const etag = `"${digest}"`
  const own = {
    'content-type': content.type,
    ...(knobs.noDigestHeader ? {} : { 'docker-content-digest': digest }),
    ...(knobs.etags ? { etag } : {}),
  }
  if (knobs.etags && headers['if-none-match'] === etag) return reply(304, own)
  reply(
    200,
    { ...own, ...(method === 'HEAD' ? { 'content-length': String(content.bytes.length) } : {}) },
    knobs.lies ? Buffer.concat([content.bytes, Buffer.from('\n')]) : content.bytes,
  )
}

function replyBlob({ url }: Asked, { id, repository, world: { knobs }, reply }: Target & { id: string }) {
  if (knobs.blobsAt !== undefined) return reply(307, { location: `${knobs.blobsAt}${url.pathname}` })
  const content = repository.content.get(id)
  if (content === undefined) return reply(404)
  reply(
    200,
    { 'content-type': content.type },
    knobs.lies ? Buffer.concat([content.bytes, Buffer.from(' ')]) : content.bytes,
  )
}

function replyTags(
  { url, headers }: Asked,
  { name, repository, world: { knobs, origin }, reply }: Target & { name: string },
) {
  if (knobs.tagsAt !== undefined) return reply(307, { location: `${knobs.tagsAt}${url.pathname}${url.search}` })
  if (knobs.refusesPageSize && url.searchParams.has('n')) return reply(400)
  const all = knobs.byTime ? [...repository.tags.keys()] : [...repository.tags.keys()].sort()
  const last = url.searchParams.get('last')
  const from = last === null ? 0 : knobs.byTime ? all.indexOf(last) + 1 : all.filter((tag) => tag <= last).length
  const size = Math.min(Number(url.searchParams.get('n') ?? knobs.pageSize), knobs.pageSize)
  const tags = all.slice(from, from + size)
  const etag = `"${createHash('sha256').update(tags.join()).digest('hex')}"`
  if (knobs.etags && headers['if-none-match'] === etag) return reply(304, { etag })
  const path = `/v2/${name}/tags/list?${url.searchParams.has('n') ? `n=${size}&` : ''}last=${tags.at(-1) ?? ''}`
  const next = knobs.foreignLink ?? (knobs.absoluteLink ? `${origin}${path}` : path)
  const hasNext = knobs.endlessLink || from + size < all.length
  reply(
    200,
    { ...(hasNext ? { link: `<${next}>; rel="next"` } : {}), ...(knobs.etags ? { etag } : {}) },
    JSON.stringify({ name, tags }),
  )
}

function replyHub({ url }: Asked, { knobs, store }: World, reply: Reply) {
  const [, namespace, name] = /^\/v2\/namespaces\/(.+)\/repositories\/(.+)\/tags$/.exec(url.pathname) ?? []
  const repository = store.repositories.get(`${namespace}/${name}`)
  if (knobs.hubFails || repository === undefined) return reply(knobs.hubFails ? 500 : 404)
  const page = Number(url.searchParams.get('page') ?? 1)
  const size = Number(url.searchParams.get('page_size') ?? 10)
  const all = [...repository.tags].sort(([, a], [, b]) => (a.pushedAt < b.pushedAt ? 1 : -1))
  const results = all
    .slice((page - 1) * size, page * size)
    .map(([tag, { pushedAt }]) => ({ name: tag, last_updated: pushedAt, tag_last_pushed: pushedAt }))
  url.searchParams.set('page', String(page + 1))
  const next = page * size < all.length ? `https://hub.docker.com${url.pathname}${url.search}` : null
  reply(200, { 'content-type': 'application/json' }, JSON.stringify({ count: all.length, next, results }))
}
