import assert from 'node:assert/strict'
import { test } from 'node:test'
import { eventsAfter, recordEvent } from './events.ts'
import { groupWrites } from './group-writes.ts'
import { openStore, type Store } from './open.ts'
import type { Db } from './tables.ts'

const NOW = new Date('2026-06-01T12:00:00Z')
const open = () => openStore(':memory:', { now: () => NOW })
const note = (subject: string) => async (db: Db) =>
  void (await recordEvent(db, { kind: 'image.found', subject, now: NOW }))
const fail = async (db: Db) => {
  await note('half')(db)
  throw new Error('no')
}
const subjects = async ({ db }: Store) => (await eventsAfter(db, 0, 100)).map(({ subject }) => subject)

test('writes of one turn share a transaction, in their order', async () => {
  await using store = await open()
  const transactions = new Set<Db>()
  const write = groupWrites(store.db)
  const noteAndKeep = (subject: string) =>
    write(async (db) => {
      transactions.add(db)
      await note(subject)(db)
    })
  await Promise.all(['a', 'b', 'c'].map(noteAndKeep))
  assert.deepEqual([transactions.size, await subjects(store)], [1, ['a', 'b', 'c']])
  await noteAndKeep('d')
  assert.deepEqual([transactions.size, await subjects(store)], [2, ['a', 'b', 'c', 'd']])
})

test('a write that fails leaves nothing behind and spoils no other', async () => {
  await using store = await open()
  const write = groupWrites(store.db)
  const outcomes = await Promise.allSettled([write(note('a')), write(fail), write(note('b'))])
  assert.deepEqual(
    outcomes.map(({ status }) => status),
    ['fulfilled', 'rejected', 'fulfilled'],
  )
  assert.deepEqual(await subjects(store), ['a', 'b'])
  await assert.rejects(write(fail), { message: 'no' })
  assert.deepEqual(await subjects(store), ['a', 'b'])
})
