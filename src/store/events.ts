import { type Db, fromJson, toJson } from './tables.ts'

/** One line of what happened. */
export interface RecordedEvent {
  readonly id: number
  /** ISO time. */
  readonly at: string
  readonly kind: EventKind
  /** The workload or image it is about. */
  readonly subject: string | undefined
  readonly data: Readonly<Record<string, unknown>>
}

export type EventKind =
  | 'check.started'
  | 'check.finished'
  | 'image.found'
  | 'image.failed'
  | 'image.settled'
  | 'workload.came'
  | 'workload.went'
  | 'workload.problem'
  | 'provider.failed'
  | 'provider.answered'
  | 'report.received'
  | 'update.acknowledged'
  | 'tags.changed'
  | 'message.queued'
  | 'message.delivered'
  | 'message.failed'
  | 'message.repeated'
  | 'hold.set'
  | 'hold.released'
  | 'update.approved'
  | 'updates.paused'
  | 'updates.resumed'
  | 'hook.run'
  | 'update.begun'
  | 'update.phase'
  | 'update.committed'
  | 'update.rolled-back'
  | 'update.needs-operator'
  | 'database.recovered'

/** Writes an event down. Secrets never belong in `data`. */
export async function recordEvent(
  db: Db,
  {
    kind,
    subject,
    data = {},
    now,
  }: { kind: EventKind; subject?: string | undefined; data?: Record<string, unknown>; now: Date },
): Promise<number> {
  const { id } = await db
    .insertInto('event')
    .values({ at: now.toISOString(), kind, subject: subject ?? null, data: toJson(data) })
    .returning('id')
    .executeTakeFirstOrThrow()
  return Number(id)
}

/** Events after `id`, oldest first. */
export async function eventsAfter(db: Db, id: number, most: number): Promise<RecordedEvent[]> {
  const rows = await db.selectFrom('event').selectAll().where('id', '>', id).orderBy('id').limit(most).execute()
  return rows.map(toEvent)
}

/** The newest events, newest first. `before`: only older ones, for the next page. */
export async function latestEvents(
  db: Db,
  { most, before, subject }: { most: number; before?: number | undefined; subject?: string | undefined },
): Promise<RecordedEvent[]> {
  let query = db.selectFrom('event').selectAll().orderBy('id', 'desc').limit(most)
  if (before !== undefined) query = query.where('id', '<', before)
  if (subject !== undefined) query = query.where('subject', '=', subject)
  return (await query.execute()).map(toEvent)
}

/** Id of the newest event; 0 when there is none. */
export async function lastEventId(db: Db): Promise<number> {
  const row = await db
    .selectFrom('event')
    .select((query) => query.fn.max('id').as('id'))
    .executeTakeFirst()
  return Number(row?.id ?? 0)
}

function toEvent(row: { id: number; at: string; kind: string; subject: string | null; data: string }): RecordedEvent {
  return {
    id: row.id,
    at: row.at,
    kind: row.kind as EventKind,
    subject: row.subject ?? undefined,
    data: fromJson(row.data) as Record<string, unknown>,
  }
}
