import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Failure } from '../domain/failure.ts'
import { parseImageReference } from '../domain/image-reference.ts'
import { DEFAULT_PLATFORM } from '../domain/platform.ts'
import { DEFAULT_SETTINGS, type Workload } from '../domain/workload.ts'
import { SILENT } from '../lib/log.ts'
import type { Listing, Provider } from '../providers/_provider.ts'
import { latestEvents } from '../store/events.ts'
import { openStore } from '../store/open.ts'
import { listWorkloads } from '../store/workloads.ts'
import { createDiscovery } from './discover.ts'

const now = (): Date => new Date('2026-01-01T00:00:00Z')

const workload = (name: string): Workload => ({
  id: `docker/local/${name}`,
  provider: 'docker',
  host: 'local',
  name,
  image: 'nginx:1',
  reference: parseImageReference('nginx:1'),
  platform: DEFAULT_PLATFORM,
  running: { digests: [], state: 'running' },
  settings: DEFAULT_SETTINGS,
  metadata: {},
})

/** A provider that answers with what `answers` says, one a listing. */
function providerOf(...answers: (Listing | Error)[]): Provider & { changed?: () => void } {
  const provider: Provider & { changed?: () => void } = {
    name: 'docker',
    host: 'local',
    async list() {
      const answer = answers.shift() ?? { workloads: [], problems: [] }
      if (answer instanceof Error) throw answer
      return answer
    },
    watch(changed, signal) {
      provider.changed = changed
      return new Promise((resolve) => signal.addEventListener('abort', () => resolve()))
    },
  }
  return provider
}

const listing = (...names: string[]): Listing => ({ workloads: names.map(workload), problems: [] })
const open = () => openStore(':memory:', { now })
const kinds = async (store: Awaited<ReturnType<typeof open>>): Promise<string[]> =>
  (await latestEvents(store.db, { most: 50 }))
    .map(({ kind, subject }) => `${kind} ${subject?.split('/').at(-1)}`)
    .reverse()

test('what came and what went is written down, each with an event', async () => {
  await using store = await open()
  const discovery = createDiscovery({
    db: store.db,
    providers: [providerOf(listing('a', 'b'), listing('b', 'c'))],
    log: SILENT,
    now,
    changed() {},
  })
  await discovery.list(undefined)
  await discovery.list(undefined)
  assert.deepEqual(
    (await listWorkloads(store.db)).map(({ name }) => name),
    ['b', 'c'],
  )
  assert.deepEqual(await kinds(store), ['workload.came a', 'workload.came b', 'workload.came c', 'workload.went a'])
})

test('a provider that fails keeps what it had said, says so once, and says when it answers again', async () => {
  await using store = await open()
  const refused = (): Failure => new Failure('unavailable', 'There is no Docker socket.', { remedy: 'Start Docker.' })
  const discovery = createDiscovery({
    db: store.db,
    providers: [providerOf(listing('a'), refused(), refused(), listing('a'))],
    log: SILENT,
    now,
    changed() {},
  })
  for (let times = 0; times < 3; times++) await discovery.list(undefined)
  assert.deepEqual(discovery.failed(), [
    { provider: 'docker', host: 'local', error: 'There is no Docker socket. Start Docker.' },
  ])
  assert.deepEqual([discovery.workloads().length, (await listWorkloads(store.db)).length], [1, 1])
  await discovery.list(undefined)
  assert.deepEqual(discovery.failed(), [])
  assert.deepEqual(await kinds(store), ['workload.came a', 'provider.failed local', 'provider.answered local'])
})

test('one provider that fails does not hide another', async () => {
  await using store = await open()
  const broken: Provider = { name: 'docker', host: 'far', list: () => Promise.reject(new Error('reset')) }
  const discovery = createDiscovery({
    db: store.db,
    providers: [broken, providerOf(listing('a'))],
    log: SILENT,
    now,
    changed() {},
  })
  await discovery.list(undefined)
  assert.deepEqual([discovery.workloads().map(({ name }) => name), discovery.failed().length], [['a'], 1])
})

test('a problem of one workload is told once, beside the others', async () => {
  await using store = await open()
  const problem = {
    workload: 'docker/local/bad',
    message: 'container "bad", label "diun.max_tags": "x" is not a whole number.',
  }
  const answer: Listing = { workloads: [workload('a')], problems: [problem] }
  const discovery = createDiscovery({
    db: store.db,
    providers: [providerOf(answer, answer)],
    log: SILENT,
    now,
    changed() {},
  })
  await discovery.list(undefined)
  await discovery.list(undefined)
  assert.deepEqual(discovery.problems(), [problem])
  assert.deepEqual(await kinds(store), ['workload.came a', 'workload.problem bad'])
})

test('while it is followed, what comes is handed on, and what was there is not', async () => {
  await using store = await open()
  const provider = providerOf(listing('a'), listing('a', 'b'))
  const discovery = createDiscovery({ db: store.db, providers: [provider], log: SILENT, now, changed() {} })
  await discovery.list(undefined)
  const stop = new AbortController()
  const came = Promise.withResolvers<string[]>()
  const watching = discovery.watch((workloads) => came.resolve(workloads.map(({ name }) => name)), stop.signal)
  provider.changed!()
  assert.deepEqual(await came.promise, ['b'])
  stop.abort()
  await watching
})

test('a container that was made again from another image is handed on', async () => {
  await using store = await open()
  const made = (imageId: string): Listing => ({
    workloads: [{ ...workload('a'), running: { digests: [], imageId } }],
    problems: [],
  })
  const provider = providerOf(made('one'), made('one'), made('two'))
  const discovery = createDiscovery({ db: store.db, providers: [provider], log: SILENT, now, changed() {} })
  await discovery.list(undefined)
  const stop = new AbortController()
  const came: string[] = []
  const second = Promise.withResolvers<void>()
  const watching = discovery.watch((workloads) => {
    came.push(...workloads.map(({ running }) => running.imageId!))
    second.resolve()
  }, stop.signal)
  provider.changed!()
  provider.changed!()
  await second.promise
  assert.deepEqual(came, ['two'])
  stop.abort()
  await watching
})

test('two listings at once are written down in the order they were asked for', async () => {
  await using store = await open()
  const slow = Promise.withResolvers<Listing>()
  const answers = [slow.promise, Promise.resolve(listing('new'))]
  const provider: Provider = { name: 'docker', host: 'local', list: () => answers.shift()! }
  const discovery = createDiscovery({ db: store.db, providers: [provider], log: SILENT, now, changed() {} })
  const both = [discovery.list(undefined), discovery.list(undefined)]
  slow.resolve(listing('old'))
  await Promise.all(both)
  assert.deepEqual(
    discovery.workloads().map(({ name }) => name),
    ['new'],
  )
})
