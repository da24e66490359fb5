import https from 'node:https'
import net from 'node:net'
import type { Duplex } from 'node:stream'
import tls from 'node:tls'
import { httpError, toHttpError } from './errors.ts'
import { http } from './node-http.ts'
import { proxyHeaders } from './proxy.ts'

export interface ConnectOptions {
  readonly url: URL
  readonly proxy: URL | undefined
  readonly tls: tls.ConnectionOptions
  readonly protocols: readonly string[]
  readonly timeoutMs: number
}

/** The host of a URL as the network functions want it: IPv6 without brackets. */
export function hostnameOf(url: URL): string {
  return url.hostname.startsWith('[') ? url.hostname.slice(1, -1) : url.hostname
}

/** The port of a URL, the scheme's own where it names none. */
export function portOf(url: URL): number {
  return url.port === '' ? (url.protocol === 'https:' ? 443 : 80) : Number(url.port)
}

/**
 * Opens a TLS connection to the URL's host, through a proxy's tunnel where there is one, and waits for the handshake.
 * @throws HttpError
 */
export async function connectTls(options: ConnectOptions): Promise<tls.TLSSocket> {
  const { url, proxy, timeoutMs } = options
  const tunnel = proxy === undefined ? undefined : await openTunnel(url, proxy, options)
  const host = hostnameOf(url)
  const socket = tls.connect({
    ...options.tls,
    ...(tunnel === undefined ? { host, port: portOf(url) } : { socket: tunnel }),
    ...(net.isIP(host) === 0 ? { servername: host } : {}),
    // An address in place of a name is compared with the certificate's addresses.
    checkServerIdentity: (_, certificate) => tls.checkServerIdentity(host, certificate),
    ALPNProtocols: [...options.protocols],
  })
  socket.setNoDelay(true)
  // Whoever uses it listens for himself; an error in between, which nobody hears, would end the process.
  socket.on('error', () => {})
  await settle(socket, 'secureConnect', { host: url.host, timeoutMs })
  return socket
}

async function openTunnel(url: URL, proxy: URL, { tls, timeoutMs }: ConnectOptions): Promise<Duplex> {
  const { request } = proxy.protocol === 'https:' ? https : http
  const target = `${url.hostname}:${portOf(url)}`
  const asking = request({
    host: hostnameOf(proxy),
    port: portOf(proxy),
    method: 'CONNECT',
    path: target,
    headers: { host: target, ...proxyHeaders(proxy) },
    agent: false,
    ...(proxy.protocol === 'https:' ? tls : {}),
  })
  const { promise, resolve, reject } = Promise.withResolvers<Duplex>()
  const timer = setTimeout(() => asking.destroy(httpError('timeout', proxy.host)), timeoutMs)
  asking.once('error', (error) => reject(httpError('proxy', url.host, toHttpError(error, proxy.host).message)))
  asking.once('response', (answer) => {
    answer.resume()
    asking.destroy()
    reject(httpError('proxy', url.host, `${proxy.host} answered ${answer.statusCode}`))
  })
  asking.once('connect', (answer, socket) => {
    if (answer.statusCode === 200) return resolve(socket)
    socket.destroy()
    reject(httpError('proxy', url.host, `${proxy.host} answered ${answer.statusCode}`))
  })
  asking.end()
  return await promise.finally(() => clearTimeout(timer))
}

async function settle(socket: tls.TLSSocket, event: string, { host, timeoutMs }: { host: string; timeoutMs: number }) {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  const fail = (error: unknown) => reject(toHttpError(error, host))
  const close = () => reject(httpError('closed', host))
  const timer = setTimeout(() => socket.destroy(httpError('timeout', host)), timeoutMs)
  socket.once(event, resolve).once('error', fail).once('close', close)
  await promise.finally(() => {
    clearTimeout(timer)
    socket.off(event, resolve).off('error', fail).off('close', close)
  })
}
