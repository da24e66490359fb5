import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseImageReference } from '../domain/image-reference.ts'
import type { Message } from '../domain/message.ts'
import { finishCheckRun, lastCheckRun, startCheckRun } from './checks.ts'
import { latestEvents, recordEvent } from './events.ts'
import { openStore, type Store } from './open.ts'
import { listDeliveries, markDelivered, markFailed, queueMessage } from './outbox.ts'
import { prune } from './prune.ts'

const NOW = new Date('2026-06-01T00:00:00Z')
const daysAgo = (days: number): Date => new Date(NOW.getTime() - days * 86_400_000)
const open = () => openStore(':memory:', { now: () => NOW })

const messageOf = (id: string, at: Date): Message => ({
  id,
  kind: 'image',
  createdAt: at.toISOString(),
  entries: [{ image: parseImageReference('nginx:1') } as Message['entries'][0]],
})

async function queued(store: Store, id: string, { days, channels = ['slack'] }: { days: number; channels?: string[] }) {
  await queueMessage(store.db, messageOf(id, daysAgo(days)), { dedupeKey: id, channels })
}

test('events older than ninety days go, in any number, and the newest stays', async () => {
  await using store = await open()
  for (let number = 0; number < 2500; number++) await recordEvent(store.db, { kind: 'image.found', now: daysAgo(100) })
  assert.equal(await prune(store.db, NOW), 2499)
  assert.equal((await latestEvents(store.db, { most: 10 })).length, 1)
})

test('events beyond the most that stay go, oldest first', async () => {
  await using store = await open()
  for (let number = 1; number <= 8; number++) await recordEvent(store.db, { kind: 'image.found', now: daysAgo(1) })
  await prune(store.db, NOW, { mostEvents: 3 })
  assert.deepEqual(
    (await latestEvents(store.db, { most: 10 })).map(({ id }) => id),
    [8, 7, 6],
  )
})

test('old checks go, and the last one stays', async () => {
  await using store = await open()
  for (const days of [200, 190, 180]) {
    const id = await startCheckRun(store.db, { cause: 'schedule', now: daysAgo(days) })
    if (days !== 190) await finishCheckRun(store.db, id, { counts: {}, now: daysAgo(days) })
  }
  assert.equal(await prune(store.db, NOW), 2)
  assert.equal((await lastCheckRun(store.db))?.startedAt, daysAgo(180).toISOString())
})

test('old messages go when every channel has them; what failed or waits stays however old it is', async () => {
  await using store = await open()
  const both = ['mail', 'slack']
  await queued(store, 'young', { days: 80 })
  await queued(store, 'arrived', { days: 100, channels: both })
  await queued(store, 'half', { days: 100, channels: both })
  await queued(store, 'waits', { days: 100 })
  for (const id of ['young-slack', 'arrived-mail', 'arrived-slack', 'half-mail'])
    await markDelivered(store.db, id, daysAgo(1))
  await markFailed(store.db, 'half-slack', { error: 'gone', nextAt: undefined })
  await prune(store.db, NOW)
  const left = (await listDeliveries(store.db, { most: 10 })).map(({ id }) => id)
  assert.deepEqual(left.sort(), ['half-mail', 'half-slack', 'waits-slack', 'young-slack'])
})
