import assert from 'node:assert/strict'
import path from 'node:path'
import { test } from 'node:test'
import { UPDATE } from '../../test/kit/message.ts'
import { temporaryFolder } from '../../test/kit/parts/program.ts'
import type { Message } from '../domain/message.ts'
import { type Clock, systemClock } from '../lib/clock.ts'
import { SILENT } from '../lib/log.ts'
import { latestEvents } from '../store/events.ts'
import { openStore, type Store } from '../store/open.ts'
import { listDeliveries, queueMessage, repeatDeliveries } from '../store/outbox.ts'
import type { Channel } from './channel.ts'
import { backOff, type OutboxParts } from './deliver.ts'
import { createOutbox } from './outbox.ts'

const START = Date.UTC(2026, 0, 1)

/** A clock that stands until somebody sleeps, and is then as much later. */
function leapingClock(): Clock & { at: number } {
  const clock = {
    at: START,
    now: () => new Date(clock.at),
    async sleep(ms: number, signal?: AbortSignal) {
      signal?.throwIfAborted()
      clock.at += ms
      await new Promise((resolve) => setImmediate(resolve))
    },
  }
  return clock
}

interface Bench {
  readonly store: Store
  readonly clock: ReturnType<typeof leapingClock>
  /** Ids of what each channel was told, in order. */
  readonly told: string[]
  /** Runs until no delivery is open any more. */
  settle(channels: readonly Channel[], retries?: number): Promise<void>
  queue(id: string, channels?: string[]): Promise<void>
}

async function bench(): Promise<Bench & AsyncDisposable> {
  const clock = leapingClock()
  const store = await openStore(':memory:', { now: () => clock.now() })
  return {
    store,
    clock,
    told: [],
    async settle(channels, retries = 2) {
      const stop = new AbortController()
      const changed = (): void => {
        void listDeliveries(store.db, { most: 100 }).then((rows) => {
          if (rows.every(({ state }) => state === 'delivered' || state === 'failed')) stop.abort()
        })
      }
      const outbox = createOutbox({
        db: store.db,
        channels,
        clock,
        log: SILENT,
        random: () => 0,
        retries,
        changed,
      })
      // Where nothing is open from the start, one look at what is due is enough.
      await outbox.drain(stop.signal)
      changed()
      await outbox.run(stop.signal)
    },
    async queue(id, channels = ['slack']) {
      await queueMessage(store.db, messageOf(id), { dedupeKey: id, channels })
    },
    [Symbol.asyncDispose]: () => store[Symbol.asyncDispose](),
  }
}

const messageOf = (id: string): Message => ({
  id,
  kind: 'image',
  createdAt: new Date(START).toISOString(),
  entries: [UPDATE],
})

/** A channel whose first sends end with these errors. */
function channelOf(name: string, told: string[], errors: unknown[] = []): Channel {
  return {
    name,
    notifier: name,
    async send(message) {
      told.push(`${name} ${message.id}`)
      const error = errors.shift()
      if (error !== undefined) throw error
    },
  }
}

const transient = (more: object = {}): Error =>
  Object.assign(new Error('slack answered 503'), { transient: true, ...more })

test('a message reaches each of its channels once', async () => {
  await using b = await bench()
  await b.queue('a', ['slack', 'mail'])
  await b.settle([channelOf('slack', b.told), channelOf('mail', b.told)])
  await b.settle([channelOf('slack', b.told), channelOf('mail', b.told)])
  assert.deepEqual(b.told.sort(), ['mail a', 'slack a'])
})

test('a failed try is repeated after a wait, until it arrives', async () => {
  await using b = await bench()
  await b.queue('a')
  await b.settle([channelOf('slack', b.told, [transient(), transient()])])
  const [delivery] = await listDeliveries(b.store.db, { most: 1 })
  assert.deepEqual(
    [b.told.length, delivery!.state, delivery!.attempts, delivery!.lastError],
    [3, 'delivered', 3, undefined],
  )
  assert.ok(b.clock.at - START >= backOff(1, () => 0) + backOff(2, () => 0))
})

for (const [what, errors, tries] of [
  ['after the last try', [transient(), transient(), transient(), transient()], 3],
  ['at once when another try would not mend it', [new Error('slack answered 404')], 1],
] as const) {
  test(`a message is kept as failed ${what}, with its error and an event`, async () => {
    await using b = await bench()
    await b.queue('a')
    await b.settle([channelOf('slack', b.told, [...errors])])
    const [delivery] = await listDeliveries(b.store.db, { state: 'failed', most: 1 })
    assert.deepEqual([b.told.length, delivery!.attempts, delivery!.lastError], [tries, tries, errors[0]!.message])
    assert.equal((await latestEvents(b.store.db, { most: 1 }))[0]!.kind, 'message.failed')
    await repeatDeliveries(b.store.db, { now: b.clock.now() })
    await b.settle([channelOf('slack', b.told)])
    assert.equal((await listDeliveries(b.store.db, { most: 1 }))[0]!.state, 'delivered')
  })
}

test('a receiver that asks for a longer wait gets it', async () => {
  await using b = await bench()
  await b.queue('a')
  await b.settle([channelOf('slack', b.told, [transient({ retryAfterMs: 600_000 })])])
  assert.ok(b.clock.at - START >= 600_000)
})

