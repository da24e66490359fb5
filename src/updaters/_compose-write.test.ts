import assert from 'node:assert/strict'
import { chmod, link, mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { type TestContext, test } from 'node:test'
import { Failure } from '../domain/failure.ts'
import { invertEdits } from './_compose-file.ts'
import { leftBeside, planChanges, readText, stateOf, writeEdits } from './_compose-write.ts'

const TEXT = 'TAG=1.25\r\nOTHER=\u00e9\u{1f40b}'

async function temporary(t: TestContext): Promise<string> {
  const folder = await mkdtemp(path.join(tmpdir(), 'seaworthy-test-'))
  t.after(() => rm(folder, { recursive: true }))
  return folder
}

async function given(folder: string, name = '.env') {
  const file = path.join(folder, name)
  await writeFile(file, TEXT)
  return { file, edits: [{ file, line: 1, start: 4, before: '1.25', after: '1.26.0' }] }
}

test('writes and takes back, with the mode it had and nothing left beside', async (t) => {
  const folder = await temporary(t)
  const { file, edits } = await given(folder)
  await chmod(file, 0o640)
  const [change] = await planChanges(edits)
  assert.equal(await stateOf(change!), 'before')
  await writeEdits(edits, change!)
  assert.equal(await readFile(file, 'utf8'), TEXT.replace('1.25', '1.26.0'))
  assert.equal(await stateOf(change!), 'after')
  assert.equal((await stat(file)).mode & 0o7777, 0o640)
  assert.deepEqual(await readdir(folder), ['.env'])
  await writeEdits(invertEdits(edits), { file, before: change!.after, after: change!.before })
  assert.equal(await readFile(file, 'utf8'), TEXT)
})

test('writes the file behind a link, and one with several names in its place', async (t) => {
  const folder = await temporary(t)
  await mkdir(path.join(folder, 'real'))
  const { file: real, edits } = await given(folder, 'real/.env')
  const linked = path.join(folder, 'linked')
  await symlink(real, linked)
  const [change] = await planChanges(edits)
  const through = edits.map((edit) => ({ ...edit, file: linked }))
  await writeEdits(through, { ...change!, file: linked })
  assert.match(await readFile(real, 'utf8'), /^TAG=1\.26\.0\r\n/)

  const { file, edits: others } = await given(folder, 'one')
  await link(file, path.join(folder, 'two'))
  const [second] = await planChanges(others)
  await writeEdits(others, second!)
  assert.equal(await readFile(path.join(folder, 'two'), 'utf8'), TEXT.replace('1.25', '1.26.0'))
})

test('a shorter text leaves nothing of the longer one', async (t) => {
  const folder = await temporary(t)
  const { file, edits } = await given(folder, 'one')
  await link(file, path.join(folder, 'two'))
  const shorter = edits.map((edit) => ({ ...edit, after: '2' }))
  const [change] = await planChanges(shorter)
  await writeEdits(shorter, change!)
  assert.equal(await readFile(file, 'utf8'), TEXT.replace('1.25', '2'))
})

test('a file that a crash left beside is found, also behind a link, and does not hinder the next write', async (t) => {
  const folder = await temporary(t)
  const { file, edits } = await given(folder)
  assert.equal(await leftBeside(file), undefined)
  const left = path.join(folder, '..env.seaworthy')
  await writeFile(left, 'half')
  await symlink(file, path.join(folder, 'linked'))
  assert.equal(await leftBeside(path.join(folder, 'linked')), left)
  const [change] = await planChanges(edits)
  await writeEdits(edits, change!)
  assert.equal(await leftBeside(file), undefined)
  assert.equal(await readFile(file, 'utf8'), TEXT.replace('1.25', '1.26.0'))
})

test('what somebody else wrote stays', async (t) => {
  const folder = await temporary(t)
  const { file, edits } = await given(folder)
  const [change] = await planChanges(edits)
  await writeFile(file, `${TEXT}#`)
  assert.equal(await stateOf(change!), 'other')
  await assert.rejects(writeEdits(edits, change!), (error) => error instanceof Failure && error.code === 'conflict')
  assert.equal(await readFile(file, 'utf8'), `${TEXT}#`)
  await rm(file)
  assert.equal(await stateOf(change!), 'other')
})

test('bytes that are no UTF-8 are not touched, and no file is no text', async (t) => {
  const folder = await temporary(t)
  const file = path.join(folder, 'latin1')
  await writeFile(file, Buffer.from([0x41, 0xe9, 0x0a]))
  assert.throws(() => readText(file), /no UTF-8/)
  assert.equal(readText(path.join(folder, 'none')), undefined)
})
