import { lastCheckRun } from './checks.ts'
import { lastEventId } from './events.ts'
import { listImages } from './images.ts'
import { readInbox } from './inbox.ts'
import { countDeliveries } from './outbox.ts'
import type { Db } from './tables.ts'
import { listWorkloads } from './workloads.ts'

/** What the store knows in numbers, for metrics. Times are seconds since the epoch. */
export async function readMeasures(db: Db) {
  const workloads = await listWorkloads(db)
  const providers = new Map(workloads.map(({ imageKey, provider }) => [imageKey, provider]))
  const states = await listImages(db)
  const inbox = await readInbox(db)
  const { checks } = await db
    .selectFrom('check_run')
    // Old checks are let go of, so their number is that of the newest.
    .select((query) => query.fn.max('id').as('checks'))
    .where('finished_at', 'is not', null)
    .executeTakeFirstOrThrow()
  const last = await lastCheckRun(db)
  return {
    workloads,
    images: states.map(({ key, reference, status, checked_at }) => ({
      reference,
      status,
      provider: providers.get(key) ?? '',
      checkedAt: secondsOf(checked_at),
    })),
    waiting: inbox.filter(({ acknowledged }) => !acknowledged).length,
    checks: Number(checks ?? 0),
    lastCheck: last === undefined ? undefined : lengthOf(last),
    deliveries: await countDeliveries(db),
    lastEventId: await lastEventId(db),
  }
}

function lengthOf({ startedAt, finishedAt }: { startedAt: string; finishedAt: string | undefined }) {
  const endedAt = secondsOf(finishedAt ?? startedAt)
  return { endedAt, seconds: endedAt - secondsOf(startedAt) }
}

function secondsOf(time: string): number {
  return Date.parse(time) / 1000
}
