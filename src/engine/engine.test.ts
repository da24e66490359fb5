import assert from 'node:assert/strict'
import { test } from 'node:test'
import { APP, checkBench, container } from '../../test/kit/check-bench.ts'
import { parsePlatform } from '../domain/platform.ts'
import { DEFAULT_SETTINGS, type Workload } from '../domain/workload.ts'
import { systemClock } from '../lib/clock.ts'
import { SILENT } from '../lib/log.ts'
import type { RegistryClient } from '../registries/_registry.ts'
import { createEngine, type EngineParts } from './engine.ts'

type CheckBench = Awaited<ReturnType<typeof checkBench>>

/** An engine over a bench, for these workloads; what was not asked for does nothing. */
function engineOf({ store, registry }: CheckBench, workloads: readonly Workload[], parts: Partial<EngineParts> = {}) {
  return createEngine({
    db: store.db,
    discovery: {
      list: async () => {},
      workloads: () => [...workloads],
      problems: () => [],
      failed: () => [],
      watch: async () => {},
    },
    registries: registry,
    outbox: { run: async () => {}, wake() {}, drain: async () => ({ delivered: 0, failed: 0 }) },
    channels: [],
    clock: systemClock,
    log: SILENT,
    version: '1',
    hostname: 'here',
    defaults: DEFAULT_SETTINGS,
    firstCheckNotif: false,
    summary: false,
    platform: parsePlatform('linux/amd64'),
    listeners: new Set(),
    nextCheckAt: () => undefined,
    ...parts,
  })
}

test('a newcomer is judged together with what runs the same image already', async () => {
  await using b = await checkBench()
  const found = b.registry.push(APP, 'latest', 'new')
  const behind = container('a', `${APP}:latest`, { digests: ['sha256:old'] })
  const newcomer = container('b', `${APP}:latest`, { digests: [found] })
  await b.runs([behind, newcomer])
  await engineOf(b, [behind, newcomer]).checkNewcomers([newcomer])
  const [state] = await b.store.db.selectFrom('image_state').selectAll().execute()
  assert.deepEqual([state!.status, state!.current_digest], ['update', 'sha256:old'])
})

test('a check of everything that is asked for twice is made once', async () => {
  await using b = await checkBench()
  b.registry.push(APP, 'latest', 'one')
  const engine = engineOf(b, [container('a', `${APP}:latest`)])
  const [one, two] = await Promise.all([engine.check('startup'), engine.check('manual')])
  assert.equal(one, two)
  assert.deepEqual(b.registry.asked, [`digest ${APP}:latest`])
  assert.notEqual(await engine.check('manual'), one)
})

test('an image that nothing runs is asked about by the defaults, and leaves nothing that a first check would take for known', async () => {
  await using b = await checkBench()
  for (const tag of ['1.0.0', '1.1.0']) b.registry.push(APP, tag, tag)
  const { findings } = await engineOf(b, []).check('manual', { image: `${APP}:1.0.0` })
  assert.deepEqual([findings[0]!.status, findings[0]!.found.tag], ['update', '1.1.0'])
  for (const table of ['updates', 'image_state', 'message'] as const)
    assert.deepEqual(await b.store.db.selectFrom(table).selectAll().execute(), [])
})

test('an image whose name cannot be read is refused before anybody is asked', async () => {
  await using b = await checkBench()
  await assert.rejects(engineOf(b, []).check('manual', { image: 'owner/UPPER' }), /not an image reference/)
})

test('a check of everything that fails or ends is told to Healthchecks, and one that is stopped is not', async () => {
  await using b = await checkBench()
  b.registry.push(APP, 'latest', 'one')
  const told: string[] = []
  const healthchecks = {
    started: () => void told.push('started'),
    finished: () => void told.push('finished'),
    failed: (error: string) => void told.push(`failed ${error}`),
    [Symbol.asyncDispose]: async () => {},
  }
  const stop = new AbortController()
  const workloads = [container('a', `${APP}:latest`)]
  const engine = engineOf(b, workloads, { healthchecks, stopping: stop.signal })
  await engine.check('manual')
  const announce = (): never => {
    throw new Error('out of memory')
  }
  const broken: RegistryClient = { ...b.registry, announce }
  await assert.rejects(engineOf(b, workloads, { healthchecks, registries: broken }).check('manual'))
  const stopped = engine.check('manual')
  stop.abort(new Error('The program ends'))
  await assert.rejects(stopped, /The program ends/)
  await engine.idle()
  assert.deepEqual(told, ['started', 'finished', 'started', 'failed out of memory', 'started'])
})

test('a locally built image stands in the report with its reason, and is asked about nowhere', async () => {
  await using b = await checkBench()
  b.registry.push(APP, 'latest', 'one')
  const built: Workload = { ...container('built', 'mine:1'), notCheckable: 'It was built here.' }
  const engine = engineOf(b, [built, container('a', `${APP}:latest`)])
  const statuses = async (image?: string) =>
    (await engine.check('manual', { image })).findings.map(({ status, workloads }) => `${status} ${workloads[0]!.name}`)
  assert.deepEqual(await statuses(), ['new a', 'not-checkable built'])
  assert.deepEqual(await statuses('mine:1'), ['not-checkable built'])
  assert.deepEqual(await statuses(`${APP}:latest`), ['current a'])
  assert.deepEqual(b.registry.asked, [`digest ${APP}:latest`, `digest ${APP}:latest`])
})
