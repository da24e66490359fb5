import type { Db } from './tables.ts'

/** The right to act on something alone. */
export interface Lease {
  readonly name: string
  /** Larger than that of every holder before: one who was believed dead is found out by it. */
  readonly token: number
}

export interface LeaseRequest {
  readonly name: string
  readonly holder: string
  readonly now: Date
  readonly until: Date
  /** Whether a holder is known to be dead, so that nobody need wait until its lease has run out. */
  readonly isDead: (holder: string) => boolean
}

/** Takes a lease that nobody holds, or whose holder let it run out or is dead. Undefined while somebody else holds it. */
export async function takeLease(db: Db, request: LeaseRequest): Promise<Lease | undefined> {
  const { name, holder, now, until, isDead } = request
  const row = await db.selectFrom('lease').selectAll().where('name', '=', name).executeTakeFirst()
  const isHeld = row !== undefined && row.until > now.toISOString() && row.holder !== holder && !isDead(row.holder)
  if (isHeld) return undefined
  const token = (row?.token ?? 0) + 1
  const values = { holder, token, until: until.toISOString() }
  // Of two who found it free, the one whose statement comes first has changed what the other's looks for.
  const taken =
    row === undefined
      ? await db
          .insertInto('lease')
          .values({ name, ...values })
          .onConflict((conflict) => conflict.doNothing())
          .executeTakeFirst()
          .then(({ numInsertedOrUpdatedRows }) => numInsertedOrUpdatedRows)
      : await db
          .updateTable('lease')
          .set(values)
          .where('name', '=', name)
          .where('token', '=', row.token)
          .executeTakeFirst()
          .then(({ numUpdatedRows }) => numUpdatedRows)
  return Number(taken) === 1 ? { name, token } : undefined
}

/** Holds on to it. Returns false when somebody else has taken it: then nothing more may be done under it. */
export async function renewLease(db: Db, lease: Lease, until: Date): Promise<boolean> {
  const { numUpdatedRows } = await db
    .updateTable('lease')
    .set({ until: until.toISOString() })
    .where('name', '=', lease.name)
    .where('token', '=', lease.token)
    .executeTakeFirst()
  return Number(numUpdatedRows) === 1
}

/** Gives it back. The row stays, so that tokens go on growing. */
export async function releaseLease(db: Db, lease: Lease, now: Date): Promise<void> {
  await renewLease(db, lease, now)
}
