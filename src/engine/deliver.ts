import { describeError, Failure } from '../domain/failure.ts'
import type { Clock } from '../lib/clock.ts'
import type { Log } from '../lib/log.ts'
import { type EventKind, recordEvent } from '../store/events.ts'
import { type ClaimedDelivery, extendClaim, markDelivered, markFailed, releaseClaim } from '../store/outbox.ts'
import type { Db } from '../store/tables.ts'
import type { Channel } from './channel.ts'

export interface OutboxParts {
  readonly db: Db
  readonly channels: readonly Channel[]
  readonly clock: Clock
  readonly log: Log
  /** A number in [0, 1). */
  readonly random: () => number
  /** How often a delivery is tried again before it counts as failed. */
  readonly retries: number
  readonly changed: () => void
}

/** One delivery may take this long. */
const SEND_MS = 120_000
/** A claim is renewed while its process lives, so that what a dead one had claimed is soon due again. */
export const CLAIM_MS = 20_000
const RENEW_MS = 5_000
/** What is on its way when the program is stopped may arrive: cut off, it might have been taken and would be sent again. */
const GRACE_MS = 3_000
const FIRST_WAIT_MS = 5_000
const LONGEST_WAIT_MS = 3_600_000

/** Milliseconds until the next try after `attempts` failed ones: 5 s, doubled each time up to an hour, a quarter of it by chance. */
export function backOff(attempts: number, random: () => number): number {
  const full = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** Math.min(attempts - 1, 20))
  return Math.round(full * (0.75 + random() / 4))
}

/** Sends one claimed delivery and writes down what became of it. Returns whether it arrived. */
export async function deliver(
  parts: OutboxParts,
  { channel, delivery, signal }: { channel: Channel; delivery: ClaimedDelivery; signal: AbortSignal },
): Promise<boolean> {
  const data = { channel: channel.name, message: delivery.message.id, delivery: delivery.id }
  try {
    await send(parts, { channel, delivery, signal })
  } catch (error) {
    // Stopped by ourselves: the claim is given back, and it counts as no try.
    if (signal.aborted) await releaseClaim(parts.db, delivery.id, parts.clock.now())
    else await noteFailure(parts, { delivery, error, data })
    return false
  }
  await note(parts, {
    kind: 'message.delivered',
    data,
    write: (db) => markDelivered(db, delivery.id, parts.clock.now()),
  })
  parts.log.info({ channel: channel.name, message: delivery.message.id }, 'Message delivered')
  return true
}

/** Sends while the claim is renewed. Rejects at the latest after `SEND_MS`, or soon after `signal`, whatever the channel does. */
async function send(
  parts: OutboxParts,
  { channel, delivery, signal }: { channel: Channel; delivery: ClaimedDelivery; signal: AbortSignal },
): Promise<void> {
  const { clock, db } = parts
  signal.throwIfAborted()
  const sent = new AbortController()
  const cut = new AbortController()
  const stopping = (): void => {
    void clock.sleep(GRACE_MS, sent.signal).then(
      () => cut.abort(signal.reason),
      () => {},
    )
  }
  signal.addEventListener('abort', stopping, { once: true })
  const limit = AbortSignal.any([cut.signal, AbortSignal.timeout(SEND_MS)])
  const isCut = new Promise<never>((_, reject) => {
    limit.addEventListener('abort', () => reject(limit.reason), { once: true, signal: sent.signal })
  })
  const renewing = setInterval(() => {
    const until = new Date(clock.now().getTime() + CLAIM_MS)
    extendClaim(db, delivery.id, until).catch(() => {})
  }, RENEW_MS)
  try {
    await Promise.race([channel.send(delivery.message, { id: delivery.id, signal: limit }), isCut])
  } finally {
    clearInterval(renewing)
    signal.removeEventListener('abort', stopping)
    sent.abort()
  }
}

async function noteFailure(
  parts: OutboxParts,
  { delivery, error, data }: { delivery: ClaimedDelivery; error: unknown; data: Record<string, unknown> },
): Promise<void> {
  const attempts = delivery.attempts + 1
  const text = describeError(error)
  const isLast = !isTransient(error) || attempts > parts.retries
  const waitMs = Math.max(backOff(attempts, parts.random), retryAfterOf(error))
  const nextAt = isLast ? undefined : new Date(parts.clock.now().getTime() + waitMs)
  await note(parts, {
    kind: isLast ? 'message.failed' : undefined,
    data: { ...data, error: text, attempts },
    write: (db) => markFailed(db, delivery.id, { error: text, nextAt }),
  })
  const fields = {
    channel: delivery.channel,
    message: delivery.message.id,
    attempts,
    error: text,
    ...(nextAt === undefined ? {} : { nextTry: nextAt.toISOString() }),
  }
  if (isLast) parts.log.error(fields, 'Message could not be delivered; it is kept as failed and can be repeated')
  else parts.log.warn(fields, 'Message not delivered yet')
}

async function note(
  { db, clock, changed }: OutboxParts,
  {
    kind,
    data,
    write,
  }: { kind: EventKind | undefined; data: Record<string, unknown>; write: (db: Db) => Promise<void> },
): Promise<void> {
  await db.transaction().execute(async (transaction) => {
    await write(transaction)
    if (kind !== undefined) await recordEvent(transaction, { kind, data, now: clock.now() })
  })
  changed()
}

/** Only an error that says so is worth another try; a time-out of ours is, a template that fails on an entry is not. */
function isTransient(error: unknown): boolean {
  if (error instanceof Failure) return error.code === 'unavailable'
  if (error instanceof Error && error.name === 'TimeoutError') return true
  return (error as { transient?: unknown }).transient === true
}

function retryAfterOf(error: unknown): number {
  const { retryAfterMs } = error as { retryAfterMs?: unknown }
  return typeof retryAfterMs === 'number' ? retryAfterMs : 0
}
