import { existsSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs'
import path from 'node:path'
import { backup } from 'node:sqlite'
import { pathToFileURL } from 'node:url'
import { Failure } from '../domain/failure.ts'
import { openSqlite } from './sqlite-dialect.ts'

const KEPT = 5
/** A step that another connection's write interrupts begins anew; most databases take one. */
const PAGES_PER_STEP = 10_000
const ABANDONED_MS = 3_600_000

/** Copies the database at `file` to `target` while it is in use (SQLite's online backup), then checks the copy. Returns its size in bytes. */
export async function backupDatabase(file: string, target: string): Promise<number> {
  if (!existsSync(file)) {
    throw new Failure('not-found', 'There is no database to back up.', {
      where: file,
      remedy: 'Set db.path to the database.',
    })
  }
  if (path.resolve(file) === path.resolve(target))
    throw new Failure('invalid', 'A backup cannot replace the database itself.', { where: target })
  const partial = `${target}.partial`
  const source = openSqlite(file, { readOnly: true })
  try {
    rmSync(partial, { force: true })
    await backup(source, partial, { rate: PAGES_PER_STEP })
  } catch (cause) {
    throw new Failure('unavailable', `The backup could not be written: ${(cause as Error).message}.`, {
      where: target,
      cause,
    })
  } finally {
    source.close()
  }
  if (!isGood(partial))
    throw new Failure('unavailable', 'The backup is not readable; the last good one was kept.', { where: partial })
  renameSync(partial, target)
  return statSync(target).size
}

/** Makes a backup beside the database and keeps the newest five. Returns its path. */
export async function rotateBackups(file: string, now: Date): Promise<string> {
  for (const part of abandonedOf(file, now)) rmSync(part, { force: true })
  const target = `${file}.backup-${now.toISOString().slice(0, 19).replace(/:/g, '-')}Z`
  await backupDatabase(file, target)
  for (const old of backupsOf(file).slice(KEPT)) rmSync(old, { force: true })
  return target
}

/** Makes the first rotating backup of a day (UTC). Returns its path; undefined when there is one already. */
export async function backUpDaily(file: string, now: Date): Promise<string | undefined> {
  if (file === ':memory:') return undefined
  const [newest] = backupsOf(file)
  const day = now.toISOString().slice(0, 10)
  if (newest?.slice(`${path.resolve(file)}.backup-`.length).startsWith(day)) return undefined
  return await rotateBackups(file, now)
}

/** The backups beside `file` that can be read, newest first. */
export function goodBackups(file: string): string[] {
  return backupsOf(file).filter(isGood)
}

function backupsOf(file: string): string[] {
  return besideOf(file, 'Z')
}

/** What a process left that died while it made a backup. */
function abandonedOf(file: string, now: Date): string[] {
  return besideOf(file, 'Z.partial').filter((part) => now.getTime() - statSync(part).mtimeMs > ABANDONED_MS)
}

/** Newest first. */
function besideOf(file: string, ending: string): string[] {
  const folder = path.dirname(path.resolve(file))
  const prefix = `${path.basename(file)}.backup-`
  if (!existsSync(folder)) return []
  const names = readdirSync(folder).filter((name) => name.startsWith(prefix) && name.endsWith(ending))
  return names
    .sort()
    .reverse()
    .map((name) => path.join(folder, name))
}

function isGood(file: string): boolean {
  try {
    // Nobody writes to a backup, and looking at it must leave nothing beside it.
    const unchanging = pathToFileURL(file)
    unchanging.searchParams.set('immutable', '1')
    const database = openSqlite(unchanging, { readOnly: true })
    try {
      const [row] = database.prepare('pragma quick_check(1)').all() as { quick_check: string }[]
      return row?.quick_check === 'ok'
    } finally {
      database.close()
    }
  } catch {
    return false
  }
}
