import { type Kysely, sql } from 'kysely'

/** The journal of updates, and what people and gates have decided about workloads. */
export async function up(db: Kysely<never>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(db)
}

const STATEMENTS = [
  'alter table message add column text text',
  `create table "update" (
    id text primary key, workload text not null, host text not null, name text not null, updater text not null,
    phase text not null, cause text not null, actor text not null, plan text not null, started_at text not null,
    changed_at text not null, finished_at text, error text, commands text not null default '[]')`,
  // Two updates of one workload would park each other's containers.
  `create unique index update_open on "update"(workload) where phase not in ('committed', 'rolled-back')`,
  'create index update_by_workload on "update"(workload, started_at)',
  `create table update_step (
    id integer primary key autoincrement, "update" text not null references "update"(id) on delete cascade, at text not null,
    phase text not null, step text not null, kind text not null check (kind in ('intent', 'done', 'failed', 'note')),
    detail text not null)`,
  'create index update_step_by_update on update_step("update", id)',
  `create table lease (name text primary key, holder text not null, token integer not null, until text not null)`,
  `create table hold (
    id text primary key, workload text not null, kind text not null check (kind in ('hold', 'skip', 'snooze', 'pin')),
    tag text, digest text, until text, reason text, actor text not null, created_at text not null)`,
  'create index hold_by_workload on hold(workload)',
  `create table quarantine (
    name text not null, digest text not null, tag text, host text not null, reason text not null, created_at text not null,
    primary key (name, digest, host))`,
  `create table approval (
    workload text not null, tag text, digest text not null, actor text not null, created_at text not null,
    primary key (workload, digest))`,
  // Which digests a tag has had, in the order in which they were seen.
  `create table sighting (
    id integer primary key autoincrement, name text not null, tag text not null, digest text not null, at text not null,
    unique (name, tag, digest))`,
  'insert into sighting (name, tag, digest, at) select name, tag, digest, answered_at from tag_digest',
]
