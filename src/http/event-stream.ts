import type { IncomingMessage, ServerResponse } from 'node:http'
import type { LiveProgress, Updates } from '../engine/rollout/types.ts'
import type { Engine } from '../engine/types.ts'
import type { Log } from '../lib/log.ts'
import { eventsAfter, lastEventId, type RecordedEvent } from '../store/events.ts'
import type { Db } from '../store/tables.ts'
import { followProgress } from './live-progress.ts'
import { SECURITY_HEADERS } from './security-headers.ts'

const PATH = '/api/v1/events'
const PAGE = 500
const HEARTBEAT_MS = 25_000
const POLL_MS = 1000
/** How often the progress of one update is told at most. */
const PROGRESS_MS = 500
/** A client that has not taken this much is let go; it comes back and goes on where it was. Bytes. */
const MOST_BUFFERED = 512 * 1024
const HEARTBEAT = Buffer.from(':\n\n')

/**
 * The events as a live stream (WHATWG HTML, server-sent events), written to the raw responses: a batch is encoded once
 * and the same bytes go to all clients. The progress of pulls is mixed in: `event: progress`, without an id, for it is
 * stored nowhere.
 */
export interface EventStream {
  /** Whether the request asks for the stream rather than for the list at the same path. */
  accepts(request: IncomingMessage): boolean
  /** Answers with the stream, from behind the event that the client saw last. */
  open(request: IncomingMessage, response: ServerResponse): void
  /** Events were written: tell the clients soon. */
  wake(): void
  /** Clients connected now. */
  clients(): number
  /** Ends all streams. */
  close(): void
}

interface Client {
  readonly response: ServerResponse
  lastId: number
}

interface EventStreamParts {
  readonly db: Db
  readonly engine: Pick<Engine, 'onEvent'>
  readonly updates: Pick<Updates, 'onProgress'>
  readonly log: Log
  readonly mostClients: number
  /** How often to look for events that another process wrote. Milliseconds; default 1000. */
  readonly pollMs?: number | undefined
}

/** Makes the stream. It reads from the event table, so events that another process wrote show too. */
export function createEventStream(parts: EventStreamParts): EventStream {
  const { db, engine, updates, log, mostClients, pollMs = POLL_MS } = parts
  const open = new Set<ServerResponse>()
  const live = new Set<Client>()
  const pump = createPump(db, { live, log })
  const forget = engine.onEvent(pump.wake)
  const forgetProgress = followProgress(updates, {
    everyMs: PROGRESS_MS,
    show: (progress) => writeAll(live, encodeProgress(progress)),
  })
  const timers = createTimers([
    [pump.wake, pollMs],
    [() => writeAll(live, HEARTBEAT), HEARTBEAT_MS],
  ])
  let closed = false

  const join = async (response: ServerResponse, from: number | undefined): Promise<void> => {
    const newest = await lastEventId(db)
    // An id from the future is of another database: there is nothing to resume.
    const client = { response, lastId: from === undefined || from > newest ? newest : from }
    await replay(db, client)
    if (!open.has(response)) return
    live.add(client)
    pump.wake()
  }
  const leave = (response: ServerResponse): void => {
    open.delete(response)
    for (const client of live) if (client.response === response) live.delete(client)
    if (open.size === 0) timers.stop()
  }
  return {
    accepts: (request) =>
      request.method === 'GET' &&
      pathOf(request) === PATH &&
      (request.headers.accept ?? '').includes('text/event-stream'),
    open(request, response) {
      if (closed || open.size >= mostClients) {
        response.writeHead(503, { 'retry-after': '10' }).end()
        return
      }
      open.add(response)
      response.once('close', () => leave(response))
      // 'close' comes as well; an error that nobody hears would end the process.
      response.on('error', () => {})
      timers.start()
      begin(request, response)
      join(response, resumePoint(request)).catch((error: unknown) => {
        log.error({ error }, 'The event stream could not be read')
        response.destroy()
      })
    },
    wake: pump.wake,
    clients: () => open.size,
    close() {
      closed = true
      forget()
      forgetProgress()
      timers.stop()
      for (const response of open) response.end()
    },
  }
}

