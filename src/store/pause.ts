import type { Db } from './tables.ts'

/** Nothing is updated by itself: who said so, and until when. */
export interface Pause {
  /** ISO time; undefined: until it is taken back. */
  readonly until: string | undefined
  readonly actor: string
}

const KEY = 'updates.paused'

/** The pause that stands now. One that has reached its end is none any more. */
export async function readPause(db: Db, now: Date): Promise<Pause | undefined> {
  const row = await db.selectFrom('setting').select('value').where('key', '=', KEY).executeTakeFirst()
  if (row === undefined) return undefined
  const { until, actor } = JSON.parse(row.value) as { until?: string; actor: string }
  return until !== undefined && until <= now.toISOString() ? undefined : { until, actor }
}

export async function writePause(db: Db, pause: Pause): Promise<void> {
  const value = JSON.stringify(pause)
  await db
    .insertInto('setting')
    .values({ key: KEY, value })
    .onConflict((conflict) => conflict.column('key').doUpdateSet({ value }))
    .execute()
}

/** Ends it. Returns whether one was written down. */
export async function deletePause(db: Db): Promise<boolean> {
  const { numDeletedRows } = await db.deleteFrom('setting').where('key', '=', KEY).executeTakeFirst()
  return numDeletedRows > 0n
}
