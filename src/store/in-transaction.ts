import type { Transaction } from 'kysely'
import type { Db, Tables } from './tables.ts'

/** Runs `work` in a transaction, or in the one that `db` is already. What throws undoes everything. */
export async function inTransaction<Result>(db: Db, work: (db: Db) => Promise<Result>): Promise<Result> {
  if (db.isTransaction) return await work(db)
  return await db.transaction().execute((transaction: Transaction<Tables>) => work(transaction))
}
