import type { DockerClient } from '../docker/client.ts'
import { hasStatus } from '../docker/errors.ts'
import { openEvents } from '../docker/events.ts'
import { dockerFailure } from '../docker/failure.ts'
import { describeError } from '../domain/failure.ts'
import type { Clock } from '../lib/clock.ts'
import { foldCalls } from '../lib/fold-calls.ts'
import type { Log } from '../lib/log.ts'

export interface WatchParts {
  /** The client; may throw as long as its certificates cannot be read. */
  readonly open: () => Promise<DockerClient>
  readonly log: Log
  readonly clock: Clock
  /** From 0 to below 1. */
  readonly random: () => number
  /** Where events are refused; 0 = do not look at all. Milliseconds. */
  readonly pollIntervalMs: number
}

const FILTERS = { type: ['container'], event: ['create', 'start', 'die', 'destroy', 'rename', 'update'] }
const FOLD_MS = 500
const SHORTEST_WAIT_MS = 1000
const LONGEST_WAIT_MS = 60_000
/** A stream that lived so long was a good one: what ends it later is no reason to wait long. */
const GOOD_STREAM_MS = 10_000

/**
 * Follows the engine's events until aborted and calls `changed` once for each burst of them. A stream that breaks is
 * taken up where it ended; after an outage `changed` is called in any case, because the engine keeps no events over a
 * restart. Where events are refused, `changed` is called every `pollIntervalMs`.
 */
export async function watchEvents(changed: () => void, signal: AbortSignal, parts: WatchParts): Promise<void> {
  const { clock, log, random } = parts
  const touch = foldCalls(changed, { ms: FOLD_MS, clock, signal })
  const state: WatchState = { since: undefined, failures: 0, isFirst: true }
  while (!signal.aborted) {
    try {
      await followOnce(state, touch, { parts, signal })
    } catch (error) {
      if (signal.aborted) return
      if (isRefusal(error)) return poll(changed, signal, parts)
      state.failures++
      const fields = { error: describeError(dockerFailure(error)) }
      if (state.failures === 1) log.warn(fields, 'The event stream is lost; trying again')
      else log.debug(fields, 'The event stream is still lost')
    }
    await pause(clock, backOff(state.failures, random), signal)
  }
}

/** Calls `changed` at every interval until aborted. */
export async function poll(changed: () => void, signal: AbortSignal, parts: WatchParts): Promise<void> {
  const { clock, log, pollIntervalMs } = parts
  if (pollIntervalMs === 0) return
  log.info(
    { everySeconds: pollIntervalMs / 1000 },
    'Events may not be followed; the containers are listed now and then',
  )
  while (!signal.aborted) {
    await pause(clock, pollIntervalMs, signal)
    if (!signal.aborted) changed()
  }
}

/** Exponential from one second to a minute; somewhere between the half and the whole of it, so that many do not come at once. */
export function backOff(failures: number, random: () => number): number {
  const most = Math.min(LONGEST_WAIT_MS, SHORTEST_WAIT_MS * 2 ** Math.min(failures, 10))
  return most / 2 + (random() * most) / 2
}

interface WatchState {
  /** Where the next stream is to begin; undefined as long as nothing is known. */
  since: string | undefined
  /** In a row. */
  failures: number
  isFirst: boolean
}

interface Surroundings {
  readonly parts: WatchParts
  readonly signal: AbortSignal
}

async function followOnce(state: WatchState, touch: () => void, { parts, signal }: Surroundings): Promise<void> {
  const { open, log, clock } = parts
  const client = await open()
  const mayHaveMissed = state.failures > 0 || (!state.isFirst && !state.since)
  const since = mayHaveMissed ? undefined : state.since
  const { startedAt, events } = await openEvents(client, { filters: FILTERS, since, signal })
  const openedAt = clock.now().getTime()
  if (state.failures > 0) log.info({}, 'The event stream is back')
  if (mayHaveMissed) touch()
  if (since === undefined) state.since = startedAt
  state.isFirst = false
  try {
    for await (const event of events) {
      state.failures = 0
      state.since = event.cursor || state.since
      touch()
    }
  } finally {
    if (clock.now().getTime() - openedAt >= GOOD_STREAM_MS) state.failures = 0
  }
}

/** A socket proxy without the permission, or an engine that has no events. */
function isRefusal(error: unknown): boolean {
  return hasStatus(error, 403, 404, 405, 501)
}

async function pause(clock: Clock, ms: number, signal: AbortSignal): Promise<void> {
  await clock.sleep(ms, signal).catch((error: unknown) => {
    if (!signal.aborted) throw error
  })
}
