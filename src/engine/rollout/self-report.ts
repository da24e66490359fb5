import type { Db } from '../../store/tables.ts'

/** What a server says when it has come up: which container it runs in. */
export interface SelfReport {
  readonly container: string
  readonly version: string
  /** ISO time. */
  readonly at: string
}

const KEY = 'self.report'

/** The report of the server that came up last. */
export async function readSelfReport(db: Db): Promise<SelfReport | undefined> {
  const row = await db.selectFrom('setting').select('value').where('key', '=', KEY).executeTakeFirst()
  return row === undefined ? undefined : (JSON.parse(row.value) as SelfReport)
}

export async function writeSelfReport(db: Db, report: SelfReport): Promise<void> {
  const value = JSON.stringify(report)
  await db
    .insertInto('setting')
    .values({ key: KEY, value })
    .onConflict((conflict) => conflict.column('key').doUpdateSet({ value }))
    .execute()
}
