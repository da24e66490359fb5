import { Failure } from '../domain/failure.ts'
import type { Entry, Teller } from '../domain/message.ts'
import { recordEvent } from './events.ts'
import { inTransaction } from './in-transaction.ts'
import { type Db, fromJson, type Json, toJson, type UpdatesTable } from './tables.ts'

/** What another watcher reported about an image, as the table of the dashboard contract keeps it. */
export type UpdateReport = Pick<
  UpdatesTable,
  | 'image'
  | 'diun_version'
  | 'hostname'
  | 'status'
  | 'provider'
  | 'hub_link'
  | 'mime_type'
  | 'digest'
  | 'created'
  | 'platform'
> & {
  /** As it came; the four `ctn_` fields have columns of their own. */
  readonly metadata: Readonly<Record<string, unknown>>
}

/** A row of the table with the tag that people gave the image. */
export interface ListedUpdate {
  readonly row: Omit<UpdatesTable, 'source'> & { readonly source: string }
  readonly metadata: Readonly<Record<string, unknown>>
  readonly tag: { readonly id: number; readonly name: string } | null
}

/** Keeps a report: the whole row of its image is replaced and waits again. The image's tag stays. */
export async function receiveReport(db: Db, report: UpdateReport, now: Date): Promise<void> {
  const { metadata, ...columns } = report
  const row = {
    ...columns,
    ...containerColumns(metadata),
    received_at: secondsOf(now),
    acknowledged_at: null,
    metadata_json: toJson(metadata),
    source: 'webhook',
  }
  const { image, hostname, provider, status, digest } = report
  await inTransaction(db, async (within) => {
    await upsert(within, row)
    await recordEvent(within, {
      kind: 'report.received',
      subject: image,
      data: { hostname, provider, status, digest },
      now,
    })
  })
}

/**
 * Keeps what this server found itself. An acknowledgement stays while digest and newer tag are the same, unless the
 * image had been current in between. `image` is the reference in use (`image_state.reference`), which the inbox joins
 * by. Writes no event: whoever calls it records the finding in the same transaction.
 */
export async function putFinding(
  db: Db,
  entry: Entry,
  { image, teller, now }: { image: string; teller: Teller; now: Date },
): Promise<void> {
  const known = await db.selectFrom('updates').selectAll().where('image', '=', image).executeTakeFirst()
  const metadata = { ...(entry.metadata ?? {}), ...findingMetadata(entry) }
  const same = known !== undefined && isSameFinding(known, entry)
  await upsert(db, {
    image,
    diun_version: teller.version,
    hostname: teller.hostname,
    status: entry.status,
    provider: entry.provider,
    hub_link: entry.hubLink,
    mime_type: entry.mimeType,
    digest: entry.digest,
    created: entry.created ?? '',
    platform: entry.platform,
    ...containerColumns({ ctn_names: entry.workloads.map(({ name }) => name).join(','), ...metadata }),
    received_at: same ? known.received_at : secondsOf(now),
    acknowledged_at: same ? known.acknowledged_at : null,
    metadata_json: toJson(metadata),
    source: 'check',
  })
}

/** The image is current again: what this server had found waits no longer. Other watchers' reports are left alone. */
export async function settleFinding(db: Db, image: string, now: Date): Promise<void> {
  await inTransaction(db, async (within) => {
    const row = await within
      .selectFrom('updates')
      .select(['metadata_json', 'acknowledged_at'])
      .where('image', '=', image)
      .where('source', '=', 'check')
      .executeTakeFirst()
    const metadata = row === undefined ? {} : metadataOf(row)
    if (row === undefined || 'settled_at' in metadata) return
    await within
      .updateTable('updates')
      .set({
        acknowledged_at: row.acknowledged_at ?? acknowledgedText(now),
        metadata_json: toJson({ ...metadata, settled_at: secondsOf(now) }),
      })
      .where('image', '=', image)
      .execute()
    if (row.acknowledged_at !== null) return
    await recordEvent(within, { kind: 'update.acknowledged', subject: image, data: { by: 'check' }, now })
  })
}