/** Reads new events and writes them to the live clients; one at a time, and again when woken meanwhile. */
function createPump(db: Db, { live, log }: { live: Set<Client>; log: Log }): { wake(): void } {
  let running = false
  let again = false
  const run = async (): Promise<void> => {
    running = true
    try {
      while (again) {
        again = false
        await spread(db, live)
      }
    } catch (error) {
      log.error({ error }, 'New events could not be read')
    } finally {
      running = false
    }
  }
  return {
    wake() {
      if (live.size === 0) return
      again = true
      if (!running) void run()
    },
  }
}

async function spread(db: Db, live: ReadonlySet<Client>): Promise<void> {
  for (;;) {
    const from = Math.min(...Array.from(live, ({ lastId }) => lastId))
    const events = live.size === 0 ? [] : await eventsAfter(db, from, PAGE)
    if (events.length === 0) return
    const whole = encode(events)
    for (const client of live) {
      if (client.lastId === from) write(client, whole, events.at(-1)!.id)
      else deliver(client, events)
    }
  }
}

async function replay(db: Db, client: Client): Promise<void> {
  for (;;) {
    const events = await eventsAfter(db, client.lastId, PAGE)
    if (events.length === 0 || client.response.destroyed) return
    deliver(client, events)
    if (client.response.writableNeedDrain) await drained(client.response)
  }
}

function drained(response: ServerResponse): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  response.once('drain', resolve).once('close', resolve)
  return promise.finally(() => response.off('drain', resolve).off('close', resolve))
}

/** Only what the client has not had yet. */
function deliver(client: Client, events: readonly RecordedEvent[]): void {
  const missing = events.filter(({ id }) => id > client.lastId)
  if (missing.length > 0) write(client, encode(missing), missing.at(-1)!.id)
}

function write(client: Client, bytes: Buffer, lastId: number): void {
  client.lastId = lastId
  send(client.response, bytes)
}

function writeAll(live: ReadonlySet<Client>, bytes: Buffer): void {
  for (const { response } of live) send(response, bytes)
}

function send(response: ServerResponse, bytes: Buffer): void {
  if (response.writableEnded || response.destroyed) return
  if (response.writableLength > MOST_BUFFERED) response.destroy()
  else response.write(bytes)
}

function encode(events: readonly RecordedEvent[]): Buffer {
  return Buffer.from(events.map((event) => `id: ${event.id}\ndata: ${JSON.stringify(event)}\n\n`).join(''))
}

function encodeProgress(progress: LiveProgress): Buffer {
  return Buffer.from(`event: progress\ndata: ${JSON.stringify(progress)}\n\n`)
}

function begin(request: IncomingMessage, response: ServerResponse): void {
  request.socket.setNoDelay(true)
  response.writeHead(200, {
    ...SECURITY_HEADERS,
    'content-type': 'text/event-stream; charset=utf-8',
    'cache-control': 'no-cache, no-transform',
    // Nginx holds answers back otherwise.
    'x-accel-buffering': 'no',
  })
  response.write('retry: 2000\n\n')
}

/** The id the client saw last: the browser's own header on a reconnect, the query on a page that was opened anew. */
function resumePoint(request: IncomingMessage): number | undefined {
  const query = new URLSearchParams((request.url ?? '').split('?')[1] ?? '')
  const text = request.headers['last-event-id'] ?? query.get('lastEventId')
  return typeof text === 'string' && /^\d{1,15}$/.test(text) ? Number(text) : undefined
}

function pathOf(request: IncomingMessage): string {
  return (request.url ?? '').split('?')[0]!
}

function createTimers(calls: readonly (readonly [call: () => void, everyMs: number])[]) {
  let running: NodeJS.Timeout[] = []
  return {
    start() {
      if (running.length > 0) return
      running = calls.map(([call, everyMs]) => setInterval(call, everyMs))
      for (const timer of running) timer.unref()
    },
    stop() {
      for (const timer of running) clearInterval(timer)
      running = []
    },
  }
}
