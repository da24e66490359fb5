import { type Db, fromJson, toJson } from './tables.ts'

export type CheckCause = 'startup' | 'schedule' | 'manual' | 'change'

export interface CheckRun {
  readonly id: number
  readonly cause: string
  readonly startedAt: string
  readonly finishedAt: string | undefined
  readonly counts: Readonly<Record<string, number>>
}

/** Writes down that a check begins. */
export async function startCheckRun(db: Db, { cause, now }: { cause: CheckCause; now: Date }): Promise<number> {
  const { id } = await db
    .insertInto('check_run')
    .values({ cause, started_at: now.toISOString(), finished_at: null, counts: null })
    .returning('id')
    .executeTakeFirstOrThrow()
  return Number(id)
}

/** Writes down how it ended: how many images in which status. */
export async function finishCheckRun(
  db: Db,
  id: number,
  { counts, now }: { counts: Record<string, number>; now: Date },
): Promise<void> {
  await db
    .updateTable('check_run')
    .set({ finished_at: now.toISOString(), counts: toJson(counts) })
    .where('id', '=', id)
    .execute()
}

/** The newest check that came to its end. */
export async function lastCheckRun(db: Db): Promise<CheckRun | undefined> {
  const row = await db
    .selectFrom('check_run')
    .selectAll()
    .where('finished_at', 'is not', null)
    .orderBy('id', 'desc')
    .executeTakeFirst()
  if (row === undefined) return undefined
  return {
    id: row.id,
    cause: row.cause,
    startedAt: row.started_at,
    finishedAt: row.finished_at ?? undefined,
    counts: row.counts === null ? {} : fromJson(row.counts),
  }
}
