import {
  closeSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  openSync,
  readSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs'
import path from 'node:path'
import type { DatabaseSync } from 'node:sqlite'
import { Kysely } from 'kysely'
import { Failure } from '../domain/failure.ts'
import { goodBackups } from './backup.ts'
import { migrate } from './migrate.ts'
import { openSqlite, sqliteDialect } from './sqlite-dialect.ts'
import type { Db, Tables } from './tables.ts'

export interface Store extends AsyncDisposable {
  readonly db: Db
  readonly path: string
  /** What had to be mended at the start, as a sentence for the log. */
  readonly recovered: string | undefined
  /** Moves what is in the write-ahead log into the file, so that a plain copy of the file is whole. */
  checkpoint(): void
  /** Bytes of the file and its log. */
  size(): number
}

/** First bytes of page 0 of a bbolt file (bbolt, page header: magic at byte 16). */
const BBOLT_MAGIC = 0xed0cdaed
const SQLITE_HEADER = 'SQLite format 3\u0000'

/**
 * Opens the database at `file`, making it where there is none. A damaged file is put aside and the newest good backup
 * takes its place; without one, or when the file is not ours, it is left as it is.
 * @throws Failure that names the file and says what to do.
 */
export async function openStore(file: string, { now }: { now: () => Date }): Promise<Store> {
  if (file !== ':memory:') prepareFolder(file)
  const recovered = file === ':memory:' ? undefined : recoverIfDamaged(file, now)
  const database = openForWriting(file)
  const db: Db = new Kysely<Tables>({ dialect: sqliteDialect(database) })
  try {
    await migrate(db, file)
  } catch (error) {
    await db.destroy()
    throw error
  }
  return {
    db,
    path: file,
    recovered,
    checkpoint: () => checkpoint(database),
    size: () => [file, `${file}-wal`].reduce((sum, part) => sum + (existsSync(part) ? statSync(part).size : 0), 0),
    async [Symbol.asyncDispose]() {
      try {
        if (file !== ':memory:') checkpoint(database)
      } finally {
        await db.destroy()
      }
    },
  }
}

/** As far as nobody else reads: waiting for a reader would hold up everything this process does. */
function checkpoint(database: DatabaseSync): void {
  const { timeout } = database.prepare('pragma busy_timeout').get() as { timeout: number }
  database.exec('pragma busy_timeout = 0')
  try {
    database.exec('pragma wal_checkpoint(truncate)')
  } finally {
    database.exec(`pragma busy_timeout = ${timeout}`)
  }
}

function prepareFolder(file: string): void {
  try {
    mkdirSync(path.dirname(path.resolve(file)), { recursive: true })
  } catch (cause) {
    throw unwritable(file, cause)
  }
}

function openForWriting(file: string): DatabaseSync {
  try {
    const database = openSqlite(file)
    database.exec('begin immediate; rollback')
    return database
  } catch (cause) {
    throw unwritable(file, cause)
  }
}

function unwritable(file: string, cause: unknown): Failure {
  const text = (cause as Error).message
  if (/locked|busy/i.test(text)) {
    return new Failure('unavailable', 'The database is locked by another program.', {
      where: file,
      remedy: 'Stop the other Seaworthy (or sqlite3 session) that has it open, or wait until it is done.',
      cause,
    })
  }
  return new Failure('unavailable', `The database cannot be written: ${text}.`, {
    where: file,
    remedy: 'Give this user write access to the file and its folder, or set db.path to a place that can be written.',
    cause,
  })
}

function recoverIfDamaged(file: string, now: () => Date): string | undefined {
  if (!existsSync(file)) return warnOfOrphanedBackups(file)
  const damage = damageOf(file)
  if (damage === undefined) return undefined
  const [backup] = goodBackups(file)
  if (backup === undefined) {
    throw new Failure('unavailable', `The database is damaged (${damage}) and there is no good backup beside it.`, {
      where: file,
      remedy: 'Put a backup in its place, or move the file away to start with an empty one.',
    })
  }
  const aside = `${file}.damaged-${now().toISOString().replace(/[:.]/g, '-')}`
  renameSync(file, aside)
  for (const part of ['-wal', '-shm']) rmSync(`${file}${part}`, { force: true })
  copyFileSync(backup, file)
  return `The database was damaged (${damage}); the backup ${backup} has taken its place and the damaged file is kept as ${aside}.`
}

function warnOfOrphanedBackups(file: string): string | undefined {
  const [backup] = goodBackups(file)
  return backup === undefined
    ? undefined
    : `There was no database at ${file}, so an empty one was made; a backup lies at ${backup}.`
}

function damageOf(file: string): string | undefined {
  if (statSync(file).size === 0) return goodBackups(file).length > 0 ? 'it is empty' : undefined
  const header = readHeader(file)
  if (header.length >= 20 && header.readUInt32LE(16) === BBOLT_MAGIC) {
    throw new Failure('unsupported', 'This is a Diun database (bbolt), which this version cannot import yet.', {
      where: file,
      remedy: 'Set db.path to another file; the Diun database is left as it is.',
    })
  }
  if (header.toString('latin1', 0, SQLITE_HEADER.length) !== SQLITE_HEADER) return 'it is not an SQLite file'
  return quickCheck(file)
}

function quickCheck(file: string): string | undefined {
  let database: DatabaseSync | undefined
  try {
    database = openSqlite(file)
    const rows = database.prepare('pragma quick_check(1)').all() as { quick_check: string }[]
    const [first] = rows
    return first?.quick_check === 'ok' ? undefined : (first?.quick_check ?? 'the check gave no answer')
  } catch (error) {
    const text = (error as Error).message
    if (/malformed|not a database|corrupt/i.test(text)) return text
    throw unwritable(file, error)
  } finally {
    database?.close()
  }
}

function readHeader(file: string): Buffer {
  const handle = openSync(file, 'r')
  try {
    const header = Buffer.alloc(32)
    return header.subarray(0, readSync(handle, header, 0, header.length, 0))
  } finally {
    closeSync(handle)
  }
}
