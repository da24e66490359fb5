import { sql } from 'kysely'
import type { ImageDetails, ImageFinding } from '../domain/finding.ts'
import { formatImageReference, nameOf, tagOf } from '../domain/image-reference.ts'
import { chunks } from './chunks.ts'
import { noteSightings } from './sightings.ts'
import { type Db, fromJson, type ImageStateTable, toJson } from './tables.ts'
import { namesOf, upsert } from './upsert.ts'

export type ImageState = ImageStateTable

/** What is known of the images with these keys, by key. */
export async function readImageStates(db: Db, keys: readonly string[]): Promise<Map<string, ImageState>> {
  const states = new Map<string, ImageState>()
  for (const chunk of chunks(keys)) {
    const rows = await db.selectFrom('image_state').selectAll().where('key', 'in', chunk).execute()
    for (const row of rows) states.set(row.key, row)
  }
  return states
}

/** Those of the names (registry/repository) of which no image has ever been answered. */
export async function unansweredNames(db: Db, names: readonly string[]): Promise<Set<string>> {
  const unanswered = new Set(names)
  for (const chunk of chunks([...unanswered])) {
    const rows = await db
      .selectFrom('image_state')
      .select('name')
      .distinct()
      .where('name', 'in', chunk)
      .where('answered_at', 'is not', null)
      .execute()
    for (const { name } of rows) unanswered.delete(name)
  }
  return unanswered
}

/** Writes a finding down. `seen` is what has become a message, or was kept silent about, and stays when absent. */
export async function saveFinding(
  db: Db,
  finding: ImageFinding,
  { now, seen }: { now: Date; seen?: { digest: string | null; tag: string | null } | undefined },
): Promise<void> {
  const at = now.toISOString()
  const answered = finding.error === undefined && finding.status !== 'not-checkable' && finding.status !== 'skipped'
  const changing = {
    status: finding.status,
    reason: finding.reason,
    current_digest: finding.current.digest ?? null,
    error: finding.error ?? null,
    hub_link: finding.hubLink ?? null,
    checked_at: at,
    stale_since: finding.staleSince ?? null,
    ...(answered ? answerOf(finding, at) : {}),
    ...(seen === undefined ? {} : { seen_digest: seen.digest, seen_tag: seen.tag }),
  }
  await upsert(db, {
    into: 'image_state',
    row: { ...emptyState(finding), first_seen_at: at, ...changing },
    key: ['key'],
    changing: namesOf(changing),
  })
  await noteSightings(db, finding, at)
}

/** For images of which nothing changed since the last check: one statement for many. */
export async function touchImages(db: Db, keys: readonly string[], now: Date): Promise<void> {
  const at = now.toISOString()
  for (const chunk of chunks(keys)) {
    await db.updateTable('image_state').set({ checked_at: at, answered_at: at }).where('key', 'in', chunk).execute()
  }
}

/** Every image that something runs now, with its last state. */
export async function listImages(db: Db): Promise<ImageState[]> {
  return await db
    .selectFrom('image_state')
    .selectAll()
    .where(({ exists, selectFrom }) =>
      exists(
        selectFrom('workload')
          .select('workload.id')
          .whereRef('workload.image_key', '=', 'image_state.key')
          .where('workload.gone_at', 'is', null),
      ),
    )
    .orderBy('reference')
    .execute()
}

/**
 * Whether the same reference has something that waits under another key that something runs. As text, since it is asked
 * for every image of a first check and the query builder takes several times as long.
 */
export async function waitsElsewhere(db: Db, reference: string, key: string): Promise<boolean> {
  const { rows } = await sql`select 1 from image_state join workload on workload.image_key = image_state.key
    where image_state.reference = ${reference} and image_state.key <> ${key} and image_state.level is not null
    and workload.gone_at is null limit 1`.execute(db)
  return rows.length > 0
}

/** The validators of the last answers for these tags, by `name:tag`. */
export async function readTagDigests(
  db: Db,
  names: readonly string[],
): Promise<Map<string, { digest: string; etag: string | undefined }>> {
  const known = new Map<string, { digest: string; etag: string | undefined }>()
  for (const chunk of chunks([...new Set(names)])) {
    const rows = await db
      .selectFrom('tag_digest')
      .select(['name', 'tag', 'digest', 'etag'])
      .where('name', 'in', chunk)
      .execute()
    for (const { name, tag, digest, etag } of rows) known.set(`${name}:${tag}`, { digest, etag: etag ?? undefined })
  }
  return known
}

/** Keeps a registry's answer for a tag. */
export async function saveTagDigest(
  db: Db,
  at: { name: string; tag: string; now: Date },
  answer: { digest: string; mediaType: string; etag?: string | undefined },
): Promise<void> {
  const row = {
    digest: answer.digest,
    media_type: answer.mediaType,
    etag: answer.etag ?? null,
    answered_at: at.now.toISOString(),
  }
  await upsert(db, {
    into: 'tag_digest',
    row: { name: at.name, tag: at.tag, ...row },
    key: ['name', 'tag'],
    changing: namesOf(row),
  })
}

/** Details of a digest for a platform, when they were fetched before. */
export async function readDetails(db: Db, digest: string, platform: string): Promise<ImageDetails | undefined> {
  const row = await db
    .selectFrom('manifest')
    .select('details')
    .where('digest', '=', digest)
    .where('platform', '=', platform)
    .executeTakeFirst()
  return row === undefined ? undefined : fromJson(row.details)
}

/** Keeps details for ever. `platform` is the wanted one, which the image's own may be more precise than. */
export async function saveDetails(
  db: Db,
  details: ImageDetails,
  { platform, now }: { platform: string; now: Date },
): Promise<void> {
  await db
    .insertInto('manifest')
    .values({ digest: details.digest, platform, details: toJson(details), fetched_at: now.toISOString() })
    .onConflict((conflict) => conflict.doNothing())
    .execute()
}

function answerOf(finding: ImageFinding, at: string) {
  return {
    found_digest: finding.found.digest ?? null,
    digest_moved: finding.digestMoved ? 1 : 0,
    found_tag: finding.found.tag ?? null,
    found_tag_digest: finding.found.tagDigest ?? null,
    level: finding.level ?? null,
    answered_at: at,
  }
}

function emptyState(finding: ImageFinding) {
  return {
    key: finding.key,
    reference: formatImageReference(finding.reference),
    name: nameOf(finding.reference),
    tag: tagOf(finding.reference) ?? null,
    platform: finding.platform,
    found_digest: null,
    digest_moved: 0,
    found_tag: null,
    found_tag_digest: null,
    level: null,
    seen_digest: null,
    seen_tag: null,
    answered_at: null,
  }
}
