import type { ConnectionOptions } from 'node:tls'
import { startCall } from './call.ts'
import { httpError } from './errors.ts'
import { type Origin, plainOrigin, secureOrigin } from './origin.ts'
import { tlsOptions } from './tls-options.ts'
import type { HttpClient, HttpClientOptions, HttpRequest, HttpResponse } from './types.ts'
import { basicOf } from './user-info.ts'

const DEFAULT_TIMEOUT_MS = 30_000
const DEFAULT_MAX_BYTES = 16 * 1024 * 1024
const DEFAULT_CONNECTIONS = 20
const REDIRECTS = new Set([301, 302, 303, 307, 308])
const CREDENTIALS = ['authorization', 'cookie', 'proxy-authorization']

/**
 * Makes the client: connections are kept per host, HTTP/2 is spoken where TLS offers it, answers are asked for
 * uncompressed. Dispose of it to close its connections; an idle one does not keep the process alive.
 */
export function createHttpClient(options: HttpClientOptions): HttpClient {
  const { userAgent, proxyFor, timeoutMs = DEFAULT_TIMEOUT_MS, maxConnections = DEFAULT_CONNECTIONS } = options
  const origins = new Map<string, Origin>()
  let tls: ConnectionOptions | undefined
  const originOf = (url: URL): Origin => {
    const known = origins.get(url.origin)
    if (known !== undefined) return known
    const make = url.protocol === 'https:' ? secureOrigin : plainOrigin
    const tlsOnce = () => {
      tls ??= tlsOptions(options)
      return tls
    }
    const origin = make(url, { proxy: proxyFor?.(url), maxConnections, timeoutMs, tls: tlsOnce })
    origins.set(url.origin, origin)
    return origin
  }
  const sendOnce = async (request: HttpRequest): Promise<HttpResponse> => {
    if (!/^https?:$/.test(request.url.protocol)) throw httpError('protocol', request.url.host, 'neither http nor https')
    using call = startCall(request, {
      headers: headersOf(request, userAgent),
      timeoutMs: request.timeoutMs ?? timeoutMs,
      maxBytes: request.maxBytes ?? DEFAULT_MAX_BYTES,
      signal: request.signal,
    })
    return await originOf(request.url).exchange(call)
  }
  return {
    request: (request) => (request.redirects ? follow(request, sendOnce) : sendOnce(request)),
    async [Symbol.asyncDispose]() {
      for (const origin of origins.values()) origin.close()
      origins.clear()
    },
  }
}

function headersOf({ url, headers }: HttpRequest, userAgent: string): Record<string, string> {
  const all: Record<string, string> = { host: url.host, 'user-agent': userAgent, ...headers }
  const own = basicOf(url)
  return own === undefined || all.authorization !== undefined ? all : { ...all, authorization: own }
}

type Send = (request: HttpRequest) => Promise<HttpResponse>

async function follow(request: HttpRequest, send: Send): Promise<HttpResponse> {
  const deadline = request.timeoutMs === undefined ? undefined : performance.now() + request.timeoutMs
  let current = request
  for (let left = request.redirects ?? 0; ; left--) {
    const response = await send(current)
    const { location } = response.headers
    if (!REDIRECTS.has(response.status) || location === undefined) return response
    if (left === 0) throw httpError('protocol', current.url.host, `more than ${request.redirects} redirects`)
    const timeoutMs = deadline === undefined ? undefined : Math.max(1, deadline - performance.now())
    current = { ...redirected(current, location, response.status), timeoutMs }
  }
}

/** What to ask where a redirect points (RFC 9110, 15.4), without what the other host must not see. */
function redirected(request: HttpRequest, location: string, status: number): HttpRequest {
  const { method, url, headers, body, ...rest } = request
  const next = URL.parse(location, url)
  if (next === null || !/^https?:$/.test(next.protocol)) throw httpError('protocol', url.host, 'a malformed redirect')
  if (url.protocol === 'https:' && next.protocol === 'http:') {
    throw httpError('protocol', url.host, 'a redirect from https to plain http')
  }
  const isSameHost = next.origin === url.origin
  const becomesGet = status === 303 ? method !== 'HEAD' : status < 303 && method === 'POST'
  if (!isSameHost && body !== undefined && !becomesGet) {
    throw httpError('protocol', url.host, 'a redirect of what was sent to another host')
  }
  const kept = Object.entries(headers ?? {}).filter(
    ([name]) => (isSameHost || !CREDENTIALS.includes(name)) && name !== 'host' && !(becomesGet && isAboutBody(name)),
  )
  return {
    ...rest,
    method: becomesGet ? 'GET' : method,
    url: next,
    headers: Object.fromEntries(kept),
    ...(body === undefined || becomesGet ? {} : { body }),
  }
}

function isAboutBody(name: string): boolean {
  return name.startsWith('content-')
}
