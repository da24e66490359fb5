import { setImmediate } from 'node:timers/promises'
import { inTransaction } from './in-transaction.ts'
import type { Db } from './tables.ts'

/** Does this in a transaction, which others may share. Resolves when it is committed. */
export type Write = (work: (db: Db) => Promise<void>) => Promise<void>

interface Waiting {
  readonly work: (db: Db) => Promise<void>
  readonly resolve: () => void
  readonly reject: (error: unknown) => void
}

/**
 * Joins the writes of one turn of the event loop in one transaction, as every commit waits for the disk. Where that
 * fails each is tried in a transaction of its own, so that it spoils no other; a write may therefore run twice.
 */
export function groupWrites(db: Db): Write {
  let waiting: Waiting[] = []
  const commit = async (): Promise<void> => {
    await setImmediate()
    const group = waiting
    waiting = []
    try {
      await inTransaction(db, async (transaction) => {
        for (const { work } of group) await work(transaction)
      })
      for (const { resolve } of group) resolve()
    } catch (error) {
      if (group.length === 1) group[0]!.reject(error)
      else for (const { work, resolve, reject } of group) await inTransaction(db, work).then(resolve, reject)
    }
  }
  return (work) =>
    new Promise((resolve, reject) => {
      if (waiting.push({ work, resolve, reject }) === 1) void commit()
    })
}
