import { type Kysely, sql } from 'kysely'

/** The first tables. Those of the dashboard contract may be there already, made by the program this one takes the place of. */
export async function up(db: Kysely<never>): Promise<void> {
  for (const statement of [...CONTRACT, ...OURS]) await sql.raw(statement).execute(db)
  const { rows } = await sql<{ name: string }>`select name from pragma_table_info('updates')`.execute(db)
  const has = new Set(rows.map(({ name }) => name))
  for (const [column, type] of ADDED) {
    if (!has.has(column)) await sql.raw(`alter table updates add column ${column} ${type}`).execute(db)
  }
}

const ADDED = [
  ['acknowledged_at', 'text'],
  ['metadata_json', 'text'],
  ['source', "text not null default 'webhook'"],
] as const

const TEXT = "text not null default ''"

const CONTRACT = [
  `create table if not exists updates (
    image text primary key, diun_version ${TEXT}, hostname ${TEXT}, status ${TEXT}, provider ${TEXT}, hub_link ${TEXT},
    mime_type ${TEXT}, digest ${TEXT}, created ${TEXT}, platform ${TEXT}, ctn_name ${TEXT}, ctn_id ${TEXT},
    ctn_state ${TEXT}, ctn_status ${TEXT}, received_at text not null, acknowledged_at text)`,
  'create table if not exists tags (id integer primary key autoincrement, name text not null unique)',
  `create table if not exists tag_assignments (
    image text primary key, tag_id integer not null references tags(id) on delete cascade)`,
]

const OURS = [
  `create table workload (
    id text primary key, provider text not null, host text not null, name text not null, image text not null, reference text,
    platform text not null, running text not null, settings text not null, metadata text not null, not_checkable text,
    image_key text, first_seen_at text not null, seen_at text not null, gone_at text)`,
  'create index workload_by_image on workload(image_key)',
  `create table image_state (
    key text primary key, reference text not null, name text not null, tag text, platform text not null, status text not null,
    reason text not null, current_digest text, found_digest text,
    digest_moved integer not null default 0, found_tag text, found_tag_digest text, level text, error text,
    hub_link text, seen_digest text, seen_tag text, first_seen_at text not null, checked_at text not null, answered_at text,
    stale_since text)`,
  'create index image_state_by_name on image_state(name)',
  'create index image_state_by_reference on image_state(reference)',
  `create table tag_digest (
    name text not null, tag text not null, digest text not null, media_type text not null, etag text, answered_at text not null,
    primary key (name, tag))`,
  `create table tag_list (
    name text primary key, tags text not null, etag text, first_listed_at text not null, listed_at text not null,
    first_seen text not null, pushed_at text not null)`,
  `create table manifest (
    digest text not null, platform text not null, details text not null, fetched_at text not null, primary key (digest, platform))`,
  'create table event (id integer primary key autoincrement, at text not null, kind text not null, subject text, data text not null)',
  'create index event_by_subject on event(subject, id)',
  `create table check_run (
    id integer primary key autoincrement, cause text not null, started_at text not null, finished_at text, counts text)`,
  `create table message (
    id text primary key, kind text not null, dedupe_key text not null unique, created_at text not null, entries text not null)`,
  `create table delivery (
    id text primary key, message_id text not null references message(id) on delete cascade, channel text not null,
    state text not null check (state in ('waiting', 'sending', 'delivered', 'failed')), attempts integer not null,
    next_at text not null, claimed_until text, last_error text, delivered_at text, unique (message_id, channel))`,
  "create index delivery_open on delivery(next_at) where state in ('waiting', 'sending')",
  'create table setting (key text primary key, value text not null)',
  // What people query with the sqlite3 program where Diun's documentation promised a table.
  `create view diun_entry as
    select s.reference as image, s.name as name, s.tag as tag, coalesce(s.found_digest, '') as digest, s.platform as platform,
      s.status as status, s.checked_at as checked_at, s.first_seen_at as first_seen_at, coalesce(s.hub_link, '') as hub_link
    from image_state s`,
]
