import { type Migration, Migrator } from 'kysely/migration'
import { Failure } from '../domain/failure.ts'
import { up as start } from './migrations/0001-start.ts'
import { up as updates } from './migrations/0002-updates.ts'
import type { Db } from './tables.ts'

const MIGRATIONS: Record<string, Migration> = {
  '0001-start': { up: start as Migration['up'] },
  '0002-updates': { up: updates as Migration['up'] },
}

/**
 * Brings the tables up to this version.
 * @throws Failure `unsupported` when a newer version has been at the file; nothing is changed then.
 */
export async function migrate(db: Db, path: string): Promise<void> {
  const migrator = new Migrator({ db, provider: { getMigrations: async () => MIGRATIONS } })
  const unknown = await newerMigrations(db)
  if (unknown.length > 0) {
    throw new Failure(
      'unsupported',
      `The database was written by a newer version of Seaworthy (it knows ${unknown.join(', ')}).`,
      {
        where: path,
        remedy: 'Start that version again, or restore a backup made before it.',
      },
    )
  }
  const { error } = await migrator.migrateToLatest()
  if (error !== undefined) {
    throw new Failure(
      'unavailable',
      `The database could not be brought up to this version: ${(error as Error).message}`,
      {
        where: path,
        remedy: 'Nothing was changed. Keep the file and report this message.',
        cause: error,
      },
    )
  }
}

async function newerMigrations(db: Db): Promise<string[]> {
  const tables = await db.introspection.getTables({ withInternalKyselyTables: true })
  if (!tables.some(({ name }) => name === 'kysely_migration')) return []
  const rows = await db
    .selectFrom('kysely_migration' as never)
    .select('name' as never)
    .execute()
  return (rows as { name: string }[]).map(({ name }) => name).filter((name) => !(name in MIGRATIONS))
}
