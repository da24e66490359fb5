import type { DockerClient } from '../docker/client.ts'
import { DockerError, hasStatus } from '../docker/errors.ts'
import { dockerFailure } from '../docker/failure.ts'
import { describeError, Failure } from '../domain/failure.ts'
import { PROBE_MS } from '../domain/gate.ts'
import type { Observation, ProbeTry } from '../domain/gate-course.ts'
import type { GateSettings } from '../domain/update-settings.ts'
import type { Clock } from '../lib/clock.ts'
import type { Log } from '../lib/log.ts'
import { type GateInspection, readInspection } from './_inspected.ts'
import { type Connect, tryProbe } from './_probe.ts'
import { GateError } from './_updater.ts'

export interface GateOptions {
  readonly containerId: string
  readonly gate: GateSettings
  /** The one before it was a job that had ended with exit code 0. */
  readonly mayEnd: boolean
  readonly signal: AbortSignal
  readonly clock: Clock
  /** Milliseconds by a clock that only goes forward. */
  readonly elapsedMs?: () => number
  readonly connect?: Connect
  readonly log: Log
}

export interface Look {
  readonly observation: Observation
  readonly inspected: GateInspection
}

const INSPECT_MS = 15_000
/** How long the engine may be away on top of the gate's own time. */
const OUTAGE_MS = 60_000
const OUTAGE_WAIT_MS = 1000

/** What can be done about a gate that somebody else has disturbed. */
export const DISTURBED = 'The image is not to blame; update again when nothing else changes the container.'

/**
 * Looks at the container, and tries its probe, whenever the next look is asked for. While the engine is away it waits.
 * `next` throws as `passGate` does where there is nothing to look at any more.
 */
export function startWatch(docker: DockerClient, options: GateOptions): { next(): Promise<Look> } {
  const { gate, signal } = options
  const time = createGateTime(options.elapsedMs ?? (() => performance.now()))
  let known: GateInspection | undefined
  let probed: { startedAt: string; ok: boolean } | undefined

  async function probe(body: unknown, { state }: GateInspection): Promise<ProbeTry | undefined> {
    if (gate.probe === undefined || !state.running || state.restarting || state.status === 'paused') return undefined
    if (probed?.ok && probed.startedAt === state.startedAt) return undefined
    const parts = { docker, signal, ...(options.connect === undefined ? {} : { connect: options.connect }) }
    const result = await tryProbe(gate.probe, body, parts)
    probed = { startedAt: state.startedAt, ok: result.ok }
    return { ...result, at: time.at() }
  }

  return {
    async next() {
      const { body, afterOutage } = await reach(docker, { options, time, known })
      known = readInspection(body)
      const at = time.at()
      const observation = { at, state: known.state, afterOutage, probe: await probe(body, known) }
      return { observation, inspected: known }
    },
  }
}

/** The gate's own time, which stands still while the engine is away. Milliseconds. */
interface GateTime {
  readonly at: () => number
  readonly sinceBegin: () => number
  leaveOut(ms: number): void
}

function createGateTime(elapsedMs: () => number): GateTime {
  const begun = elapsedMs()
  let away = 0
  return {
    at: () => elapsedMs() - begun - away,
    sinceBegin: () => elapsedMs() - begun,
    leaveOut: (ms) => {
      away += ms
    },
  }
}

interface Reach {
  readonly options: GateOptions
  readonly time: GateTime
  readonly known: GateInspection | undefined
}

/** Inspects the container, again and again until the engine answers. */
async function reach(docker: DockerClient, { options, time, known }: Reach) {
  const { containerId, gate, signal, clock, log } = options
  for (let lostAt: number | undefined; ; await clock.sleep(OUTAGE_WAIT_MS, signal)) {
    const askedAt = time.sinceBegin()
    try {
      const request = { signal, timeoutMs: INSPECT_MS }
      const { body } = await docker.request('GET', `/containers/${containerId}/json`, request)
      if (lostAt !== undefined) time.leaveOut(time.sinceBegin() - lostAt)
      return { body, afterOutage: lostAt !== undefined }
    } catch (error) {
      signal.throwIfAborted()
      if (hasStatus(error, 404)) throw whenGone(known)
      if (!isOutage(error) || time.sinceBegin() > longest(known, gate) + OUTAGE_MS) throw dockerFailure(error)
      if (lostAt === undefined) log.warn({ error: describeError(dockerFailure(error)) }, 'The engine is away')
      lostAt ??= askedAt
    }
  }
}

/** No usable answer, or the one of a proxy or an engine that is just starting or going down. */
function isOutage(error: unknown): boolean {
  return error instanceof DockerError && (error.kind !== 'answer' || (error.status ?? 0) >= 500)
}

/** How long the gate may take by itself. */
function longest(known: GateInspection | undefined, { timeoutMs, soakMs, probe }: GateSettings): number {
  return timeoutMs ?? (known?.startingMs ?? 0) + (probe === undefined ? 0 : PROBE_MS) + soakMs
}

function whenGone(known: GateInspection | undefined): Error {
  if (known?.autoRemove) return new GateError('The container ended, and the engine removed it (AutoRemove).')
  return new Failure('conflict', 'The container was removed by somebody else.', { remedy: DISTURBED })
}
