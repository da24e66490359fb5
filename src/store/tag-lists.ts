import { type Db, fromJson, toJson } from './tables.ts'

/** The tags of a repository as last listed. */
export interface TagList {
  readonly tags: readonly string[]
  readonly etag: string | undefined
  readonly firstListedAt: string
  /** ISO time of the last whole listing. */
  readonly listedAt: string
  /** When each tag that was not in the first listing was first seen. */
  readonly firstSeen: Readonly<Record<string, string>>
  readonly pushedAt: Readonly<Record<string, string>>
}

/** The last list of `name` (registry/repository). */
export async function readTagList(db: Db, name: string): Promise<TagList | undefined> {
  const row = await db.selectFrom('tag_list').selectAll().where('name', '=', name).executeTakeFirst()
  if (row === undefined) return undefined
  return {
    tags: fromJson(row.tags),
    etag: row.etag ?? undefined,
    firstListedAt: row.first_listed_at,
    listedAt: row.listed_at,
    firstSeen: fromJson(row.first_seen),
    pushedAt: fromJson(row.pushed_at),
  }
}

/** Keeps a list. */
export async function saveTagList(db: Db, name: string, list: TagList): Promise<void> {
  const row = {
    tags: toJson([...list.tags]),
    etag: list.etag ?? null,
    first_listed_at: list.firstListedAt,
    listed_at: list.listedAt,
    first_seen: toJson({ ...list.firstSeen }),
    pushed_at: toJson({ ...list.pushedAt }),
  }
  await db
    .insertInto('tag_list')
    .values({ name, ...row })
    .onConflict((conflict) => conflict.column('name').doUpdateSet(row))
    .execute()
}
