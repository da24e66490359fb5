import { chmodSync, existsSync, rmSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { getRequestListener } from '@hono/node-server'
import { Failure } from '../domain/failure.ts'
import type { ListenApp } from './app.ts'

const CLOSE_MS = 5000

export interface ListenOptions {
  /** 0 takes any free one. */
  readonly port: number
  /** Address to listen at; all of them when absent. */
  readonly host?: string | undefined
  /** Where to put the control socket, whose callers count as the operator. Absent: none. */
  readonly socketPath?: string | undefined
}

export interface Listening extends AsyncDisposable {
  readonly port: number
  /** An address that works on this machine: `http://127.0.0.1:8080`. */
  readonly url: string
}

/**
 * Puts the app on a TCP port and, when asked, on a unix socket that only this user may open. Disposing ends the live
 * streams, lets answers finish for five seconds, and frees both.
 * @throws Failure `unavailable` that names the address.
 */
export async function listen(http: ListenApp, { port, host, socketPath }: ListenOptions): Promise<Listening> {
  const server = createServer(listenerOf(http, { operator: false }))
  const control = socketPath === undefined ? undefined : createServer(listenerOf(http, { operator: true }))
  await start(server, { port, host: host || undefined })
  try {
    if (control !== undefined && socketPath !== undefined) await startControl(control, socketPath)
  } catch (error) {
    await stop(server)
    throw error
  }
  const bound = (server.address() as AddressInfo).port
  return {
    port: bound,
    url: `http://${localHost(host)}:${bound}`,
    async [Symbol.asyncDispose]() {
      http.stream.close()
      await Promise.all([stop(server), control === undefined ? undefined : stop(control)])
    },
  }
}

function listenerOf(
  { app, stream }: ListenApp,
  { operator }: { operator: boolean },
): Parameters<typeof createServer>[1] {
  const listener = getRequestListener((request, env) => app.fetch(request, { ...(env as object), operator }))
  return (request, response) => {
    if (stream.accepts(request)) stream.open(request, response)
    else void listener(request, response)
  }
}

async function startControl(server: Server, socketPath: string): Promise<void> {
  if (existsSync(socketPath)) await removeStale(socketPath)
  await start(server, { path: socketPath })
  chmodSync(socketPath, 0o600)
}

/** A socket file that nobody listens at is left over from a process that died. */
async function removeStale(socketPath: string): Promise<void> {
  const inUse = await new Promise<boolean>((resolve) => {
    const probe = connect(socketPath)
    probe.once('connect', () => resolve(true)).once('error', () => resolve(false))
    probe.once('connect', () => probe.destroy())
  })
  if (inUse) {
    throw new Failure('unavailable', 'Another Seaworthy listens at the control socket.', {
      where: socketPath,
      remedy: 'Stop it, or give this one another database folder.',
    })
  }
  rmSync(socketPath, { force: true })
}

function start(server: Server, at: { port: number; host: string | undefined } | { path: string }): Promise<void> {
  return new Promise((resolve, reject) => {
    const fail = (cause: Error) => reject(cannotListen(at, cause as NodeJS.ErrnoException))
    server.once('error', fail)
    server.listen(at, () => {
      // A connection that cannot be taken, for want of file handles, must not end the process.
      server.off('error', fail).on('error', () => {})
      resolve()
    })
  })
}

function cannotListen(at: { port: number } | { path: string }, cause: NodeJS.ErrnoException): Failure {
  const where = 'path' in at ? at.path : `port ${at.port}`
  const taken = cause.code === 'EADDRINUSE'
  return new Failure('unavailable', taken ? 'The port is in use already.' : `Cannot listen: ${cause.message}.`, {
    where,
    remedy: taken ? 'Stop the other program, or set another one with server.port (PORT).' : undefined,
    cause,
  })
}

function stop(server: Server): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => server.closeAllConnections(), CLOSE_MS)
    server.close(() => {
      clearTimeout(timer)
      resolve()
    })
  })
}

function localHost(host: string | undefined): string {
  if (!host || host === '0.0.0.0' || host === '::') return '127.0.0.1'
  return host.includes(':') ? `[${host}]` : host
}
