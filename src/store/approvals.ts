import type { Db } from './tables.ts'

/** A person's yes to one image for one workload. */
export interface Approval {
  readonly workload: string
  readonly tag: string | undefined
  readonly digest: string
  readonly actor: string
  readonly createdAt: string
}

/** Writes a yes down; one that was said already stays as it is. */
export async function putApproval(db: Db, approval: Omit<Approval, 'createdAt'>, now: Date): Promise<void> {
  const { workload, digest, actor } = approval
  await db
    .insertInto('approval')
    .values({ workload, digest, actor, tag: approval.tag ?? null, created_at: now.toISOString() })
    .onConflict((conflict) => conflict.columns(['workload', 'digest']).doNothing())
    .execute()
}

/** What was said yes to, of one workload or of all; the oldest first. */
export async function listApprovals(db: Db, { workload }: { workload?: string | undefined } = {}): Promise<Approval[]> {
  let query = db.selectFrom('approval').selectAll().orderBy('created_at').orderBy('digest')
  if (workload !== undefined) query = query.where('workload', '=', workload)
  return (await query.execute()).map(({ created_at, tag, ...row }) => ({
    ...row,
    tag: tag ?? undefined,
    createdAt: created_at,
  }))
}

/** Takes every yes of a workload back. Returns how many there were. */
export async function deleteApprovals(db: Db, workload: string): Promise<number> {
  const { numDeletedRows } = await db.deleteFrom('approval').where('workload', '=', workload).executeTakeFirst()
  return Number(numDeletedRows)
}
