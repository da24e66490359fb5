import type { Agent } from 'node:http'
import https from 'node:https'
import type { ConnectionOptions, TLSSocket } from 'node:tls'
import type { Call } from './call.ts'
import { connectTls, hostnameOf, portOf } from './connect.ts'
import { httpError, toHttpError } from './errors.ts'
import { createGate } from './gate.ts'
import { exchangeHttp1 } from './http1.ts'
import type { Http2Connection, NotServedError } from './http2.ts'
import { http } from './node-http.ts'
import { proxyHeaders } from './proxy.ts'
import type { HttpResponse } from './types.ts'

/** Everything that is kept about one scheme, host and port: its connections and what it speaks. */
export interface Origin {
  exchange(call: Call): Promise<HttpResponse>
  close(): void
}

export interface OriginParts {
  readonly proxy: URL | undefined
  readonly maxConnections: number
  readonly timeoutMs: number
  readonly tls: () => ConnectionOptions
}

const IDLE_MS = 30_000

/** A plain http origin. A proxy is asked for the absolute URL (RFC 9112, 3.2.2). */
export function plainOrigin(url: URL, { proxy, maxConnections, tls }: OriginParts): Origin {
  const settings = { keepAlive: true, maxSockets: maxConnections, scheduling: 'lifo', timeout: IDLE_MS } as const
  const isSecureProxy = proxy?.protocol === 'https:'
  const agent = isSecureProxy ? new https.Agent({ ...settings, ...tls() }) : new http.Agent(settings)
  const peer = proxy ?? url
  const extra = proxy === undefined ? {} : proxyHeaders(proxy)
  const base = { agent, protocol: peer.protocol, host: hostnameOf(peer), port: portOf(peer) }
  return {
    async exchange(call) {
      const path = pathOf(call.url)
      if (proxy === undefined) return await exchangeHttp1(call, { ...base, path })
      const proxied = { ...call, headers: { ...call.headers, ...extra } }
      try {
        return await exchangeHttp1(proxied, { ...base, path: `${call.url.origin}${path}` })
      } catch (error) {
        const { kind, message } = toHttpError(error, call.url.host)
        throw kind === 'refused' || kind === 'dns' ? httpError('proxy', call.url.host, message) : error
      }
    },
    close: () => agent.destroy(),
  }
}

/** An https origin: HTTP/2 over one connection where the server offers it, else HTTP/1.1 over a pool. */
export function secureOrigin(url: URL, { proxy, maxConnections, timeoutMs, tls }: OriginParts): Origin {
  const spare: TLSSocket[] = []
  let isHttp1 = false
  let connection: Promise<Http2Connection | undefined> | undefined
  const connect = (protocols: readonly string[]) => connectTls({ url, proxy, protocols, timeoutMs, tls: tls() })
  // The agent counts connections once they are made; until then they would be too many.
  const gate = createGate(maxConnections)
  const agent = poolOf(maxConnections, async () => {
    const kept = spare.pop()
    return kept !== undefined && !kept.destroyed ? kept : await connect(['http/1.1'])
  })
  const open = async (onRetired: () => void): Promise<Http2Connection | undefined> => {
    const socket = await connect(['h2', 'http/1.1'])
    if (socket.alpnProtocol !== 'h2') {
      isHttp1 = true
      spare.push(socket.on('error', () => socket.destroy()))
      return undefined
    }
    const { openHttp2 } = await import('./http2.ts')
    return openHttp2({ socket, url, idleMs: IDLE_MS, onRetired })
  }
  const current = () => {
    if (connection !== undefined) return connection
    const forget = () => {
      if (connection === mine) connection = undefined
    }
    const mine = open(forget)
    connection = mine
    mine.catch(forget)
    return mine
  }
  const target = { agent, host: hostnameOf(url), port: portOf(url) }
  const overHttp1 = (call: Call) => gate.pass(call, () => exchangeHttp1(call, { ...target, path: pathOf(call.url) }))
  const attempt = async (call: Call, isLast: boolean): Promise<HttpResponse> => {
    const shared = isHttp1 ? undefined : await call.within(current())
    if (shared === undefined) return await overHttp1(call)
    try {
      return await shared.exchange(call)
    } catch (error) {
      if (!isNotServed(error)) throw error
      isHttp1 ||= error.wantsHttp1
      if (isLast) throw toHttpError(error.cause, url.host)
      return await attempt(call, true)
    }
  }
  return {
    exchange: (call) => attempt(call, false),
    close() {
      agent.destroy()
      for (const socket of spare) socket.destroy()
      connection?.then((open) => open?.close()).catch(() => {})
    },
  }
}

// By name, so that node:http2 stays unloaded where nothing speaks it.
function isNotServed(error: unknown): error is NotServedError {
  return error instanceof Error && 'wantsHttp1' in error
}

/** An agent of node:http whose connections come from `connect`; so https, tunnels and tried protocols are all one to it. */
function poolOf(maxSockets: number, connect: () => Promise<TLSSocket>): Agent {
  const agent = new http.Agent({ keepAlive: true, maxSockets, scheduling: 'lifo', timeout: IDLE_MS })
  agent.createConnection = (_options, callback) => {
    connect().then(
      (socket) => callback?.(null, socket),
      (error) => callback?.(error, undefined as never),
    )
    return undefined
  }
  return agent
}

function pathOf(url: URL): string {
  return `${url.pathname}${url.search}`
}
