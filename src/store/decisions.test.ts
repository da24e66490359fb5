import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ImageFinding } from '../domain/finding.ts'
import type { Hold } from '../domain/hold.ts'
import { parseImageReference } from '../domain/image-reference.ts'
import { deleteApprovals, listApprovals, putApproval } from './approvals.ts'
import { deleteHolds, listHolds, putHold } from './holds.ts'
import { saveFinding } from './images.ts'
import { openStore } from './open.ts'
import { deletePause, readPause, writePause } from './pause.ts'
import { listQuarantine, putInQuarantine, takeFromQuarantine } from './quarantine.ts'
import { readSightings } from './sightings.ts'

const WEB = 'docker/local/web'
const at = (hour: number): Date => new Date(Date.UTC(2026, 2, 1, hour))
const open = () => openStore(':memory:', { now: () => at(0) })

function hold(said: Partial<Hold> & Pick<Hold, 'kind'>): Omit<Hold, 'id' | 'createdAt'> {
  return {
    workload: WEB,
    tag: undefined,
    digest: undefined,
    until: undefined,
    reason: undefined,
    actor: 'operator',
    ...said,
  }
}

test('a workload has one hold of each kind, but passes over any number of candidates', async () => {
  await using store = await open()
  const { db } = store
  const said = [
    hold({ kind: 'hold', reason: 'old' }),
    hold({ kind: 'hold', reason: 'new' }),
    hold({ kind: 'pin', tag: '1' }),
    hold({ kind: 'skip', tag: '2', digest: 'sha256:a' }),
    hold({ kind: 'skip', tag: '3', digest: 'sha256:b' }),
    hold({ kind: 'skip', tag: '3', digest: 'sha256:b', reason: 'again' }),
    hold({ kind: 'hold', workload: 'docker/local/db' }),
  ]
  for (const [index, one] of said.entries()) await putHold(db, one, at(index))
  const standing = await listHolds(db, { workload: WEB, now: at(9) })
  assert.deepEqual(
    standing.map(({ kind, tag, reason, createdAt }) => [kind, tag, reason, createdAt]),
    [
      ['hold', undefined, 'new', at(1).toISOString()],
      ['pin', '1', undefined, at(2).toISOString()],
      ['skip', '2', undefined, at(3).toISOString()],
      ['skip', '3', 'again', at(5).toISOString()],
    ],
  )
  assert.equal((await listHolds(db, { now: at(9) })).length, 5)
  assert.equal(await deleteHolds(db, { workload: WEB, kind: 'skip', now: at(9) }), 2)
  assert.equal(await deleteHolds(db, { workload: WEB, now: at(9) }), 2)
  assert.equal((await listHolds(db, { now: at(9) })).length, 1)
})

test('what is put off until a time is put off no longer from that time on', async () => {
  await using store = await open()
  const { db } = store
  const put = await putHold(db, hold({ kind: 'snooze', until: at(5).toISOString() }), at(0))
  assert.deepEqual(await listHolds(db, { workload: WEB, now: at(4) }), [put])
  assert.deepEqual(await listHolds(db, { workload: WEB, now: at(5) }), [])
  assert.equal(await deleteHolds(db, { workload: WEB, now: at(5) }), 0)
})

test('an image is set aside on one host, with its last reason, until it may be tried again', async () => {
  await using store = await open()
  const { db } = store
  const image = { name: 'docker.io/library/nginx', digest: 'sha256:a', tag: '1.27', host: 'nas', reason: 'it died' }
  await putInQuarantine(db, image, at(0))
  await putInQuarantine(db, { ...image, reason: 'it died again' }, at(1))
  await putInQuarantine(db, { ...image, host: 'pi', tag: undefined }, at(2))
  await putInQuarantine(db, { ...image, name: 'docker.io/library/redis' }, at(3))
  const list = await listQuarantine(db, { name: image.name })
  assert.deepEqual(
    list.map(({ host, tag, reason, createdAt }) => [host, tag, reason, createdAt]),
    [
      ['pi', undefined, 'it died', at(2).toISOString()],
      ['nas', '1.27', 'it died again', at(1).toISOString()],
    ],
  )
  assert.equal(await takeFromQuarantine(db, image), true)
  assert.equal(await takeFromQuarantine(db, image), false)
  assert.equal((await listQuarantine(db)).length, 2)
})

test('a yes is to one digest of one workload, and the first stands', async () => {
  await using store = await open()
  const { db } = store
  await putApproval(db, { workload: WEB, tag: '2', digest: 'sha256:a', actor: 'ann' }, at(0))
  await putApproval(db, { workload: WEB, tag: '2', digest: 'sha256:a', actor: 'bob' }, at(1))
  await putApproval(db, { workload: 'docker/local/db', tag: undefined, digest: 'sha256:a', actor: 'bob' }, at(2))
  const first = { workload: WEB, tag: '2', digest: 'sha256:a', actor: 'ann', createdAt: at(0).toISOString() }
  assert.deepEqual(await listApprovals(db, { workload: WEB }), [first])
  assert.equal((await listApprovals(db)).length, 2)
  assert.equal(await deleteApprovals(db, WEB), 1)
  assert.equal((await listApprovals(db)).length, 1)
})

test('a pause stands until its time or until it is taken back', async () => {
  await using store = await open()
  const { db } = store
  assert.equal(await readPause(db, at(0)), undefined)
  await writePause(db, { until: at(5).toISOString(), actor: 'ann' })
  assert.deepEqual(await readPause(db, at(4)), { until: at(5).toISOString(), actor: 'ann' })
  assert.equal(await readPause(db, at(5)), undefined)
  await writePause(db, { until: undefined, actor: 'bob' })
  assert.deepEqual(await readPause(db, at(9)), { until: undefined, actor: 'bob' })
  assert.equal(await deletePause(db), true)
  assert.equal(await deletePause(db), false)
  assert.equal(await readPause(db, at(9)), undefined)
})

test('each digest of a tag is remembered with when it was first seen, what runs before what was found', async () => {
  await using store = await open()
  const { db } = store
  await saveFinding(db, finding({ runs: 'sha256:a', found: 'sha256:b', tag: '2', tagDigest: 'sha256:c' }), {
    now: at(0),
  })
  await saveFinding(db, finding({ runs: 'sha256:a', found: 'sha256:d' }), { now: at(1) })
  await saveFinding(db, finding({ runs: 'sha256:a', found: 'sha256:b', tag: '2', tagDigest: 'sha256:e' }), {
    now: at(2),
  })
  const seen = await readSightings(db, ['docker.io/library/nginx', 'docker.io/library/none'])
  assert.deepEqual(
    [...seen].map(([name, list]) => [
      name,
      list.map(({ tag, digest, at: when }) => `${tag} ${digest} ${when.slice(11, 13)}`),
    ]),
    [
      [
        'docker.io/library/nginx',
        ['1 sha256:a 00', '1 sha256:b 00', '2 sha256:c 00', '1 sha256:d 01', '2 sha256:e 02'],
      ],
    ],
  )
})

function finding(said: { runs: string; found: string; tag?: string; tagDigest?: string }): ImageFinding {
  const { runs, found, tag, tagDigest } = said
  return {
    key: 'k',
    reference: parseImageReference('nginx:1'),
    platform: 'linux/amd64',
    status: 'update',
    reason: 'It is newer.',
    current: { tag: '1', digest: runs },
    digestMoved: true,
    found: { digest: found, ...(tag === undefined ? {} : { tag }), ...(tagDigest === undefined ? {} : { tagDigest }) },
    workloads: [],
  }
}
