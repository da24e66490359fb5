import { createHash } from 'node:crypto'

import { constants, readFileSync } from 'node:fs'
import { access, open, realpath, rename, rm, stat } from 'node:fs/promises'
import path from 'node:path'
import { Failure } from '../domain/failure.ts'
import { applyEdits, type ScalarEdit } from './_compose-file.ts'

/** A file before and after its edits, by the SHA-256 of its bytes. */
export interface FileChange {
  readonly file: string
  readonly before: string
  readonly after: string
}

/** `other`: somebody else wrote to it. */
export type FileState = 'before' | 'after' | 'other'

/** The text of a file; undefined when there is none. @throws Failure when it may not be read or is no UTF-8 text. */
export function readText(file: string): string | undefined {
  try {
    return decode(readFileSync(file), file)
  } catch (error) {
    if (hasCode(error, 'ENOENT', 'ENOTDIR')) return undefined
    if (!hasCode(error, 'EACCES', 'EPERM', 'EISDIR')) throw error
    throw new Failure('forbidden', `The file ${file} cannot be read by this user.`, { where: file, cause: error })
  }
}

/** What the edits make of their files. @throws Failure when one cannot be written. */
export async function planChanges(edits: readonly ScalarEdit[]): Promise<FileChange[]> {
  return await Promise.all(
    [...new Set(edits.map(({ file }) => file))].map(async (file) => {
      await access(file, constants.W_OK).catch((cause: unknown) => {
        throw new Failure('forbidden', `The file ${file} cannot be written from here.`, {
          where: file,
          remedy: 'Mount the folder of the project for writing (without :ro), or change the tag by hand.',
          cause,
        })
      })
      const text = readText(file) ?? ''
      return { file, before: hashOf(text), after: hashOf(applyEdits(text, editsOf(edits, file))) }
    }),
  )
}

export async function stateOf({ file, before, after }: FileChange): Promise<FileState> {
  const text = readText(file)
  const hash = text === undefined ? undefined : hashOf(text)
  return hash === before ? 'before' : hash === after ? 'after' : 'other'
}

/**
 * Makes the edits of one file, which has to have the content `change.before`. Through a link it is the file behind that is
 * written; its mode and owner stay.
 * @throws Failure `conflict` when somebody else wrote to it.
 */
export async function writeEdits(edits: readonly ScalarEdit[], change: FileChange): Promise<void> {
  const target = await realpath(change.file)
  const text = readText(target)
  if (text === undefined || hashOf(text) !== change.before) throw changedMeanwhile(change.file)
  const bytes = Buffer.from(applyEdits(text, editsOf(edits, change.file)))
  await replaceFile(target, bytes).catch(async (error: unknown) => {
    // The folder is not ours to write, or the file alone is mounted.
    if (!hasCode(error, 'EACCES', 'EPERM', 'EROFS', 'EBUSY', 'EXDEV')) throw error
    await overwrite(target, bytes)
  })
}

/** What a crash in the middle of writing left beside the file; undefined when there is nothing. */
export async function leftBeside(file: string): Promise<string | undefined> {
  const temporary = temporaryOf(await realpath(file).catch(() => file))
  return await access(temporary).then(
    () => temporary,
    () => undefined,
  )
}

/** @throws Failure `conflict` */
export function changedMeanwhile(file: string): Failure {
  return new Failure('conflict', `The file ${file} was changed since the update was planned.`, {
    where: file,
    remedy: 'See that it is as you want it, run docker compose up -d, then plan the update anew.',
  })
}

async function replaceFile(target: string, bytes: Buffer): Promise<void> {
  const { mode, uid, gid, nlink } = await stat(target)
  if (nlink > 1) return await overwrite(target, bytes)
  const temporary = temporaryOf(target)
  await rm(temporary, { force: true })
  try {
    const file = await open(temporary, 'wx', mode)
    try {
      const made = await file.stat()
      if (made.uid !== uid || made.gid !== gid) await file.chown(uid, gid)
      await file.chmod(mode & 0o7777)
      await file.writeFile(bytes)
      await file.sync()
    } finally {
      await file.close()
    }
    await rename(temporary, target)
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => {})
    throw error
  }
  await syncFolder(path.dirname(target))
}

function temporaryOf(target: string): string {
  return path.join(path.dirname(target), `.${path.basename(target)}.seaworthy`)
}

/** In one write, and only then cut to its length, so that a crash leaves as little as can be. */
async function overwrite(target: string, bytes: Buffer): Promise<void> {
  const file = await open(target, 'r+')
  try {
    await file.write(bytes, 0, bytes.length, 0)
    await file.truncate(bytes.length)
    await file.sync()
  } finally {
    await file.close()
  }
}

/** Without it the renaming may be lost with the power; some file systems know no such thing. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r').catch(() => undefined)
  await handle?.sync().catch(() => {})
  await handle?.close()
}

function editsOf(edits: readonly ScalarEdit[], file: string): ScalarEdit[] {
  return edits.filter((edit) => edit.file === file)
}

function decode(bytes: Buffer, file: string): string {
  const text = bytes.toString('utf8')
  if (Buffer.from(text).equals(bytes)) return text
  throw new Failure('unsupported', `The file ${file} is no UTF-8 text.`, { where: file })
}

function hashOf(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}

function hasCode(error: unknown, ...codes: readonly string[]): boolean {
  return error instanceof Error && 'code' in error && codes.includes(String(error.code))
}
