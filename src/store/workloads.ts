import { formatImageReference } from '../domain/image-reference.ts'
import { formatPlatform } from '../domain/platform.ts'
import type { Workload } from '../domain/workload.ts'
import { chunks } from './chunks.ts'
import { type Db, fromJson, toJson, type WorkloadTable } from './tables.ts'
import { namesOf, upsert } from './upsert.ts'

/** A workload as it is kept: with the image it is judged under. */
export interface KeptWorkload {
  readonly workload: Workload
  /** Key of its `image_state` row; undefined when it is not checkable. */
  readonly imageKey: string | undefined
}

/** One of a provider's places. */
export interface Place {
  readonly provider: string
  readonly host: string
}

/** A workload as it is shown. */
export interface WorkloadRow {
  readonly id: string
  readonly provider: string
  readonly host: string
  readonly name: string
  readonly image: string
  readonly platform: string
  readonly state: string | undefined
  readonly notCheckable: string | undefined
  readonly imageKey: string | undefined
}

/**
 * Writes down what one provider's place runs now. What was there before and is not any more is marked as gone.
 * Returns the ids that came and went, for the events.
 */
export async function replaceWorkloads(
  db: Db,
  place: Place,
  { workloads, now }: { workloads: readonly KeptWorkload[]; now: Date },
): Promise<{ came: string[]; went: string[] }> {
  const at = now.toISOString()
  const ids = await presentIn(db, place).select('id').execute()
  const before = new Set(ids.map(({ id }) => id))
  const present = new Set(workloads.map(({ workload }) => workload.id))
  for (const chunk of chunks(workloads))
    await writeChanged(
      db,
      place,
      chunk.map((kept) => rowOf(kept, at)),
    )
  const went = [...before].filter((id) => !present.has(id))
  for (const id of went) await db.updateTable('workload').set({ gone_at: at }).where('id', '=', id).execute()
  await markSeen(db, place, at)
  return { came: [...present].filter((id) => !before.has(id)), went }
}

/** Everything that runs now, by name. */
export async function listWorkloads(db: Db): Promise<WorkloadRow[]> {
  const rows = await db
    .selectFrom('workload')
    .selectAll()
    .where('gone_at', 'is', null)
    .orderBy('host')
    .orderBy('name')
    .execute()
  return rows.map((row) => ({
    id: row.id,
    provider: row.provider,
    host: row.host,
    name: row.name,
    image: row.image,
    platform: row.platform,
    state: fromJson(row.running).state,
    notCheckable: row.not_checkable ?? undefined,
    imageKey: row.image_key ?? undefined,
  }))
}

function presentIn(db: Db, { provider, host }: Place) {
  return db
    .selectFrom('workload')
    .where('provider', '=', provider)
    .where('host', '=', host)
    .where('gone_at', 'is', null)
}

/** What nothing changed about needs no statement of its own. */
async function writeChanged(db: Db, place: Place, rows: readonly WorkloadTable[]): Promise<void> {
  const ids = rows.map(({ id }) => id)
  const kept = await presentIn(db, place).selectAll().where('id', 'in', ids).execute()
  const before = new Map(kept.map((row) => [row.id, row]))
  for (const row of rows) if (!isSame(before.get(row.id), row)) await write(db, row)
}

function isSame(before: WorkloadTable | undefined, row: WorkloadTable): boolean {
  if (before === undefined) return false
  const columns = Object.keys(row) as (keyof WorkloadTable)[]
  return columns.every((name) => name === 'first_seen_at' || name === 'seen_at' || before[name] === row[name])
}

async function markSeen(db: Db, place: Place, at: string): Promise<void> {
  await db
    .updateTable('workload')
    .set({ seen_at: at })
    .where('provider', '=', place.provider)
    .where('host', '=', place.host)
    .where('gone_at', 'is', null)
    .execute()
}

async function write(db: Db, row: WorkloadTable): Promise<void> {
  const { id: _, first_seen_at: __, ...changing } = row
  await upsert(db, { into: 'workload', row, key: ['id'], changing: namesOf(changing) })
}

function rowOf({ workload, imageKey }: KeptWorkload, at: string): WorkloadTable {
  return {
    id: workload.id,
    provider: workload.provider,
    host: workload.host,
    name: workload.name,
    image: workload.image,
    reference: workload.reference === undefined ? null : formatImageReference(workload.reference),
    platform: formatPlatform(workload.platform),
    running: toJson(workload.running),
    settings: toJson(workload.settings),
    metadata: toJson({ ...workload.metadata }),
    not_checkable: workload.notCheckable ?? null,
    image_key: imageKey ?? null,
    first_seen_at: at,
    seen_at: at,
    gone_at: null,
  }
}
