import { isFinished } from '../domain/update.ts'
import type { Db, HoldTable } from './tables.ts'

/** What the store knows of updates of workloads, in numbers, for metrics. */
export interface UpdateMeasures {
  /** Of every finished update: how it ended, and how long it took in seconds. */
  readonly finished: readonly { readonly outcome: string; readonly seconds: number }[]
  readonly underWay: number
  readonly needOperator: number
  /** Holds that stand now, by kind. */
  readonly holds: ReadonlyMap<HoldTable['kind'], number>
}

/** Counts updates and holds as they are at `now`. */
export async function readUpdateMeasures(db: Db, now: Date): Promise<UpdateMeasures> {
  const updates = await db.selectFrom('update').select(['phase', 'started_at', 'finished_at']).execute()
  const holds = await db
    .selectFrom('hold')
    .select(({ fn }) => ['kind', fn.countAll<number>().as('count')])
    .where(({ eb, or }) => or([eb('until', 'is', null), eb('until', '>', now.toISOString())]))
    .groupBy('kind')
    .execute()
  const open = updates.filter(({ phase }) => !isFinished(phase))
  return {
    finished: updates
      .filter(({ phase }) => isFinished(phase))
      .map(({ phase, started_at, finished_at }) => ({
        outcome: phase,
        seconds: (Date.parse(finished_at ?? started_at) - Date.parse(started_at)) / 1000,
      })),
    underWay: open.filter(({ phase }) => phase !== 'needs-operator').length,
    needOperator: open.filter(({ phase }) => phase === 'needs-operator').length,
    holds: new Map(holds.map(({ kind, count }) => [kind, Number(count)])),
  }
}
