import { randomUUID } from 'node:crypto'
import { isFinished, type Phase, type Plan, type Update, type UpdateCause, type UpdateStep } from '../domain/update.ts'
import { type Db, fromJson, toJson, type UpdateTable } from './tables.ts'

/**
 * Writes a new update down. Undefined when the workload has an open one: the index `update_open` decides, so two
 * processes cannot both begin.
 */
export async function insertUpdate(
  db: Db,
  { plan, cause, actor, now }: { plan: Plan; cause: UpdateCause; actor: string; now: Date },
): Promise<Update | undefined> {
  const at = now.toISOString()
  const row: UpdateTable = {
    id: randomUUID(),
    workload: plan.workload,
    host: plan.host,
    name: plan.name,
    updater: plan.updater,
    phase: 'planned',
    cause,
    actor,
    plan: toJson(plan),
    started_at: at,
    changed_at: at,
    finished_at: null,
    error: null,
    commands: toJson([]),
  }
  const { numInsertedOrUpdatedRows } = await db
    .insertInto('update')
    .values(row)
    .onConflict((conflict) => conflict.doNothing())
    .executeTakeFirst()
  return Number(numInsertedOrUpdatedRows) === 1 ? toUpdate(row) : undefined
}

export interface PhaseChange {
  readonly from: Phase
  readonly to: Phase
  readonly now: Date
  readonly error?: string | undefined
  readonly commands?: readonly string[] | undefined
}

/** Moves an update on if it still is where the caller believes it to be. Returns whether it was. */
export async function movePhase(db: Db, id: string, change: PhaseChange): Promise<boolean> {
  const at = change.now.toISOString()
  const { numUpdatedRows } = await db
    .updateTable('update')
    .set({
      phase: change.to,
      changed_at: at,
      finished_at: isFinished(change.to) || change.to === 'needs-operator' ? at : null,
      ...(change.error === undefined ? {} : { error: change.error }),
      commands: toJson(change.commands ?? []),
    })
    .where('id', '=', id)
    .where('phase', '=', change.from)
    .executeTakeFirst()
  return Number(numUpdatedRows) === 1
}

/** The plan as it is known by now. */
export async function keepPlan(db: Db, id: string, plan: Plan): Promise<void> {
  await db
    .updateTable('update')
    .set({ plan: toJson(plan) })
    .where('id', '=', id)
    .execute()
}

export async function readUpdate(db: Db, id: string): Promise<Update | undefined> {
  const row = await db.selectFrom('update').selectAll().where('id', '=', id).executeTakeFirst()
  return row === undefined ? undefined : toUpdate(row)
}

export interface UpdateFilter {
  readonly workload?: string | undefined
  /** True: only those that are not finished; false: only those that are. */
  readonly open?: boolean | undefined
  readonly most: number
}

/** The newest first. */
export async function listUpdates(db: Db, { workload, open, most }: UpdateFilter): Promise<Update[]> {
  let query = db.selectFrom('update').selectAll().orderBy('started_at', 'desc').orderBy('id').limit(most)
  if (workload !== undefined) query = query.where('workload', '=', workload)
  if (open !== undefined) query = query.where('phase', open ? 'not in' : 'in', ['committed', 'rolled-back'])
  return (await query.execute()).map(toUpdate)
}

/** One line of the journal. */
export async function addStep(
  db: Db,
  {
    update,
    phase,
    step,
    kind,
    detail,
    now,
  }: Pick<UpdateStep, 'update' | 'phase' | 'step' | 'kind' | 'detail'> & {
    now: Date
  },
): Promise<void> {
  await db
    .insertInto('update_step')
    .values({ update, at: now.toISOString(), phase, step, kind, detail: toJson(detail) })
    .execute()
}

/** The journal of an update, oldest first. */
export async function listSteps(db: Db, update: string): Promise<UpdateStep[]> {
  const rows = await db.selectFrom('update_step').selectAll().where('update', '=', update).orderBy('id').execute()
  return rows.map((row) => ({ ...row, id: Number(row.id), detail: fromJson(row.detail) }))
}

function toUpdate(row: UpdateTable): Update {
  return {
    id: row.id,
    plan: fromJson(row.plan),
    phase: row.phase,
    cause: row.cause,
    actor: row.actor,
    startedAt: row.started_at,
    changedAt: row.changed_at,
    finishedAt: row.finished_at ?? undefined,
    error: row.error ?? undefined,
    commands: fromJson(row.commands),
  }
}
