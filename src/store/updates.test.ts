import assert from 'node:assert/strict'
import { test } from 'node:test'
import { RUNNING, TELLER } from '../../test/kit/message.ts'
import { Failure } from '../domain/failure.ts'
import type { Entry } from '../domain/message.ts'
import { latestEvents } from './events.ts'
import { openStore } from './open.ts'
import type { Db } from './tables.ts'
import {
  acknowledgeUpdate,
  listUpdates,
  putFinding,
  receiveReport,
  settleFinding,
  unacknowledgeUpdate,
} from './updates.ts'
import { assignTag, createTag, deleteTag, listTags, unassignTag } from './user-tags.ts'

const IMAGE = 'docker.io/crazymax/diun:1.2.3'
const FIRST = new Date('2026-03-01T10:00:00Z')
const LATER = new Date('2026-03-02T10:00:00Z')

const REPORT = {
  image: IMAGE,
  diun_version: '4.29.0',
  hostname: 'nas',
  status: 'update',
  provider: 'docker',
  hub_link: '',
  mime_type: '',
  digest: 'sha256:aa',
  created: '',
  platform: 'linux/amd64',
  metadata: { ctn_names: 'web' },
}

const AGAIN: [string, Entry, { acknowledged: boolean; since: string }][] = [
  [
    'the same finding stays acknowledged and waits since the first time',
    RUNNING,
    { acknowledged: true, since: '2026-03-01T10:00:00Z' },
  ],
  [
    'another digest waits again',
    { ...RUNNING, digest: 'sha256:bb' },
    { acknowledged: false, since: '2026-03-02T10:00:00Z' },
  ],
  [
    'another newer tag waits again',
    { ...RUNNING, newerTag: '1.4.0' },
    { acknowledged: false, since: '2026-03-02T10:00:00Z' },
  ],
  [
    'a newer tag that went away waits again',
    withoutNewerTag(RUNNING),
    { acknowledged: false, since: '2026-03-02T10:00:00Z' },
  ],
]

for (const [what, entry, expected] of AGAIN) {
  test(`found again after it was acknowledged: ${what}`, async () => {
    await using store = await open()
    await find(store.db, RUNNING, FIRST)
    await acknowledgeUpdate(store.db, IMAGE, FIRST)
    await find(store.db, entry, LATER)
    assert.deepEqual(await waitingOf(store.db), expected)
  })
}

test('a finding is told in the words of the contract', async () => {
  await using store = await open()
  await find(store.db, RUNNING, FIRST)
  const [update] = await listUpdates(store.db)
  const { image, hostname, status, provider, digest, created, platform, ctn_name, source } = update!.row
  assert.deepEqual(
    { image, hostname, status, provider, digest, created, platform, ctn_name, source },
    {
      image: IMAGE,
      hostname: 'node-1',
      status: 'update',
      provider: 'docker',
      digest: RUNNING.digest,
      created: '2026-05-24T12:34:56Z',
      platform: 'linux/amd64',
      ctn_name: 'web',
      source: 'check',
    },
  )
  assert.deepEqual(update!.metadata, {
    ctn_names: 'web',
    newer_tag: '1.3.0',
    level: 'minor',
    reason: 'The tag points to another digest.',
    from_tag: '1.2.3',
    from_digest: 'sha256:0000',
  })
})

test('an image that is current again waits no longer, and waits anew when the same update is found later', async () => {
  await using store = await open()
  await find(store.db, RUNNING, FIRST)
  await settleFinding(store.db, IMAGE, FIRST)
  await settleFinding(store.db, IMAGE, LATER)
  assert.equal((await waitingOf(store.db)).acknowledged, true)
  assert.equal((await latestEvents(store.db, { most: 10 })).length, 1)
  await find(store.db, RUNNING, LATER)
  assert.deepEqual(await waitingOf(store.db), { acknowledged: false, since: '2026-03-02T10:00:00Z' })
})

test("settling leaves another watcher's report and unknown images alone", async () => {
  await using store = await open()
  await receiveReport(store.db, REPORT, FIRST)
  await settleFinding(store.db, IMAGE, LATER)
  await settleFinding(store.db, 'unknown', LATER)
  assert.equal((await waitingOf(store.db)).acknowledged, false)
})

test('a report takes the place of a finding and waits again', async () => {
  await using store = await open()
  await find(store.db, RUNNING, FIRST)
  await acknowledgeUpdate(store.db, IMAGE, FIRST)
  await receiveReport(store.db, REPORT, LATER)
  assert.equal((await waitingOf(store.db)).acknowledged, false)
  assert.equal((await listUpdates(store.db))[0]?.row.source, 'webhook')
})

test('each change leaves an event, and a change that fails leaves none', async () => {
  await using store = await open()
  const { db } = store
  await receiveReport(db, REPORT, FIRST)
  await acknowledgeUpdate(db, IMAGE, FIRST)
  await unacknowledgeUpdate(db, IMAGE, FIRST)
  const tag = await createTag(db, 'prod', FIRST)
  await assignTag(db, { image: IMAGE, tagId: tag.id }, FIRST)
  await unassignTag(db, IMAGE, FIRST)
  await deleteTag(db, tag.id, FIRST)
  await createTag(db, 'test', FIRST)
  await assert.rejects(createTag(db, 'test', FIRST), isFailure('conflict'))
  await assert.rejects(deleteTag(db, 99, FIRST), isFailure('not-found'))
  await assert.rejects(assignTag(db, { image: IMAGE, tagId: 99 }, FIRST), isFailure('not-found'))
  await assert.rejects(acknowledgeUpdate(db, 'unknown', FIRST), isFailure('not-found'))
  const events = (await latestEvents(db, { most: 20 })).reverse()
  assert.deepEqual(
    events.map(({ kind, subject, data }) => [kind, subject, data]),
    [
      ['report.received', IMAGE, { hostname: 'nas', provider: 'docker', status: 'update', digest: 'sha256:aa' }],
      ['update.acknowledged', IMAGE, { acknowledged: true, by: 'person' }],
      ['update.acknowledged', IMAGE, { acknowledged: false, by: 'person' }],
      ['tags.changed', undefined, { created: 'prod' }],
      ['tags.changed', IMAGE, { assigned: 1 }],
      ['tags.changed', IMAGE, { assigned: null }],
      ['tags.changed', undefined, { deleted: 1 }],
      ['tags.changed', undefined, { created: 'test' }],
    ],
  )
})

test('all of it can be part of a larger transaction, and is undone with it', async () => {
  await using store = await open()
  const whole = store.db.transaction().execute(async (within) => {
    await receiveReport(within, REPORT, FIRST)
    await createTag(within, 'prod', FIRST)
    await settleFinding(within, IMAGE, FIRST)
    throw new Error('undone')
  })
  await assert.rejects(whole, /undone/)
  assert.deepEqual([await listUpdates(store.db), await listTags(store.db)], [[], []])
  assert.deepEqual(await latestEvents(store.db, { most: 1 }), [])
})

async function open() {
  return await openStore(':memory:', { now: () => FIRST })
}

async function find(db: Db, entry: Entry, now: Date): Promise<void> {
  await putFinding(db, entry, { image: IMAGE, teller: TELLER, now })
}

async function waitingOf(db: Db) {
  const [update] = await listUpdates(db)
  return { acknowledged: update!.row.acknowledged_at !== null, since: update!.row.received_at }
}

function withoutNewerTag(entry: Entry): Entry {
  const { newerTag: _, ...rest } = entry
  return rest
}

function isFailure(code: string) {
  return (error: unknown) => error instanceof Failure && error.code === code
}
