import { sql } from 'kysely'
import type { ImageFinding } from '../domain/finding.ts'
import { nameOf, tagOf } from '../domain/image-reference.ts'
import { chunks } from './chunks.ts'
import type { Db } from './tables.ts'

/** A digest that a tag has had. */
export interface Sighting {
  readonly tag: string
  readonly digest: string
  /** ISO time: when it was first seen under that tag. */
  readonly at: string
}

/** Notes the digests of a finding that were not seen before; what runs comes before what was found. `at` is an ISO time. */
export async function noteSightings(db: Db, { reference, current, found }: ImageFinding, at: string): Promise<void> {
  const tag = tagOf(reference)
  const seen: [tag: string | undefined, digest: string | undefined][] = [
    [tag, current.digest],
    [tag, found.digest],
    [found.tag, found.tagDigest],
  ]
  await insertSightings(
    db,
    nameOf(reference),
    seen.flatMap(([under, digest]) =>
      under === undefined || digest === undefined ? [] : [{ tag: under, digest, at }],
    ),
  )
}

/** Notes a digest under a tag of `name` (registry/repository), if it was not seen before. */
export async function noteSighting(db: Db, name: string, sighting: Sighting): Promise<void> {
  await insertSightings(db, name, [sighting])
}

/** What was seen of each of these names (registry/repository), the earliest first. */
export async function readSightings(db: Db, names: readonly string[]): Promise<Map<string, Sighting[]>> {
  const sightings = new Map<string, Sighting[]>()
  for (const chunk of chunks([...new Set(names)])) {
    const rows = await db.selectFrom('sighting').selectAll().where('name', 'in', chunk).orderBy('id').execute()
    for (const { name, tag, digest, at } of rows) {
      const list = sightings.get(name) ?? []
      list.push({ tag, digest, at })
      sightings.set(name, list)
    }
  }
  return sightings
}

/** One statement, as text: it is run for every image of a first check. */
async function insertSightings(db: Db, name: string, sightings: readonly Sighting[]): Promise<void> {
  if (sightings.length === 0) return
  const rows = sightings.map(({ tag, digest, at }) => sql`(${name}, ${tag}, ${digest}, ${at})`)
  await sql`insert into sighting (name, tag, digest, at) values ${sql.join(rows)} on conflict do nothing`.execute(db)
}
