import { Failure } from '../domain/failure.ts'
import { recordEvent } from './events.ts'
import { inTransaction } from './in-transaction.ts'
import type { Db } from './tables.ts'

/** A tag that people give to images on the dashboard; nothing to do with an image's own tag. */
export interface UserTag {
  readonly id: number
  readonly name: string
}

// SQLite, "Result and Error Codes": extended codes of a broken constraint.
const BROKEN_FOREIGN_KEY = 787
const BROKEN_UNIQUE = 2067

/** All tags, by id. */
export async function listTags(db: Db): Promise<UserTag[]> {
  return await db.selectFrom('tags').selectAll().orderBy('id').execute()
}

/** Makes a tag. @throws Failure `conflict` when there is one of that name. */
export async function createTag(db: Db, name: string, now: Date): Promise<UserTag> {
  return await changeTags(db, { what: { created: name }, now }, async (within) => {
    const made = within.insertInto('tags').values({ name }).returning(['id', 'name']).executeTakeFirstOrThrow()
    const tag = await translate(made, BROKEN_UNIQUE, () => new Failure('conflict', `There is a tag "${name}" already.`))
    return { id: Number(tag.id), name: tag.name }
  })
}

/** Removes a tag from all images and for good; its id is never given again. @throws Failure `not-found`. */
export async function deleteTag(db: Db, id: number, now: Date): Promise<void> {
  await changeTags(db, { what: { deleted: id }, now }, async (within) => {
    const { numDeletedRows } = await within.deleteFrom('tags').where('id', '=', id).executeTakeFirst()
    if (numDeletedRows === 0n) throw unknownTag(id)
  })
}

/** Gives an image its tag; an image has one at most. The image need not be known yet. @throws Failure `not-found` when there is no such tag. */
export async function assignTag(db: Db, { image, tagId }: { image: string; tagId: number }, now: Date): Promise<void> {
  await changeTags(db, { what: { assigned: tagId }, image, now }, async (within) => {
    const written = within
      .insertInto('tag_assignments')
      .values({ image, tag_id: tagId })
      .onConflict((conflict) => conflict.column('image').doUpdateSet({ tag_id: tagId }))
      .execute()
    await translate(written, BROKEN_FOREIGN_KEY, () => unknownTag(tagId))
  })
}

/** Takes an image's tag away, if it has one. */
export async function unassignTag(db: Db, image: string, now: Date): Promise<void> {
  await changeTags(db, { what: { assigned: null }, image, now }, async (within) => {
    await within.deleteFrom('tag_assignments').where('image', '=', image).execute()
  })
}

async function changeTags<Result>(
  db: Db,
  { what, image, now }: { what: Record<string, unknown>; image?: string; now: Date },
  change: (within: Db) => Promise<Result>,
): Promise<Result> {
  return await inTransaction(db, async (within) => {
    const result = await change(within)
    await recordEvent(within, { kind: 'tags.changed', subject: image, data: what, now })
    return result
  })
}

/** The database decides, not a look before the write, so two at once cannot both win. */
async function translate<Result>(written: Promise<Result>, code: number, failure: () => Failure): Promise<Result> {
  try {
    return await written
  } catch (error) {
    if ((error as { errcode?: unknown }).errcode === code) throw failure()
    throw error
  }
}

function unknownTag(id: number): Failure {
  return new Failure('not-found', `There is no tag with the id ${id}.`)
}
