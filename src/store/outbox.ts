import type { Message } from '../domain/message.ts'
import { type Db, type DeliveryState, fromJson, toJson } from './tables.ts'

/** A delivery that this process has claimed and must send now. */
export interface ClaimedDelivery {
  readonly id: string
  readonly channel: string
  /** Tries before this one. */
  readonly attempts: number
  readonly message: Message
}

/** A delivery as it is shown. */
export interface DeliveryRow {
  readonly id: string
  readonly messageId: string
  readonly channel: string
  readonly state: DeliveryState
  readonly attempts: number
  readonly nextAt: string
  readonly lastError: string | undefined
  readonly deliveredAt: string | undefined
  readonly createdAt: string
  readonly images: readonly string[]
}

/**
 * Puts a message in the outbox of each channel; to be called in the transaction that writes the finding down.
 * The same finding becomes a message once: returns false when `dedupeKey` is known already.
 */
export async function queueMessage(
  db: Db,
  message: Message,
  { dedupeKey, channels }: { dedupeKey: string; channels: readonly string[] },
): Promise<boolean> {
  const inserted = await db
    .insertInto('message')
    .values({
      id: message.id,
      kind: message.kind,
      dedupe_key: dedupeKey,
      created_at: message.createdAt,
      entries: toJson([...message.entries] as Message['entries'] as never),
      text: message.text === undefined ? null : toJson(message.text),
    })
    .onConflict((conflict) => conflict.column('dedupe_key').doNothing())
    .returning('id')
    .executeTakeFirst()
  if (inserted === undefined) return false
  for (const channel of channels) {
    await db
      .insertInto('delivery')
      .values({
        id: `${message.id}-${channel}`,
        message_id: message.id,
        channel,
        state: 'waiting',
        attempts: 0,
        next_at: message.createdAt,
        claimed_until: null,
        last_error: null,
        delivered_at: null,
      })
      .execute()
  }
  return true
}

/**
 * Takes the next delivery of `channel` that is due, marking it as being sent until `claimUntil`; a claim that ran out
 * (its process died) is due again. One statement, so two processes never take the same one.
 */
export async function claimDelivery(
  db: Db,
  channel: string,
  { now, claimUntil }: { now: Date; claimUntil: Date },
): Promise<ClaimedDelivery | undefined> {
  const at = now.toISOString()
  const taken = await db
    .updateTable('delivery')
    .set({ state: 'sending', claimed_until: claimUntil.toISOString() })
    .where('id', '=', (query) =>
      query
        .selectFrom('delivery')
        .select('id')
        .where('channel', '=', channel)
        .where((row) =>
          row.or([
            row.and([row('state', '=', 'waiting'), row('next_at', '<=', at)]),
            row.and([row('state', '=', 'sending'), row('claimed_until', '<=', at)]),
          ]),
        )
        .orderBy('next_at')
        .orderBy('id')
        .limit(1),
    )
    .returning(['id', 'channel', 'attempts', 'message_id'])
    .executeTakeFirst()
  if (taken === undefined) return undefined
  const row = await db.selectFrom('message').selectAll().where('id', '=', taken.message_id).executeTakeFirstOrThrow()
  const message: Message = {
    id: row.id,
    kind: row.kind,
    createdAt: row.created_at,
    entries: fromJson(row.entries),
    ...(row.text === null ? {} : { text: fromJson(row.text) }),
  }
  return { id: taken.id, channel: taken.channel, attempts: taken.attempts, message }
}

/** It arrived. */
export async function markDelivered(db: Db, id: string, now: Date): Promise<void> {
  await db
    .updateTable('delivery')
    .set((row) => ({
      state: 'delivered',
      delivered_at: now.toISOString(),
      claimed_until: null,
      last_error: null,
      attempts: row('attempts', '+', 1),
    }))
    .where('id', '=', id)
    .execute()
}

