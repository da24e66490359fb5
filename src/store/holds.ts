import { randomUUID } from 'node:crypto'
import type { Hold } from '../domain/hold.ts'
import { inTransaction } from './in-transaction.ts'
import type { Db, HoldTable } from './tables.ts'

/**
 * Puts a hold in place. Of each kind a workload has one, and the new one replaces it; but each candidate that is passed
 * over is a `skip` of its own.
 */
export async function putHold(db: Db, hold: Omit<Hold, 'id' | 'createdAt'>, now: Date): Promise<Hold> {
  const row: HoldTable = {
    id: randomUUID(),
    workload: hold.workload,
    kind: hold.kind,
    tag: hold.tag ?? null,
    digest: hold.digest ?? null,
    until: hold.until ?? null,
    reason: hold.reason ?? null,
    actor: hold.actor,
    created_at: now.toISOString(),
  }
  await inTransaction(db, async (within) => {
    let replaced = within.deleteFrom('hold').where('workload', '=', row.workload).where('kind', '=', row.kind)
    if (row.kind === 'skip') replaced = replaced.where('digest', 'is', row.digest).where('tag', 'is', row.tag)
    await replaced.execute()
    await within.insertInto('hold').values(row).execute()
  })
  return toHold(row)
}

/** The holds of one workload or of all, the oldest first. One that has reached its end is none any more. */
export async function listHolds(
  db: Db,
  { workload, now }: { workload?: string | undefined; now: Date },
): Promise<Hold[]> {
  let query = db
    .selectFrom('hold')
    .selectAll()
    .where(({ eb, or }) => or([eb('until', 'is', null), eb('until', '>', now.toISOString())]))
    .orderBy('created_at')
    .orderBy('id')
  if (workload !== undefined) query = query.where('workload', '=', workload)
  return (await query.execute()).map(toHold)
}

/** Takes all holds of a workload back, or those of one kind. Returns how many still stood. */
export async function deleteHolds(
  db: Db,
  { workload, kind, now }: { workload: string; kind?: Hold['kind'] | undefined; now: Date },
): Promise<number> {
  return await inTransaction(db, async (within) => {
    const standing = await listHolds(within, { workload, now })
    let query = within.deleteFrom('hold').where('workload', '=', workload)
    if (kind !== undefined) query = query.where('kind', '=', kind)
    await query.execute()
    return standing.filter((hold) => kind === undefined || hold.kind === kind).length
  })
}

function toHold(row: HoldTable): Hold {
  return {
    id: row.id,
    workload: row.workload,
    kind: row.kind,
    tag: row.tag ?? undefined,
    digest: row.digest ?? undefined,
    until: row.until ?? undefined,
    reason: row.reason ?? undefined,
    actor: row.actor,
    createdAt: row.created_at,
  }
}
