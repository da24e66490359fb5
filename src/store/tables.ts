import type { Generated, Kysely } from 'kysely'
import type { ImageDetails } from '../domain/finding.ts'
import type { Entry, MessageKind } from '../domain/message.ts'
import type { Phase, Plan, UpdateCause, UpdateStep } from '../domain/update.ts'
import type { Running, WatchSettings } from '../domain/workload.ts'

// One interface a table; times are ISO 8601 UTC text unless a contract says otherwise. `Json` columns are parsed by the
// module of the noun, never by a plugin: a user's text that looks like JSON must stay text.

/** JSON text of a `T`. */
export type Json<T> = string & { readonly __json?: T }

/** What runs, as last seen. A workload that went away stays with `gone_at` set. */
export interface WorkloadTable {
  id: string
  provider: string
  host: string
  name: string
  image: string
  reference: string | null
  platform: string
  running: Json<Running>
  settings: Json<WatchSettings>
  metadata: Json<Record<string, string>>
  not_checkable: string | null
  image_key: string | null
  first_seen_at: string
  seen_at: string
  gone_at: string | null
}

/** What is known of one distinct image: the last answer, the last verdict, what was told. */
export interface ImageStateTable {
  key: string
  reference: string
  name: string
  tag: string | null
  platform: string
  status: string
  reason: string
  current_digest: string | null
  found_digest: string | null
  /** 1: what was found is another image for the platform than what runs. */
  digest_moved: number
  found_tag: string | null
  found_tag_digest: string | null
  level: string | null
  error: string | null
  hub_link: string | null
  /** Digest and tag of the last finding that became a message, or that the first check kept silent about. */
  seen_digest: string | null
  seen_tag: string | null
  first_seen_at: string
  checked_at: string
  answered_at: string | null
  stale_since: string | null
}

/** The registry's last answer for a tag: the validator of the next conditional request. */
export interface TagDigestTable {
  name: string
  tag: string
  digest: string
  media_type: string
  etag: string | null
  answered_at: string
}

export interface TagListTable {
  name: string
  tags: Json<string[]>
  etag: string | null
  /** Of the first listing: every tag in it counts as first seen then. */
  first_listed_at: string
  /** Of the last whole listing. */
  listed_at: string
  /** First seen times of the tags that came later. */
  first_seen: Json<Record<string, string>>
  pushed_at: Json<Record<string, string>>
}

/** Details by digest and wanted platform: content addressed, so kept for ever. */
export interface ManifestTable {
  digest: string
  platform: string
  details: Json<ImageDetails>
  fetched_at: string
}

/** The audit log: one line of what happened. `id` is what SSE clients resume from. */
export interface EventTable {
  id: Generated<number>
  at: string
  kind: string
  subject: string | null
  data: Json<Record<string, unknown>>
}

export interface CheckRunTable {
  id: Generated<number>
  cause: string
  started_at: string
  finished_at: string | null
  counts: Json<Record<string, number>> | null
}

export interface MessageTable {
  id: string
  kind: MessageKind
  /** Same finding, same key: a finding becomes a message once. */
  dedupe_key: string
  created_at: string
  entries: Json<[Entry, ...Entry[]]>
  /** Of a message that is no template's: what it says. */
  text: Json<{ title: string; body: string }> | null
}

export type DeliveryState = 'waiting' | 'sending' | 'delivered' | 'failed'

export interface DeliveryTable {
  id: string
  message_id: string
  channel: string
  state: DeliveryState
  attempts: number
  next_at: string
  /** While `sending`: until when the claim of a process stands. */
  claimed_until: string | null
  last_error: string | null
  delivered_at: string | null
}

/** Table of the dashboard contract: what waits, by image. Further columns are ours. */
export interface UpdatesTable {
  image: string
  diun_version: string
  hostname: string
  status: string
  provider: string
  hub_link: string
  mime_type: string
  digest: string
  created: string
  platform: string
  ctn_name: string
  ctn_id: string
  ctn_state: string
  ctn_status: string
  received_at: string
  /** `YYYY-MM-DD HH:MM:SS` UTC, as SQLite's `datetime('now')` writes it. */
  acknowledged_at: string | null
  /** The whole `metadata` object as it came; the four `ctn_` columns are part of the contract. */
  metadata_json: string | null
  /** `webhook`, or `check` for what this server found itself. */
  source: Generated<string>
}

export interface TagsTable {
  id: Generated<number>
  name: string
}

export interface TagAssignmentsTable {
  image: string
  tag_id: number
}

export interface SettingTable {
  key: string
  value: string
}

/** One update from its plan to its end; at most one of a workload is open (`update_open`). */
export interface UpdateTable {
  id: string
  workload: string
  host: string
  name: string
  updater: string
  phase: Phase
  cause: UpdateCause
  actor: string
  plan: Json<Plan>
  started_at: string
  changed_at: string
  finished_at: string | null
  error: string | null
  commands: Json<readonly string[]>
}

/** The journal: written before and after everything that an update changes. */
export interface UpdateStepTable {
  id: Generated<number>
  update: string
  at: string
  phase: Phase
  step: string
  kind: UpdateStep['kind']
  detail: Json<Readonly<Record<string, unknown>>>
}

/** Who may act on something alone, until when. `token` grows with every new holder, so that one who lost it is found out. */
export interface LeaseTable {
  name: string
  holder: string
  token: number
  until: string
}

/** What a person decided about a workload: to leave it (`hold`, until then: `snooze`), to pass over one candidate (`skip`), to stay on a tag (`pin`). */
export interface HoldTable {
  id: string
  workload: string
  kind: 'hold' | 'skip' | 'snooze' | 'pin'
  tag: string | null
  digest: string | null
  until: string | null
  reason: string | null
  actor: string
  created_at: string
}

/** Images that failed their gate on a host: not tried there again. `name` is registry and repository. */
export interface QuarantineTable {
  name: string
  digest: string
  tag: string | null
  host: string
  reason: string
  created_at: string
}

/** A person's yes to one candidate of one workload. */
export interface ApprovalTable {
  workload: string
  tag: string | null
  digest: string
  actor: string
  created_at: string
}

/** A digest that a tag has had: when it was first seen under it, running or in the registry. */
export interface SightingTable {
  id: Generated<number>
  /** Registry and repository. */
  name: string
  tag: string
  digest: string
  at: string
}

export interface Tables {
  update: UpdateTable
  update_step: UpdateStepTable
  lease: LeaseTable
  hold: HoldTable
  quarantine: QuarantineTable
  approval: ApprovalTable
  sighting: SightingTable
  workload: WorkloadTable
  image_state: ImageStateTable
  tag_digest: TagDigestTable
  tag_list: TagListTable
  manifest: ManifestTable
  event: EventTable
  check_run: CheckRunTable
  message: MessageTable
  delivery: DeliveryTable
  updates: UpdatesTable
  tags: TagsTable
  tag_assignments: TagAssignmentsTable
  setting: SettingTable
}

/** A connection or a transaction: the first argument of every function of the store, so that they combine in one transaction. */
export type Db = Kysely<Tables>

/** Writes a value for a JSON column. */
export function toJson<T>(value: T): Json<T> {
  return JSON.stringify(value) as Json<T>
}

/** Reads a JSON column that this program wrote. */
export function fromJson<T>(text: Json<T>): T {
  return JSON.parse(text) as T
}
