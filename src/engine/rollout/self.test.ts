import assert from 'node:assert/strict'
import { test } from 'node:test'
import { planOf } from '../../../test/kit/updates.ts'
import type { Workload } from '../../domain/workload.ts'
import { openStore } from '../../store/open.ts'
import type { OwnContainer, Self } from '../../updaters/_self.ts'
import { createLook, type OwnUpdates, refuseOwn, reportIn, selfRefusal } from './self.ts'
import { readSelfReport } from './self-report.ts'

const NEVER = new AbortController().signal
const SHIP = { host: 'here', name: 'ship' } as Workload
const WORDS = /itself runs in; set updates\.self to true, or update it yourself/

interface Given {
  readonly allowed?: boolean
  readonly hosts?: readonly string[]
  /** What a host says, at each time it is asked. */
  readonly on?: (host: string, nth: number) => OwnContainer | undefined
  readonly isIn?: boolean
}

function ownOf({ allowed = false, hosts = ['here'], on, isIn = true }: Given) {
  const asked: string[] = []
  const found = new Map<string, OwnContainer>()
  const self = {
    known: (host: string) => found.get(host),
    async on(host: string) {
      asked.push(host)
      const own = on?.(host, asked.filter((each) => each === host).length)
      if (own !== undefined) found.set(host, own)
      return own
    },
    isIn: async () => isIn,
    nameIn: () => 'ship',
  } as unknown as Self
  const command = (): readonly [string] => ['node']
  const own: OwnUpdates = { self, allowed, hosts, version: '2', discover: async () => {}, command }
  return { own, asked }
}

const CONTAINER = { ids: ['c1'], name: 'ship', inspected: { Id: 'c1' } } as unknown as OwnContainer

test('its own workload is refused in every outlook until updates.self says otherwise; others are not', async () => {
  for (const allowed of [false, true]) {
    const { own } = ownOf({ allowed, on: () => CONTAINER })
    assert.equal(selfRefusal(own, SHIP), undefined, 'not known yet')
    await own.self.on('here', NEVER)
    assert.equal(WORDS.test(selfRefusal(own, SHIP) ?? ''), !allowed)
    assert.equal(selfRefusal(own, { ...SHIP, name: 'web' }), undefined)
    assert.equal(selfRefusal(own, { ...SHIP, host: 'there' }), undefined)
  }
})

test('a plan for it is refused with the same words, and one that takes it along says so', async () => {
  const { own } = ownOf({})
  await assert.rejects(refuseOwn(own, planOf('ship'), NEVER), WORDS)
  await assert.rejects(refuseOwn(own, planOf('vpn'), NEVER), /takes another one along/)
  await refuseOwn(ownOf({ allowed: true }).own, planOf('ship'), NEVER)
  await refuseOwn(ownOf({ isIn: false }).own, planOf('web'), NEVER)
  await refuseOwn(undefined, planOf('web'), NEVER)
})

test('a host that does not answer holds nobody up for long, and is asked again later', async () => {
  let at = 0
  const { own, asked } = ownOf({
    on: () => {
      throw new Error('away')
    },
  })
  const look = createLook({ own, clock: { now: () => new Date(at), sleep: async () => {} }, stopping: NEVER })
  await look()
  await look()
  assert.equal(asked.length, 1)
  at += 16_000
  await look()
  assert.equal(asked.length, 2)
})

test('a server reports the container it runs in once a host can tell', async () => {
  const now = (): Date => new Date('2026-03-01T12:00:00Z')
  await using store = await openStore(':memory:', { now })
  const { own } = ownOf({
    hosts: ['there', 'here'],
    on(host, nth) {
      if (nth < 3) throw new Error('away')
      return host === 'here' ? CONTAINER : undefined
    },
  })
  await reportIn(own, { db: store.db, clock: { now, sleep: async () => {} } }, NEVER)
  assert.deepEqual(await readSelfReport(store.db), { container: 'c1', version: '2', at: now().toISOString() })
})

test('one that runs in no container reports nothing', async () => {
  const now = (): Date => new Date()
  await using store = await openStore(':memory:', { now })
  await reportIn(ownOf({ hosts: [] }).own, { db: store.db, clock: { now, sleep: async () => {} } }, NEVER)
  assert.equal(await readSelfReport(store.db), undefined)
})
