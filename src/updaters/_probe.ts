import { request } from 'node:http'
import net from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { z } from '@hono/zod-openapi'
import type { DockerClient } from '../docker/client.ts'
import { parseEndpoint } from '../docker/endpoint.ts'
import { describeError } from '../domain/failure.ts'
import type { ProbeTry } from '../domain/gate-course.ts'
import { describeExitCode } from '../domain/gate-words.ts'
import type { Probe } from '../domain/update-settings.ts'
import { execIn } from './_exec.ts'
import { excerpt } from './_inspected.ts'

/** Opens a TCP connection; rejects when there is none or the signal aborts. */
export type Connect = (place: { host: string; port: number }, signal: AbortSignal) => Promise<net.Socket>

export interface ProbeParts {
  readonly docker: DockerClient
  readonly connect?: Connect
  readonly signal: AbortSignal
  /** For one try. Default 10 s. */
  readonly timeoutMs?: number
}

const TRY_MS = 10_000
/** Docker's own proxy takes every connection and closes it at once when nobody listens behind it. */
const STAY_MS = 250

/**
 * Tries the probe once. Never throws because of the container or the engine: what went wrong is the detail.
 * @param inspected the container as the engine shows it now (`GET /containers/{id}/json`).
 * @throws the signal's reason when aborted.
 */
export async function tryProbe(probe: Probe, inspected: unknown, parts: ProbeParts): Promise<Omit<ProbeTry, 'at'>> {
  const { signal, timeoutMs = TRY_MS } = parts
  try {
    if (probe.kind === 'exec') return await tryExec(probe.command, inspected, { ...parts, timeoutMs })
    const places = await findPlaces(parts.docker, inspected, { port: probe.port, signal })
    const tries: Omit<ProbeTry, 'at'>[] = []
    for (const place of places) {
      const limited = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs / places.length)])
      const result = await tryPlace(probe, place, { connect: parts.connect ?? connectTcp, signal: limited })
      if (result.ok) return result
      signal.throwIfAborted()
      tries.push(result)
    }
    const detail = tries.map((result) => result.detail).join('; ') || 'the container has no address'
    return { ok: false, reachable: tries.some(({ reachable }) => reachable), detail }
  } catch (error) {
    signal.throwIfAborted()
    return { ok: false, reachable: false, detail: excerpt(describeError(error)) }
  }
}

/** What stands in the way of ever trying this probe on a container; undefined: nothing. Running or not plays no part. */
export function probeProblem(inspected: unknown, probe: Probe | undefined): string | undefined {
  if (probe === undefined || probe.kind === 'exec') return undefined
  if (readPlaces(inspected).mode !== 'none') return undefined
  return `A ${probe.kind} probe cannot reach a container without a network. Probe it with a command in it (exec).`
}

interface Place {
  readonly host: string
  readonly port: number
  /** Through a port that the engine's host passes on. */
  readonly isPublished: boolean
}

const BINDINGS = z.record(
  z.string(),
  z.array(z.object({ HostIp: z.string().catch(''), HostPort: z.string() })).nullish(),
)

const PLACES = z.object({
  Id: z.string().catch(''),
  HostConfig: z.object({ NetworkMode: z.string().catch(''), PortBindings: BINDINGS.nullish().catch(null) }),
  NetworkSettings: z
    .object({
      Ports: BINDINGS.nullish().catch(null),
      Networks: z
        .record(z.string(), z.object({ IPAddress: z.string().catch(''), GlobalIPv6Address: z.string().catch('') }))
        .nullish()
        .catch(null),
    })
    .catch({ Ports: null, Networks: null }),
})

function readPlaces(inspected: unknown) {
  const { HostConfig, NetworkSettings } = PLACES.parse(inspected)
  const networks = Object.values(NetworkSettings.Networks ?? {})
  return {
    mode: HostConfig.NetworkMode,
    addresses: networks.flatMap(({ IPAddress, GlobalIPv6Address }) => [IPAddress, GlobalIPv6Address]).filter(Boolean),
    // Where a free port was asked for, only the engine knows which one it became.
    bindings: { ...HostConfig.PortBindings, ...NetworkSettings.Ports },
  }
}

/** So many containers may stand in each other's network, one behind the other. */
const MOST_PROVIDERS = 3

