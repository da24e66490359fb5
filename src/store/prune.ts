import { setImmediate as breathe } from 'node:timers/promises'
import { type RawBuilder, sql } from 'kysely'
import type { Db } from './tables.ts'

interface PruneOptions {
  /** What is older goes. */
  readonly days?: number
  /** The most events that stay, whatever their age. */
  readonly mostEvents?: number
}

const DAYS = 90
const MOST_EVENTS = 100_000
/** Rows in one statement: a larger one would hold up what else is to be written. */
const CHUNK = 1000
const DAY_MS = 86_400_000

/**
 * Lets go of old events, checks, workloads that are gone, and messages of which every delivery arrived. What waits to be
 * delivered or failed stays however old it is, and so does the newest event and the newest check. Returns how many rows went.
 */
export async function prune(
  db: Db,
  now: Date,
  { days = DAYS, mostEvents = MOST_EVENTS }: PruneOptions = {},
): Promise<number> {
  const before = new Date(now.getTime() - days * DAY_MS).toISOString()
  const rules = [
    sql`delete from event where id in (select id from event where id < (select max(id) from event)
      and (at < ${before} or id <= (select max(id) from event) - ${mostEvents}) order by id limit ${CHUNK})`,
    sql`delete from check_run where id in (select id from check_run where started_at < ${before}
      and id < (select max(id) from check_run where finished_at is not null) order by id limit ${CHUNK})`,
    sql`delete from message where id in (select id from message where created_at < ${before} and not exists
      (select 1 from delivery where message_id = message.id and state <> 'delivered') limit ${CHUNK})`,
    sql`delete from workload where id in (select id from workload where gone_at < ${before} limit ${CHUNK})`,
  ]
  let gone = 0
  for (const rule of rules) gone += await repeat(db, rule)
  return gone
}

async function repeat(db: Db, rule: RawBuilder<unknown>): Promise<number> {
  for (let gone = 0; ; await breathe()) {
    const count = Number((await rule.execute(db)).numAffectedRows ?? 0n)
    gone += count
    if (count < CHUNK) return gone
  }
}