test('a channel that fails holds no other up', async () => {
  await using b = await bench()
  await b.queue('a', ['slack', 'mail'])
  await b.settle([channelOf('slack', b.told, [transient()]), channelOf('mail', b.told)])
  assert.deepEqual(b.told.slice(0, 2).sort(), ['mail a', 'slack a'])
})

test('stopping in the middle of a send gives the message back and counts no try', async () => {
  await using b = await bench()
  await b.queue('a')
  const stop = new AbortController()
  const hanging: Channel = {
    name: 'slack',
    notifier: 'slack',
    send: (_, { signal }) =>
      new Promise((_resolve, reject) => {
        signal.addEventListener('abort', () => reject(signal.reason))
        stop.abort()
      }),
  }
  await createOutbox({
    db: b.store.db,
    channels: [hanging],
    clock: b.clock,
    log: SILENT,
    random: () => 0,
    retries: 2,
    changed() {},
  }).run(stop.signal)
  const [delivery] = await listDeliveries(b.store.db, { most: 1 })
  assert.deepEqual([delivery!.state, delivery!.attempts], ['waiting', 0])
})

test('a message that is on its way when it is stopped may still arrive', async () => {
  await using b = await bench()
  await b.queue('a')
  const stop = new AbortController()
  const slow: Channel = {
    name: 'slack',
    notifier: 'slack',
    async send() {
      stop.abort()
      await new Promise((resolve) => setTimeout(resolve, 20))
    },
  }
  const clock = { ...systemClock, now: b.clock.now }
  await createOutbox({ ...partsOf(b, [slow]), clock }).run(stop.signal)
  assert.equal((await listDeliveries(b.store.db, { most: 1 }))[0]!.state, 'delivered')
})

test('a channel that takes its time holds no other up', async () => {
  await using b = await bench()
  const stop = new AbortController()
  const hanging = Promise.withResolvers<void>()
  const arrived = Promise.withResolvers<void>()
  const slow: Channel = { name: 'slow', notifier: 'slow', send: () => hanging.promise }
  const quick: Channel = { name: 'quick', notifier: 'quick', send: async () => arrived.resolve() }
  const outbox = createOutbox(partsOf({ store: b.store, clock: systemClock }, [slow, quick]))
  await b.queue('a', ['slow'])
  const running = outbox.run(stop.signal)
  await until(async () => (await listDeliveries(b.store.db, { most: 1 }))[0]!.state === 'sending')
  await b.queue('b', ['quick'])
  outbox.wake()
  await arrived.promise
  hanging.resolve()
  stop.abort()
  await running
})

test('two processes over one database deliver each message once', async () => {
  await using folder = await temporaryFolder('outbox')
  const now = (): Date => new Date(START)
  await using one = await openStore(path.join(folder.path, 'x.db'), { now })
  await using two = await openStore(path.join(folder.path, 'x.db'), { now })
  for (let number = 0; number < 20; number++)
    await queueMessage(one.db, messageOf(`m${number}`), { dedupeKey: `m${number}`, channels: ['slack'] })
  const told: string[] = []
  const channel: Channel = {
    name: 'slack',
    notifier: 'slack',
    async send({ id }) {
      told.push(id)
      await new Promise((resolve) => setTimeout(resolve, 1))
    },
  }
  const stop = new AbortController()
  const outboxOf = ({ db }: Store) => createOutbox({ ...partsOf({ store: one, clock: systemClock }, [channel]), db })
  const drained = outboxOf(one).drain(stop.signal)
  const server = outboxOf(two).run(stop.signal)
  await until(async () => (await listDeliveries(one.db, { most: 50 })).every(({ state }) => state === 'delivered'))
  stop.abort()
  await Promise.all([drained, server])
  assert.deepEqual([told.length, new Set(told).size], [20, 20])
})

test('a database that cannot be read for a while stops no delivery for good', async () => {
  await using b = await bench()
  await b.queue('a')
  const stop = new AbortController()
  let failures = 2
  const db = new Proxy(b.store.db, {
    get(target, name) {
      if (name === 'updateTable' && failures-- > 0) throw new Error('database or disk is full')
      const value = Reflect.get(target, name) as unknown
      return typeof value === 'function' ? value.bind(target) : value
    },
  })
  await createOutbox({ ...partsOf(b, [channelOf('slack', b.told)]), db, changed: () => stop.abort() }).run(stop.signal)
  assert.deepEqual(b.told, ['slack a'])
})

test('the wait doubles up to an hour', () => {
  assert.deepEqual(
    [1, 2, 3, 11, 50].map((attempts) => backOff(attempts, () => 1)),
    [5_000, 10_000, 20_000, 3_600_000, 3_600_000],
  )
})

function partsOf({ store, clock }: { store: Store; clock: Clock }, channels: readonly Channel[]): OutboxParts {
  return { db: store.db, channels, clock, log: SILENT, random: () => 0, retries: 2, changed() {} }
}

async function until(condition: () => Promise<boolean>): Promise<void> {
  while (!(await condition())) await new Promise((resolve) => setTimeout(resolve, 1))
}
