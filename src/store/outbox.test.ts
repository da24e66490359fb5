import assert from 'node:assert/strict'
import { test } from 'node:test'
import { UPDATE } from '../../test/kit/message.ts'
import type { Message } from '../domain/message.ts'
import { openStore, type Store } from './open.ts'
import {
  claimDelivery,
  countDeliveries,
  extendClaim,
  listDeliveries,
  markDelivered,
  markFailed,
  nextDeliveryAt,
  queueMessage,
  releaseClaim,
  repeatDeliveries,
} from './outbox.ts'

const at = (seconds: number): Date => new Date(Date.UTC(2026, 0, 1, 0, 0, seconds))
const open = () => openStore(':memory:', { now: () => at(0) })
const CLAIM = { now: at(0), claimUntil: at(60) }

const message = (id: string): Message => ({
  id,
  kind: 'image',
  createdAt: at(0).toISOString(),
  entries: [UPDATE],
})

async function queued(store: Store, id: string, channels: string[] = ['slack']): Promise<void> {
  assert.equal(await queueMessage(store.db, message(id), { dedupeKey: id, channels }), true)
}

test('the same finding becomes a message once', async () => {
  await using store = await open()
  await queued(store, 'a', ['slack', 'mail'])
  assert.equal(await queueMessage(store.db, message('b'), { dedupeKey: 'a', channels: ['slack'] }), false)
  assert.deepEqual(
    (await countDeliveries(store.db)).map(({ channel, count }) => [channel, count]),
    [
      ['mail', 1],
      ['slack', 1],
    ],
  )
})

test('a delivery that is being sent is not taken a second time', async () => {
  await using store = await open()
  await queued(store, 'a')
  assert.equal((await claimDelivery(store.db, 'slack', CLAIM))?.message.id, 'a')
  assert.equal(await claimDelivery(store.db, 'slack', CLAIM), undefined)
})

test('a claim that ran out is due again', async () => {
  await using store = await open()
  await queued(store, 'a')
  await claimDelivery(store.db, 'slack', CLAIM)
  assert.ok(await claimDelivery(store.db, 'slack', { now: at(60), claimUntil: at(120) }))
})

test('a claim that is given back is due at once, and one that is renewed is not', async () => {
  await using store = await open()
  await queued(store, 'a')
  const claimed = await claimDelivery(store.db, 'slack', CLAIM)
  await extendClaim(store.db, claimed!.id, at(100))
  assert.equal(await claimDelivery(store.db, 'slack', { now: at(99), claimUntil: at(120) }), undefined)
  await releaseClaim(store.db, claimed!.id, CLAIM.now)
  assert.ok(await claimDelivery(store.db, 'slack', CLAIM))
})

test('what was delivered is never sent again', async () => {
  await using store = await open()
  await queued(store, 'a')
  const claimed = await claimDelivery(store.db, 'slack', CLAIM)
  await markDelivered(store.db, claimed!.id, at(1))
  await releaseClaim(store.db, claimed!.id, at(2))
  await extendClaim(store.db, claimed!.id, at(3))
  assert.equal(await claimDelivery(store.db, 'slack', { now: at(9999), claimUntil: at(9999) }), undefined)
})

test('a failed try waits until its time, and counts', async () => {
  await using store = await open()
  await queued(store, 'a')
  const claimed = await claimDelivery(store.db, 'slack', CLAIM)
  await markFailed(store.db, claimed!.id, { error: 'status 500', nextAt: at(30) })
  assert.equal(await claimDelivery(store.db, 'slack', { now: at(29), claimUntil: at(60) }), undefined)
  assert.deepEqual(await nextDeliveryAt(store.db, ['slack']), at(30))
  assert.equal((await claimDelivery(store.db, 'slack', { now: at(30), claimUntil: at(60) }))?.attempts, 1)
})

test('after the last try it is kept as failed with its error, and can be repeated', async () => {
  await using store = await open()
  await queued(store, 'a')
  const claimed = await claimDelivery(store.db, 'slack', CLAIM)
  await markFailed(store.db, claimed!.id, { error: 'status 404', nextAt: undefined })
  const [failed] = await listDeliveries(store.db, { state: 'failed', most: 10 })
  assert.deepEqual(
    [failed!.lastError, failed!.attempts, failed!.images],
    ['status 404', 1, ['docker.io/crazymax/diun:1.2.3']],
  )
  assert.equal(await nextDeliveryAt(store.db, ['slack']), undefined)
  assert.equal(await repeatDeliveries(store.db, { id: failed!.id, now: at(5) }), 1)
  assert.equal((await claimDelivery(store.db, 'slack', { now: at(5), claimUntil: at(60) }))?.attempts, 0)
})

test('the oldest message of a channel goes first, and channels do not wait for each other', async () => {
  await using store = await open()
  await queued(store, 'a', ['slack'])
  await queued(store, 'b', ['slack', 'mail'])
  assert.equal((await claimDelivery(store.db, 'slack', CLAIM))?.message.id, 'a')
  assert.equal((await claimDelivery(store.db, 'mail', CLAIM))?.message.id, 'b')
})