/** Every row with its tag, oldest first. */
export async function listUpdates(db: Db): Promise<ListedUpdate[]> {
  const rows = await db
    .selectFrom('updates')
    .leftJoin('tag_assignments', 'tag_assignments.image', 'updates.image')
    .leftJoin('tags', 'tags.id', 'tag_assignments.tag_id')
    .selectAll('updates')
    .select(['tags.id as tag_id', 'tags.name as tag_name'])
    .orderBy('updates.received_at')
    .orderBy('updates.image')
    .execute()
  return rows.map(({ tag_id, tag_name, ...row }) => ({
    row,
    metadata: metadataOf(row),
    tag: tag_id === null || tag_name === null ? null : { id: tag_id, name: tag_name },
  }))
}

/** Somebody has seen it. Again is fine, and renews the time. @throws Failure `not-found`. */
export async function acknowledgeUpdate(db: Db, image: string, now: Date): Promise<void> {
  await setAcknowledged(db, image, { at: acknowledgedText(now), now })
}

/** It waits again. @throws Failure `not-found`. */
export async function unacknowledgeUpdate(db: Db, image: string, now: Date): Promise<void> {
  await setAcknowledged(db, image, { at: null, now })
}

async function setAcknowledged(db: Db, image: string, { at, now }: { at: string | null; now: Date }): Promise<void> {
  await inTransaction(db, async (within) => {
    const { numUpdatedRows } = await within
      .updateTable('updates')
      .set({ acknowledged_at: at })
      .where('image', '=', image)
      .executeTakeFirst()
    if (numUpdatedRows === 0n) {
      throw new Failure('not-found', `Nothing is known about an update of "${image}".`, {
        remedy: 'Use the image exactly as /api/updates names it.',
      })
    }
    const data = { acknowledged: at !== null, by: 'person' }
    await recordEvent(within, { kind: 'update.acknowledged', subject: image, data, now })
  })
}

async function upsert(db: Db, row: Omit<UpdatesTable, 'source'> & { source: string }): Promise<void> {
  const { image: _, ...changing } = row
  await db
    .insertInto('updates')
    .values(row)
    .onConflict((conflict) => conflict.column('image').doUpdateSet(changing))
    .execute()
}

function isSameFinding(known: Pick<UpdatesTable, 'digest' | 'metadata_json'>, entry: Entry): boolean {
  const before = metadataOf(known)
  return known.digest === entry.digest && before.newer_tag === entry.newerTag && !('settled_at' in before)
}

function findingMetadata({ newerTag, level, reason, from }: Entry): Record<string, string> {
  return {
    reason,
    ...(newerTag === undefined ? {} : { newer_tag: newerTag }),
    ...(level === undefined ? {} : { level }),
    ...(from.tag === undefined ? {} : { from_tag: from.tag }),
    ...(from.digest === undefined ? {} : { from_digest: from.digest }),
  }
}

function containerColumns(metadata: Readonly<Record<string, unknown>>) {
  return {
    ctn_name: textOf(metadata.ctn_names),
    ctn_id: textOf(metadata.ctn_id),
    ctn_state: textOf(metadata.ctn_state),
    ctn_status: textOf(metadata.ctn_status),
  }
}

function metadataOf({ metadata_json }: Pick<UpdatesTable, 'metadata_json'>): Record<string, unknown> {
  return metadata_json === null ? {} : fromJson(metadata_json as Json<Record<string, unknown>>)
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : ''
}

/** RFC 3339 UTC with whole seconds, as the contract's samples have it. */
function secondsOf(now: Date): string {
  return `${now.toISOString().slice(0, 19)}Z`
}

/** As SQLite's `datetime('now')` writes it. */
function acknowledgedText(now: Date): string {
  return now.toISOString().slice(0, 19).replace('T', ' ')
}
