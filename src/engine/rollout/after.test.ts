import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Plan, Update } from '../../domain/update.ts'
import { DEFAULT_UPDATE_SETTINGS } from '../../domain/update-settings.ts'
import { SILENT } from '../../lib/log.ts'
import { listApprovals, putApproval } from '../../store/approvals.ts'
import { openStore, type Store } from '../../store/open.ts'
import { insertUpdate, movePhase } from '../../store/update-journal.ts'
import type { Updater } from '../../updaters/_updater.ts'
import { afterUpdate } from './after.ts'
import type { Outlooks } from './outlook.ts'
import { earlierVersion, earlierVersions } from './versions.ts'

const WORKLOAD = 'docker/nas/web'
const hours = Array.from({ length: 100 }, (_, hour) => new Date(Date.UTC(2026, 0, 1, hour)))
/** Each time it is asked it is an hour later. */
const later = (): Date => hours.shift()!

async function updated(store: Store, name: string, from: string, to: string): Promise<Update> {
  const plan = {
    updater: 'fake',
    host: 'nas',
    workload: `docker/nas/${name}`,
    name,
    from: { reference: `app:${from}`, imageId: `sha256:${from.repeat(64)}` },
    to: { reference: `app:${to}`, imageId: `sha256:${to.repeat(64)}`, digest: `sha256:${to}` },
  } as unknown as Plan
  const begun = await insertUpdate(store.db, { plan, cause: 'manual', actor: 'operator', now: later() })
  await movePhase(store.db, begun!.id, { from: 'planned', to: 'committed', now: later() })
  return { ...begun!, phase: 'committed' }
}

async function tidied(store: Store, update: Update, keep: number, cleanup = true): Promise<string[]> {
  const asked: string[] = []
  const updater = {
    name: 'fake',
    tidy: async (_: unknown, images: ReadonlySet<string>) => {
      asked.push(...[...images].map((id) => id.slice(7, 8)).sort())
      return []
    },
  } as unknown as Updater
  const settings = { ...DEFAULT_UPDATE_SETTINGS, keep }
  const outlooks = {
    outlooks: async () => ['web', 'db'].map((name) => ({ workload: `docker/nas/${name}`, host: 'nas', settings })),
  } as unknown as Outlooks
  const parts = { db: store.db, log: SILENT, outlooks, updaters: [updater], cleanup }
  const { signal } = new AbortController()
  await afterUpdate({ ...parts, stopping: signal, hook: async () => {}, look: async () => {} }, update)
  return asked
}

test('as many earlier versions are kept as the settings say, and no image is let go that another workload keeps', async () => {
  await using store = await openStore(':memory:', { now: later })
  for (const [from, to] of ['ab', 'bc', 'cd'].map((pair) => [...pair])) await updated(store, 'web', from!, to!)
  const last = await updated(store, 'db', 'b', 'e')
  assert.deepEqual(
    (await earlierVersions(store.db, WORKLOAD)).map(({ reference }) => reference),
    ['app:c', 'app:b', 'app:a'],
  )
  // web keeps c; db keeps b.
  assert.deepEqual(await tidied(store, last, 1), ['a'])
  assert.deepEqual(await tidied(store, last, 0), ['a', 'b', 'c'])
  assert.deepEqual(await tidied(store, last, 3), [])
  assert.deepEqual(await tidied(store, last, 0, false), [])
})

test('what an open update came from is kept, and an approval is used up', async () => {
  await using store = await openStore(':memory:', { now: later })
  const done = await updated(store, 'web', 'a', 'b')
  const plan = { ...done.plan, from: done.plan.from, to: done.plan.to }
  await insertUpdate(store.db, { plan, cause: 'manual', actor: 'operator', now: later() })
  await putApproval(store.db, { workload: WORKLOAD, tag: undefined, digest: 'sha256:b', actor: 'operator' }, later())
  assert.deepEqual(await tidied(store, done, 0), [])
  assert.deepEqual(await listApprovals(store.db, { workload: WORKLOAD }), [])
})

test('a version to go back to is named by tag, digest or id, and one that is not known is told with those that are', async () => {
  await using store = await openStore(':memory:', { now: later })
  for (const [from, to] of ['ab', 'bc'].map((pair) => [...pair])) await updated(store, 'web', from!, to!)
  const find = (to?: string) => earlierVersion(store.db, { workload: WORKLOAD, name: 'web', to })
  assert.equal((await find()).reference, 'app:b')
  for (const to of ['a', 'app:a', 'aaaaaa', `sha256:${'a'.repeat(64)}`])
    assert.equal((await find(to)).reference, 'app:a')
  await assert.rejects(find('c'), /No earlier version "c" of "web" is known/)
  await assert.rejects(find('9'), { remedy: /Known: app:b \(bbbbbbbbbbbb\), app:a/ })
})
