import assert from 'node:assert/strict'
import { test } from 'node:test'
import { DEFAULT_PLATFORM } from '../domain/platform.ts'
import { DEFAULT_SETTINGS, type Workload } from '../domain/workload.ts'
import { openStore } from './open.ts'
import { listWorkloads, replaceWorkloads } from './workloads.ts'

const PLACE = { provider: 'docker', host: 'local' }
const [FIRST, LATER] = [new Date('2026-06-01T12:00:00Z'), new Date('2026-06-01T13:00:00Z')]

function workload(name: string, image = 'nginx:1.27'): Workload {
  return {
    ...{ id: `docker/local/${name}`, ...PLACE, name, image, platform: DEFAULT_PLATFORM, metadata: {} },
    ...{ running: { digests: [], state: 'running' }, settings: DEFAULT_SETTINGS },
  }
}

for (const [what, before, after, expected] of [
  ['the same', ['a', 'b'], [workload('a'), workload('b')], { came: [], went: [] }],
  ['one more', ['a'], [workload('a'), workload('b')], { came: ['b'], went: [] }],
  ['one less', ['a', 'b'], [workload('b')], { came: [], went: ['a'] }],
  ['another image', ['a'], [workload('a', 'nginx:1.28')], { came: [], went: [] }],
  ['nothing', ['a'], [], { came: [], went: ['a'] }],
] as const) {
  test(`a place that runs ${what} is written down as it is`, async () => {
    await using store = await openStore(':memory:', { now: () => FIRST })
    const write = (workloads: readonly Workload[], now: Date) =>
      replaceWorkloads(store.db, PLACE, {
        workloads: workloads.map((each) => ({ workload: each, imageKey: 'key' })),
        now,
      })
    await write(
      before.map((name) => workload(name)),
      FIRST,
    )
    const { came, went } = await write(after, LATER)
    const names = (ids: readonly string[]) => ids.map((id) => id.split('/').at(-1))
    assert.deepEqual({ came: names(came), went: names(went) }, expected)
    const listed = await listWorkloads(store.db)
    assert.deepEqual(
      listed.map(({ name, image }) => [name, image]),
      after.map(({ name, image }) => [name, image]),
    )
    const seen = await store.db.selectFrom('workload').select('seen_at').where('gone_at', 'is', null).execute()
    assert.ok(seen.every(({ seen_at }) => seen_at === LATER.toISOString()))
    assert.deepEqual(
      await write(
        before.map((name) => workload(name)),
        LATER,
      ).then(({ went }) => names(went)),
      [...after.map(({ name }) => name).filter((name) => !(before as readonly string[]).includes(name))],
    )
  })
}

test('a place with more workloads than one statement takes is compared whole', async () => {
  await using store = await openStore(':memory:', { now: () => FIRST })
  const write = (workloads: readonly Workload[]) =>
    replaceWorkloads(store.db, PLACE, {
      workloads: workloads.map((each) => ({ workload: each, imageKey: 'key' })),
      now: FIRST,
    })
  const all = Array.from({ length: 450 }, (_, number) => workload(`app-${number}`))
  assert.equal((await write(all)).came.length, all.length)
  const { came, went } = await write([...all.slice(1, 449), workload('app-449', 'nginx:1.28'), workload('new')])
  assert.deepEqual({ came, went }, { came: ['docker/local/new'], went: ['docker/local/app-0'] })
  const listed = await listWorkloads(store.db)
  assert.equal(listed.length, 450)
  assert.equal(listed.find(({ name }) => name === 'app-449')?.image, 'nginx:1.28')
})
