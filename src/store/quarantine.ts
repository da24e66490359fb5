import type { Db } from './tables.ts'

/** An image that failed its gate on a host, and is not tried there again. */
export interface Quarantined {
  /** Registry and repository. */
  readonly name: string
  readonly digest: string
  readonly tag: string | undefined
  readonly host: string
  readonly reason: string
  readonly createdAt: string
}

/** Sets an image aside on a host; the last reason stands. */
export async function putInQuarantine(db: Db, image: Omit<Quarantined, 'createdAt'>, now: Date): Promise<void> {
  const { name, digest, host, reason } = image
  const changing = { tag: image.tag ?? null, reason, created_at: now.toISOString() }
  await db
    .insertInto('quarantine')
    .values({ name, digest, host, ...changing })
    .onConflict((conflict) => conflict.columns(['name', 'digest', 'host']).doUpdateSet(changing))
    .execute()
}

/** Everything that is set aside, or what is of one image name; the newest first. */
export async function listQuarantine(db: Db, { name }: { name?: string | undefined } = {}): Promise<Quarantined[]> {
  let query = db.selectFrom('quarantine').selectAll().orderBy('created_at', 'desc').orderBy('digest')
  if (name !== undefined) query = query.where('name', '=', name)
  return (await query.execute()).map(({ created_at, tag, ...row }) => ({
    ...row,
    tag: tag ?? undefined,
    createdAt: created_at,
  }))
}

/** Lets it be tried again there. Returns whether it was set aside. */
export async function takeFromQuarantine(
  db: Db,
  { name, digest, host }: Pick<Quarantined, 'name' | 'digest' | 'host'>,
): Promise<boolean> {
  const { numDeletedRows } = await db
    .deleteFrom('quarantine')
    .where('name', '=', name)
    .where('digest', '=', digest)
    .where('host', '=', host)
    .executeTakeFirst()
  return numDeletedRows > 0n
}
