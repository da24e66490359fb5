import { z } from '@hono/zod-openapi'
import type { DockerClient } from './client.ts'

export interface DockerEvent {
  /** `container`, `image` … */
  readonly type: string
  /** `start`, `die` … */
  readonly action: string
  readonly id: string
  readonly attributes: Readonly<Record<string, string>>
  /** For `since`: everything after this event. Empty when the engine sent no time. */
  readonly cursor: string
}

export interface EventStream {
  /** The engine's own time when the stream began, as a `since`; empty when it did not say. */
  readonly startedAt: string
  readonly events: AsyncIterable<DockerEvent>
}

export interface EventQuery {
  readonly filters: Readonly<Record<string, readonly string[]>>
  /** A cursor of an earlier stream; the engine repeats what happened since (its last 256 events at most). */
  readonly since?: string | undefined
  readonly signal: AbortSignal
}

/**
 * Opens the engine's event stream (Engine API, `GET /events`).
 * @throws DockerError when it is refused or there is no answer; while reading, when the connection breaks.
 */
export async function openEvents(client: DockerClient, { filters, since, signal }: EventQuery): Promise<EventStream> {
  const query = { filters, since: since === '' ? undefined : since }
  const { headers, chunks } = await client.stream('GET', '/events', { query, signal })
  return { startedAt: secondsOf(headers.date), events: readEvents(chunks) }
}

/** JSON objects, one a line; lines may be cut anywhere, also within a character. */
export async function* readEvents(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<DockerEvent, void> {
  for await (const line of readLines(chunks)) {
    const event = parseEvent(line)
    if (event !== undefined) yield event
  }
}

/** Events have a few hundred characters, and some labels. */
const LONGEST_LINE = 1024 * 1024

/** Cuts text that comes in pieces into its lines, without empty ones. @throws Error when one has no end. */
export async function* readLines(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<string, void> {
  const decoder = new TextDecoder()
  let rest = ''
  for await (const chunk of chunks) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n')
    rest = lines.pop() ?? ''
    if (rest.length > LONGEST_LINE) throw new Error(`A line of the stream is longer than ${LONGEST_LINE} characters.`)
    for (const line of lines) if (line.trim() !== '') yield line
  }
  if (rest.trim() !== '') yield rest
}

const EVENT = z.object({
  Type: z.string().default(''),
  Action: z.string().default(''),
  Actor: z
    .object({ ID: z.string().default(''), Attributes: z.record(z.string(), z.string()).nullish() })
    .default({ ID: '' }),
  time: z.number().optional(),
})

/** A line that is no event is left out: one odd line must not end the stream. */
function parseEvent(line: string): DockerEvent | undefined {
  const parsed = EVENT.safeParse(asJson(line))
  if (!parsed.success) return undefined
  const { Type, Action, Actor, time } = parsed.data
  return { type: Type, action: Action, id: Actor.ID, attributes: Actor.Attributes ?? {}, cursor: cursorOf(line, time) }
}

function asJson(line: string): unknown {
  try {
    return JSON.parse(line)
  } catch {
    return undefined
  }
}

/** `seconds.nanoseconds` just after the event. Nanoseconds are more than a number holds, so they are read as text. */
function cursorOf(line: string, time: number | undefined): string {
  const nanoseconds = /"timeNano"\s*:\s*(\d+)/.exec(line)?.[1]
  if (nanoseconds === undefined) return time === undefined ? '' : String(time)
  const digits = String(BigInt(nanoseconds) + 1n).padStart(10, '0')
  return `${digits.slice(0, -9)}.${digits.slice(-9)}`
}

function secondsOf(date: string | undefined): string {
  const milliseconds = Date.parse(date ?? '')
  return Number.isNaN(milliseconds) ? '' : String(Math.floor(milliseconds / 1000))
}
