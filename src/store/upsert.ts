import { type Insertable, sql } from 'kysely'
import type { Db, Tables } from './tables.ts'

interface Upsert<Table extends keyof Tables, Row> {
  readonly into: Table
  readonly row: Row & Insertable<Tables[Table]>
  /** Columns that tell rows apart. */
  readonly key: readonly (keyof Row & string)[]
  /** Columns that the row there already takes from this one. */
  readonly changing: readonly (keyof Row & string)[]
}

/**
 * Writes a row, or some of its columns into the one that has the same key. The statement is put together as text: a
 * first check writes several rows an image, and the query builder makes a hundred objects for each.
 */
export async function upsert<Table extends keyof Tables, Row extends object>(
  db: Db,
  { into, row, key, changing }: Upsert<Table, Row>,
): Promise<void> {
  const names = sql.raw(Object.keys(row).join(', '))
  const settings = sql.raw(changing.map((name) => `${name} = excluded.${name}`).join(', '))
  await sql`insert into ${sql.raw(into)} (${names}) values (${sql.join(Object.values(row))})
    on conflict (${sql.raw(key.join(', '))}) do update set ${settings}`.execute(db)
}

/** The columns of a row. */
export function namesOf<Row extends object>(row: Row): (keyof Row & string)[] {
  return Object.keys(row) as (keyof Row & string)[]
}