/** Where a port of the container can be reached, best first. */
async function findPlaces(
  docker: DockerClient,
  inspected: unknown,
  { port, signal }: { port: number; signal: AbortSignal },
) {
  let found = readPlaces(inspected)
  for (let left = MOST_PROVIDERS; left > 0 && found.mode.startsWith('container:'); left--) {
    const provider = found.mode.slice('container:'.length)
    const answer = await docker.request('GET', `/containers/${encodeURIComponent(provider)}/json`, { signal })
    found = readPlaces(answer.body)
  }
  const engine = engineHost(docker.endpoint)
  if (found.mode === 'host') return [{ host: engine ?? LOCAL, port, isPublished: false }]
  const direct = [...new Set(found.addresses)].map((host): Place => ({ host, port, isPublished: false }))
  const published = publishedPlaces(found.bindings[`${port}/tcp`] ?? [], engine)
  if (engine === undefined) return [...direct, ...published]
  // Behind another machine's engine such an address may belong to one of our own machine's containers.
  return published.length > 0 ? published : direct
}

function publishedPlaces(
  bindings: readonly { HostIp: string; HostPort: string }[],
  engine: string | undefined,
): Place[] {
  const places = bindings.map(({ HostIp, HostPort }): Place => {
    const isEverywhere = HostIp === '' || HostIp === '0.0.0.0' || HostIp === '::'
    return { host: engine ?? (isEverywhere ? LOCAL : HostIp), port: Number(HostPort), isPublished: true }
  })
  const isNew = (place: Place, index: number) =>
    places.findIndex(({ host, port }) => host === place.host && port === place.port) === index
  return places.filter((place, index) => place.port > 0 && isNew(place, index))
}

const LOCAL = '127.0.0.1'

/** The machine of an engine that is not on a socket of this one. */
function engineHost(endpoint: string): string | undefined {
  const parsed = parseEndpoint(endpoint, { hasTls: false, home: '/' })
  return parsed.kind === 'unix' ? undefined : parsed.host
}

interface TryParts {
  readonly connect: Connect
  readonly signal: AbortSignal
}

async function tryPlace(probe: Exclude<Probe, { kind: 'exec' }>, place: Place, parts: TryParts) {
  const where = `${place.host.includes(':') ? `[${place.host}]` : place.host}:${place.port}`
  const what = probe.kind === 'http' ? `GET http://${where}${probe.path}` : `a connection to ${where}`
  let isConnected = false
  try {
    const socket = await parts.connect(place, parts.signal)
    isConnected = true
    try {
      if (probe.kind === 'http') {
        const status = await getStatus(socket, { path: probe.path, host: where, signal: parts.signal })
        return { ok: status >= 200 && status < 400, reachable: true, detail: `${what} answered ${status}` }
      }
      const ok = !place.isPublished || (await staysOpen(socket, parts.signal))
      return { ok, reachable: true, detail: `${what} was ${ok ? 'taken' : 'closed at once'}` }
    } finally {
      socket.destroy()
    }
  } catch (error) {
    const isRefused = error instanceof Error && 'code' in error && error.code === 'ECONNREFUSED'
    const detail = `${what} failed: ${parts.signal.aborted ? 'no answer in time' : excerpt(describeError(error))}`
    return { ok: false, reachable: isConnected || isRefused, detail }
  }
}

/** The status of the answer; redirections are not followed, the body is not read. */
function getStatus(socket: net.Socket, options: { path: string; host: string; signal: AbortSignal }): Promise<number> {
  const { path, host, signal } = options
  return new Promise((resolve, reject) => {
    const headers = { host, 'user-agent': 'seaworthy', accept: '*/*', connection: 'close' }
    const call = request({ path, headers, signal, createConnection: () => socket })
    call.on('error', reject)
    call.on('response', (answer) => {
      answer.on('error', () => undefined)
      resolve(answer.statusCode ?? 0)
      answer.destroy()
    })
    call.end()
  })
}

async function staysOpen(socket: net.Socket, signal: AbortSignal): Promise<boolean> {
  const closed = new Promise<false>((resolve) => {
    socket.on('error', () => resolve(false))
    socket.on('end', () => resolve(false))
    socket.on('close', () => resolve(false))
  })
  // What it says first must be taken from the line, or its end is never seen.
  socket.resume()
  return Promise.race([closed, delay(STAY_MS, true as const, { signal })])
}

const connectTcp: Connect = ({ host, port }, signal) =>
  new Promise((resolve, reject) => {
    signal.throwIfAborted()
    const socket = net.connect({ host, port })
    const leave = () => socket.destroy(signal.reason)
    signal.addEventListener('abort', leave, { once: true })
    socket.on('close', () => signal.removeEventListener('abort', leave))
    socket.on('error', reject)
    socket.on('connect', () => resolve(socket))
  })

async function tryExec(command: readonly string[], inspected: unknown, parts: ProbeParts & { timeoutMs: number }) {
  const { docker, signal, timeoutMs } = parts
  const { exitCode, output } = await execIn(docker, PLACES.parse(inspected).Id, { command, timeoutMs, signal })
  const said = output === '' ? '' : `: ${excerpt(output)}`
  return { ok: exitCode === 0, reachable: true, detail: `the command ended with ${describeExitCode(exitCode)}${said}` }
}
