import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { after, test } from 'node:test'
import { openStore } from '../../../src/store/open.ts'
import { startApp } from '../../kit/http-app.ts'

const folder = mkdtempSync(path.join(tmpdir(), 'dashboard-tables-'))
after(() => rmSync(folder, { recursive: true }))
const now = () => new Date('2026-03-01T00:00:00Z')

const TEXT_COLUMNS = {
  'S2-44': 'diun_version',
  'S2-45': 'hostname',
  'S2-46': 'status',
  'S2-47': 'provider',
  'S2-48': 'hub_link',
  'S2-49': 'mime_type',
  'S2-50': 'digest',
  'S2-51': 'created',
  'S2-52': 'platform',
  'S2-53': 'ctn_name',
  'S2-54': 'ctn_id',
  'S2-55': 'ctn_state',
  'S2-56': 'ctn_status',
}

interface Column {
  readonly name: string
  readonly type: string
  readonly notnull: number
  readonly dflt_value: string | null
  readonly pk: number
}

interface Listed {
  readonly received_at: string
  readonly tag: unknown
  readonly event: { readonly metadata: { readonly ctn_names: string } }
}

const made = await columnsOf('made.db', 'updates')

test('S2-43 updates.image is a text and the primary key', () => {
  const { type, pk } = made.get('image')!
  assert.deepEqual({ type: type.toLowerCase(), pk }, { type: 'text', pk: 1 })
})

for (const [number, column] of Object.entries(TEXT_COLUMNS)) {
  test(`${number} updates.${column} is a text that is never null and empty by default`, () => {
    const { type, notnull, dflt_value } = made.get(column)!
    assert.deepEqual([type.toLowerCase(), notnull, dflt_value], ['text', 1, "''"])
  })
}

test('S2-57 updates.received_at is a text that is never null and has no default', () => {
  const { type, notnull, dflt_value } = made.get('received_at')!
  assert.deepEqual([type.toLowerCase(), notnull, dflt_value], ['text', 1, null])
})

test('S2-58 updates.acknowledged_at is a text that may be null', () => {
  const { type, notnull } = made.get('acknowledged_at')!
  assert.deepEqual([type.toLowerCase(), notnull], ['text', 0])
})

test('S2-59 ids of tags are never given twice and names are unique', () => {
  const database = new DatabaseSync(path.join(folder, 'made.db'))
  const { sql } = database.prepare("select sql from sqlite_master where name = 'tags'").get() as { sql: string }
  database.close()
  assert.match(sql, /autoincrement/i)
  assert.match(sql, /name text not null unique/i)
})

test('S2-60 assignments go with their tag, and foreign keys are watched', async () => {
  await using app = await startApp({ file: path.join(folder, 'keys.db') })
  const database = new DatabaseSync(path.join(folder, 'keys.db'))
  const [key] = database.prepare('pragma foreign_key_list(tag_assignments)').all()
  database.close()
  assert.deepEqual([key?.table, key?.from, key?.to, key?.on_delete], ['tags', 'tag_id', 'id', 'CASCADE'])
  await app.call('POST', '/api/tags', { body: { name: 'prod' } })
  assert.equal((await app.call('PUT', '/api/tag-assignments', { body: { image: 'x', tag_id: 9 } })).status, 404)
})

test('S2-41 S2-61 tables are made on the first start and kept on the second', async () => {
  const file = path.join(folder, 'twice.db')
  for (const round of [1, 2]) {
    await using app = await startApp({ file })
    if (round === 1) await app.call('POST', '/webhook', { body: { image: 'kept' } })
    assert.deepEqual(Object.keys((await (await app.call('GET', '/api/updates')).json()) as object), ['kept'])
  }
})

for (const [what, column] of [
  ['without acknowledged_at', ''],
  ['with acknowledged_at', ', acknowledged_at text'],
] as const) {
  test(`S2-62 a database of the older dashboard ${what} is opened as it is, with its rows`, async () => {
    const file = path.join(folder, `older${column.length}.db`)
    const database = new DatabaseSync(file)
    const columns = Object.values(TEXT_COLUMNS).map((name) => `${name} TEXT NOT NULL DEFAULT ''`)
    database.exec(`
      CREATE TABLE updates (image TEXT PRIMARY KEY, ${columns.join(', ')}, received_at TEXT NOT NULL${column});
      CREATE TABLE tags (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL UNIQUE);
      CREATE TABLE tag_assignments (image TEXT PRIMARY KEY, tag_id INTEGER NOT NULL REFERENCES tags(id) ON DELETE CASCADE);
      INSERT INTO updates (image, hostname, ctn_name, received_at) VALUES ('old:1', 'nas', 'web', '2025-01-02T03:04:05Z');
      INSERT INTO tags (name) VALUES ('prod');
      INSERT INTO tag_assignments VALUES ('old:1', 1);`)
    database.close()
    await using app = await startApp({ file })
    const updates = (await (await app.call('GET', '/api/updates')).json()) as Record<string, Listed>
    assert.equal(updates['old:1']?.received_at, '2025-01-02T03:04:05Z')
    assert.deepEqual(updates['old:1']?.tag, { id: 1, name: 'prod' })
    assert.equal(updates['old:1']?.event.metadata.ctn_names, 'web')
    assert.equal((await app.call('PATCH', '/api/updates/old:1')).status, 204)
    assert.equal((await app.call('DELETE', '/api/tags/1')).status, 204)
  })
}

async function columnsOf(name: string, table: string): Promise<Map<string, Column>> {
  const file = path.join(folder, name)
  await (await openStore(file, { now }))[Symbol.asyncDispose]()
  const database = new DatabaseSync(file)
  const columns = database.prepare(`pragma table_info(${table})`).all() as unknown as Column[]
  database.close()
  return new Map(columns.map((column) => [column.name, column]))
}
