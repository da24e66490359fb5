import http from 'node:http'
import https from 'node:https'
import type { Duplex } from 'node:stream'
import type { Endpoint } from './endpoint.ts'
import { connectThrough, type SpawnCommand, sshArguments } from './ssh.ts'

/** PEM texts of a client certificate; `verify: false` takes any certificate of the engine. */
export interface DockerTls {
  readonly ca?: string
  readonly cert?: string
  readonly key?: string
  readonly verify: boolean
}

export interface WireOptions {
  readonly tls?: DockerTls | undefined
  readonly spawn: SpawnCommand
}

export interface Exchange {
  readonly method: string
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body?: string | Uint8Array | undefined
  readonly signal: AbortSignal
  /** A long answer: it gets a connection of its own, so that it cannot starve the others. */
  readonly isStream: boolean
}

/** One HTTP exchange at a time towards one engine, whatever lies between. */
export interface Wire {
  /** Resolves when the head of the answer is there; rejects with whatever the socket threw. */
  send(exchange: Exchange): Promise<http.IncomingMessage>
  close(): void
}

const MAX_SOCKETS = 8
const MAX_SSH_SOCKETS = 4
const KEEP_ALIVE_MS = 15_000

/**
 * Opens nothing yet. Connections are kept for reading only: what changes something must not meet one that is closed at
 * that moment, because it could not be known whether it was done.
 */
export function createWire(endpoint: Endpoint, options: WireOptions): Wire {
  const pool = createAgent(endpoint, options, true)
  const fresh = createAgent(endpoint, options, false)
  return {
    async send(exchange) {
      const mayShare = !exchange.isStream && (exchange.method === 'GET' || exchange.method === 'HEAD')
      const first = await attempt(endpoint, exchange, mayShare ? pool : fresh)
      if (first.answer !== undefined) return first.answer
      // The engine may close a kept connection, and then often all of them, at the moment we use it.
      if (!first.reused || exchange.signal.aborted) throw first.error
      const second = await attempt(endpoint, exchange, fresh)
      if (second.answer === undefined) throw second.error
      return second.answer
    },
    close() {
      pool.destroy()
      fresh.destroy()
    },
  }
}

type Attempt =
  | { readonly answer: http.IncomingMessage }
  | { readonly answer?: undefined; readonly error: Error; readonly reused: boolean }

function attempt(endpoint: Endpoint, exchange: Exchange, agent: http.Agent): Promise<Attempt> {
  const send = endpoint.kind === 'tcp' && endpoint.tls ? https.request : http.request
  return new Promise((resolve) => {
    const request = send({
      ...place(endpoint),
      agent,
      method: exchange.method,
      path: `${endpoint.kind === 'tcp' ? endpoint.basePath : ''}${exchange.path}`,
      headers: exchange.headers,
      signal: exchange.signal,
    })
    request.on('response', (answer) => resolve({ answer }))
    request.on('error', (error) => resolve({ error, reused: request.reusedSocket }))
    request.setSocketKeepAlive(true, KEEP_ALIVE_MS)
    request.end(exchange.body)
  })
}

function place(endpoint: Endpoint): http.RequestOptions {
  if (endpoint.kind === 'unix') return { socketPath: endpoint.path }
  return endpoint.kind === 'tcp' ? { host: endpoint.host, port: endpoint.port } : { host: 'docker' }
}

function createAgent(endpoint: Endpoint, { tls, spawn }: WireOptions, isPool: boolean): http.Agent {
  const most = endpoint.kind === 'ssh' ? MAX_SSH_SOCKETS : MAX_SOCKETS
  const options: http.AgentOptions = {
    keepAlive: isPool,
    keepAliveMsecs: KEEP_ALIVE_MS,
    maxSockets: isPool ? most : Number.POSITIVE_INFINITY,
  }
  if (endpoint.kind === 'tcp' && endpoint.tls) return new https.Agent({ ...options, ...certificates(tls) })
  const agent = new http.Agent(options)
  if (endpoint.kind === 'ssh')
    agent.createConnection = (): Duplex => connectThrough(spawn('ssh', sshArguments(endpoint)))
  return agent
}

function certificates(tls: DockerTls | undefined): https.AgentOptions {
  if (tls === undefined) return {}
  const { ca, cert, key, verify } = tls
  return {
    rejectUnauthorized: verify,
    ...(ca === undefined ? {} : { ca }),
    ...(cert === undefined ? {} : { cert }),
    ...(key === undefined ? {} : { key }),
  }
}
