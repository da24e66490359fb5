import http, { type IncomingMessage, type ServerResponse } from 'node:http'
import http2 from 'node:http2'
import https from 'node:https'
import type { AddressInfo } from 'node:net'
import type { Certificate } from './certificate.ts'
import { answer } from './registry-double-answers.ts'
import { type ImageSpec, type PushedImage, push, repositoryOf, type Store } from './registry-double-images.ts'
import { type Counts, defaultKnobs, type Knobs } from './registry-double-knobs.ts'

/** A registry in this process that measures, and misbehaves on request. */
export interface RegistryDouble extends AsyncDisposable {
  /** `127.0.0.1:41234`. */
  readonly host: string
  readonly origin: string
  /** May be changed at any time. */
  readonly knobs: Knobs
  readonly counts: Counts
  /** Every request, oldest first. */
  readonly log: Seen[]
  /** Puts an image under a tag, and tells its digest. */
  push(repository: string, tag: string, image: ImageSpec): PushedImage
  remove(repository: string, tag: string): void
}

export interface Seen {
  readonly kind: keyof Counts
  readonly method: string
  readonly url: string
  readonly headers: IncomingMessage['headers']
  readonly body: string
}

export interface DoubleOptions extends Partial<Knobs> {
  readonly tls?: Certificate
  readonly http2?: boolean
}

/** Starts it on a free port of this machine. */
export async function startRegistryDouble({
  tls,
  http2: isHttp2,
  ...given
}: DoubleOptions = {}): Promise<RegistryDouble> {
  const knobs: Knobs = { ...defaultKnobs(), ...given }
  const counts: Counts = {
    ping: 0,
    token: 0,
    head: 0,
    manifest: 0,
    blob: 0,
    tags: 0,
    hub: 0,
    other: 0,
    connections: 0,
    mostAtOnce: 0,
  }
  const log: Seen[] = []
  const store: Store = { repositories: new Map(), tokens: new Map() }
  let underWay = 0
  const listener = async (request: IncomingMessage, response: ServerResponse) => {
    counts.mostAtOnce = Math.max(counts.mostAtOnce, ++underWay)
    response.once('close', () => underWay--)
    let body = ''
    for await (const chunk of request) body += chunk
    const url = request.url ?? ''
    const kind = kindOf(request.method ?? '', url)
    counts[kind]++
    log.push({ kind, method: request.method ?? '', url, headers: request.headers, body })
    if (knobs.latencyMs > 0) await new Promise((resolve) => setTimeout(resolve, knobs.latencyMs).unref())
    if (knobs.drops > 0) {
      knobs.drops--
      // A stream of HTTP/2 is reset, a connection of HTTP/1.1 cut.
      if ('stream' in response)
        (response.stream as http2.ServerHttp2Stream).close(http2.constants.NGHTTP2_REFUSED_STREAM)
      else request.socket.destroy()
      return
    }
    answer(
      { method: request.method ?? '', url: new URL(url, origin), headers: request.headers, body, kind },
      response,
      { knobs, store, origin },
    )
  }
  const server = serverFor(listener as never, tls, isHttp2)
  const sockets = new Set<{ destroy(): void }>()
  server.on(tls ? 'secureConnection' : 'connection', (socket) => {
    counts.connections++
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`
  const origin = `${tls ? 'https' : 'http'}://${host}`
  return {
    host,
    origin,
    knobs,
    counts,
    log,
    push: (repository, tag, image) => push(repositoryOf(store, repository), tag, image),
    remove: (repository, tag) => void repositoryOf(store, repository).tags.delete(tag),
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

function serverFor(
  listener: http.RequestListener,
  tls: Certificate | undefined,
  isHttp2: boolean | undefined,
): http.Server {
  if (tls === undefined) return http.createServer(listener)
  if (!isHttp2) return https.createServer({ ...tls, ALPNProtocols: ['http/1.1'] }, listener)
  return http2.createSecureServer({ ...tls, allowHTTP1: true }, listener as never) as unknown as http.Server
}

function kindOf(method: string, url: string): keyof Counts {
  if (url === '/v2/') return 'ping'
  if (url.startsWith('/token')) return 'token'
  if (url.startsWith('/v2/namespaces/')) return 'hub'
  if (/\/manifests\//.test(url)) return method === 'HEAD' ? 'head' : 'manifest'
  if (/\/blobs\//.test(url)) return 'blob'
  return /\/tags\/list/.test(url) ? 'tags' : 'other'
}