/** It did not arrive: again at `nextAt`, or never when that is undefined. */
export async function markFailed(
  db: Db,
  id: string,
  { error, nextAt }: { error: string; nextAt: Date | undefined },
): Promise<void> {
  await db
    .updateTable('delivery')
    .set((row) => ({
      state: nextAt === undefined ? 'failed' : 'waiting',
      claimed_until: null,
      last_error: error,
      attempts: row('attempts', '+', 1),
      ...(nextAt === undefined ? {} : { next_at: nextAt.toISOString() }),
    }))
    .where('id', '=', id)
    .execute()
}

/** Sets a failed delivery (or all failed ones) to be tried again from the start. Returns how many. */
export async function repeatDeliveries(db: Db, { id, now }: { id?: string | undefined; now: Date }): Promise<number> {
  let query = db
    .updateTable('delivery')
    .set({ state: 'waiting', attempts: 0, next_at: now.toISOString(), claimed_until: null })
    .where('state', '=', 'failed')
  if (id !== undefined) query = query.where('id', '=', id)
  const { numUpdatedRows } = await query.executeTakeFirst()
  return Number(numUpdatedRows)
}

/** Whoever claimed it is still sending. */
export async function extendClaim(db: Db, id: string, until: Date): Promise<void> {
  await db
    .updateTable('delivery')
    .set({ claimed_until: until.toISOString() })
    .where('id', '=', id)
    .where('state', '=', 'sending')
    .execute()
}

/** Whoever claimed it will not send it: it is due again, and no try was made. */
export async function releaseClaim(db: Db, id: string, now: Date): Promise<void> {
  await db
    .updateTable('delivery')
    .set({ state: 'waiting', claimed_until: null, next_at: now.toISOString() })
    .where('id', '=', id)
    .where('state', '=', 'sending')
    .execute()
}

/** When the next delivery is due, of any of `channels`. */
export async function nextDeliveryAt(db: Db, channels: readonly string[]): Promise<Date | undefined> {
  if (channels.length === 0) return undefined
  const row = await db
    .selectFrom('delivery')
    .select((query) => query.fn.min(query.fn.coalesce('claimed_until', 'next_at')).as('at'))
    .where('state', 'in', ['waiting', 'sending'])
    .where('channel', 'in', [...channels])
    .executeTakeFirst()
  return row?.at == null ? undefined : new Date(row.at)
}

/** Deliveries, newest first. */
export async function listDeliveries(
  db: Db,
  { state, most }: { state?: DeliveryState | undefined; most: number },
): Promise<DeliveryRow[]> {
  let query = db
    .selectFrom('delivery')
    .innerJoin('message', 'message.id', 'delivery.message_id')
    .selectAll('delivery')
    .select(['message.created_at', 'message.entries'])
    .orderBy('message.created_at', 'desc')
    .orderBy('delivery.id')
    .limit(most)
  if (state !== undefined) query = query.where('delivery.state', '=', state)
  const rows = await query.execute()
  return rows.map((row) => ({
    id: row.id,
    messageId: row.message_id,
    channel: row.channel,
    state: row.state,
    attempts: row.attempts,
    nextAt: row.next_at,
    lastError: row.last_error ?? undefined,
    deliveredAt: row.delivered_at ?? undefined,
    createdAt: row.created_at,
    images: fromJson(row.entries).map(
      ({ image }) => `${image.registry}/${image.repository}${image.tag === undefined ? '' : `:${image.tag}`}`,
    ),
  }))
}

/** How many deliveries are in which state, by channel; for metrics. */
export async function countDeliveries(db: Db): Promise<{ channel: string; state: DeliveryState; count: number }[]> {
  const rows = await db
    .selectFrom('delivery')
    .select(['channel', 'state', (query) => query.fn.countAll().as('count')])
    .groupBy(['channel', 'state'])
    .execute()
  return rows.map((row) => ({ channel: row.channel, state: row.state, count: Number(row.count) }))
}
