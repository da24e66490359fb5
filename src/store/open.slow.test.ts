import assert from 'node:assert/strict'
import {
  copyFileSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { after, describe, test } from 'node:test'
import { sql } from 'kysely'
import { Failure } from '../domain/failure.ts'
import { backUpDaily, backupDatabase, goodBackups, rotateBackups } from './backup.ts'
import { openStore } from './open.ts'

const folder = mkdtempSync(path.join(tmpdir(), 'store-'))
after(() => rmSync(folder, { recursive: true }))

const newFile = (): string => path.join(mkdtempSync(path.join(folder, 'case-')), 'seaworthy.db')
const now = (): Date => new Date('2026-03-01T10:00:00Z')
const open = (file: string) => openStore(file, { now })

async function withRow(file: string, value: string): Promise<void> {
  await using store = await open(file)
  await store.db.insertInto('setting').values({ key: 'k', value }).execute()
}

async function rowOf(file: string): Promise<string | undefined> {
  await using store = await open(file)
  return (await store.db.selectFrom('setting').select('value').executeTakeFirst())?.value
}

describe('opening the database', () => {
  test('makes the folder and the tables, and finds them again', async () => {
    const file = newFile()
    await withRow(file, 'kept')
    assert.equal(await rowOf(file), 'kept')
  })

  test('leaves nothing in the write-ahead log, so that a plain copy is whole', async () => {
    const file = newFile()
    await using store = await open(file)
    await store.db.insertInto('setting').values({ key: 'k', value: 'copied' }).execute()
    store.checkpoint()
    const copy = `${file}.copy`
    copyFileSync(file, copy)
    assert.equal(await rowOf(copy), 'copied')
  })

  test('puts a damaged file aside and goes on with the newest good backup', async () => {
    const file = newFile()
    await withRow(file, 'good')
    await rotateBackups(file, new Date('2026-02-01T00:00:00Z'))
    writeFileSync(`${file}.backup-2026-02-28T00-00-00Z`, 'no database at all')
    corrupt(file)
    await using store = await open(file)
    assert.match(store.recovered!, /was damaged/)
    assert.equal((await store.db.selectFrom('setting').select('value').executeTakeFirst())?.value, 'good')
    assert.ok(readdirSync(path.dirname(file)).some((name) => name.includes('.damaged-')))
  })

  test('refuses a damaged file without a backup, and leaves it as it is', async () => {
    const file = newFile()
    await withRow(file, 'lost')
    corrupt(file)
    const bytes = readFileSync(file)
    await assert.rejects(
      open(file),
      (error: Failure) => error.code === 'unavailable' && /damaged/.test(error.message) && error.where === file,
    )
    assert.deepEqual(readFileSync(file), bytes)
  })

  for (const [what, bytes, code, text] of [
    ['a text file', Buffer.from('hello '.repeat(100)), 'unavailable', /not an SQLite file/],
    ['a Diun database', bbolt(), 'unsupported', /bbolt/],
  ] as const) {
    test(`refuses ${what}, and leaves it as it is`, async () => {
      const file = newFile()
      await withRow(file, 'x')
      for (const part of ['', '-wal', '-shm']) rmSync(`${file}${part}`, { force: true })
      writeFileSync(file, bytes)
      await assert.rejects(open(file), (error: Failure) => error.code === code && text.test(error.message))
      assert.deepEqual(readFileSync(file), bytes)
    })
  }

  test('refuses a database of a newer version, and changes nothing', async () => {
    const file = newFile()
    {
      await using store = await open(file)
      await store.db
        .insertInto('kysely_migration' as never)
        .values({ name: '9999-later', timestamp: '2030' } as never)
        .execute()
    }
    await assert.rejects(
      open(file),
      (error: Failure) =>
        error.code === 'unsupported' && /9999-later/.test(error.message) && error.remedy !== undefined,
    )
  })

  test('refuses a database that cannot be written, saying what to do', async () => {
    await assert.rejects(
      open('/proc/seaworthy.db'),
      (error: Failure) => error.code === 'unavailable' && /write access/.test(error.remedy!),
    )
  })

  test('says so when there is no database but there are backups', async () => {
    const file = newFile()
    await withRow(file, 'old')
    const backup = await rotateBackups(file, now())
    rmSync(file)
    await using store = await open(file)
    assert.match(store.recovered!, new RegExp(path.basename(backup)))
  })

  for (const acknowledged of [true, false]) {
    test(`takes over the dashboard's own database ${acknowledged ? 'with' : 'without'} its acknowledged_at column`, async () => {
      const file = newFile()
      await withRow(file, 'folder')
      for (const part of ['', '-wal', '-shm']) rmSync(`${file}${part}`, { force: true })
      dashboardDatabase(file, acknowledged)
      await using store = await open(file)
      const row = await store.db.selectFrom('updates').selectAll().executeTakeFirstOrThrow()
      assert.deepEqual([row.image, row.acknowledged_at, row.source], ['docker.io/library/alpine:3', null, 'webhook'])
    })
  }
})

describe('backups', () => {
  test('the newest five are kept, newest first', async () => {
    const file = newFile()
    await withRow(file, 'x')
    for (let day = 1; day <= 7; day++) await rotateBackups(file, new Date(Date.UTC(2026, 0, day)))
    assert.deepEqual(
      goodBackups(file).map((name) => name.slice(-20)),
      [7, 6, 5, 4, 3].map((day) => `2026-01-0${day}T00-00-00Z`),
    )
  })

  test('one is made a day, and what a dead process left of one goes', async () => {
    const file = newFile()
    await withRow(file, 'x')
    const partial = `${file}.backup-2025-12-31T00-00-00Z.partial`
    writeFileSync(partial, 'half')
    utimesSync(partial, 0, 0)
    const made: (string | undefined)[] = []
    for (const hour of [0, 23, 24, 25]) made.push(await backUpDaily(file, new Date(Date.UTC(2026, 0, 1, hour))))
    assert.deepEqual(
      made.map((name) => name?.slice(-20)),
      ['2026-01-01T00-00-00Z', undefined, '2026-01-02T00-00-00Z', undefined],
    )
    assert.ok(!existsSync(partial))
  })

  test('a reader in another process does not hold up the tidying of the log', async () => {
    const file = newFile()
    await using store = await open(file)
    using reader = new DatabaseSync(file, { readOnly: true })
    reader.exec('begin')
    reader.prepare('select count(*) from setting').get()
    await store.db.insertInto('setting').values({ key: 'k', value: 'x' }).execute()
    store.checkpoint()
    const { timeout } = (await sql<{ timeout: number }>`pragma busy_timeout`.execute(store.db)).rows[0]!
    assert.equal(timeout, 10_000)
  })

  test('a backup is whole while the database is in use', async () => {
    const file = newFile()
    await using store = await open(file)
    await store.db.insertInto('setting').values({ key: 'k', value: 'in the log' }).execute()
    await backupDatabase(file, `${file}.mine`)
    assert.deepEqual(
      readdirSync(path.dirname(file)).filter((name) => name.includes('.mine')),
      ['seaworthy.db.mine'],
    )
    assert.equal(await rowOf(`${file}.mine`), 'in the log')
  })

  for (const [what, from, to] of [
    ['a database that is not there', 'nowhere.db', 'x.db'],
    ['a backup onto the database itself', 'same.db', 'same.db'],
  ] as const) {
    test(`refuses ${what}`, async () => {
      if (from === to) await withRow(path.join(folder, from), 'x')
      await assert.rejects(backupDatabase(path.join(folder, from), path.join(folder, to)), Failure)
      assert.ok(!existsSync(path.join(folder, 'x.db')))
    })
  }
})

function corrupt(file: string): void {
  const bytes = readFileSync(file)
  bytes.fill(0xff, 100, bytes.length)
  writeFileSync(file, bytes)
}

function bbolt(): Buffer {
  const page = Buffer.alloc(4096)
  page.writeUInt32LE(0xed0cdaed, 16)
  return page
}

function dashboardDatabase(file: string, acknowledged: boolean): void {
  const database = new DatabaseSync(file)
  const columns =
    'diun_version hostname status provider hub_link mime_type digest created platform ctn_name ctn_id ctn_state ctn_status'.split(
      ' ',
    )
  database.exec(`create table updates (image text primary key, ${columns.map((name) => `${name} text not null default ''`).join(', ')},
    received_at text not null${acknowledged ? ', acknowledged_at text' : ''})`)
  database.exec('create table tags (id integer primary key autoincrement, name text not null unique)')
  database.exec(
    "insert into updates (image, received_at) values ('docker.io/library/alpine:3', '2026-01-01T00:00:00Z')",
  )
  database.close()
}
