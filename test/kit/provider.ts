import assert from 'node:assert/strict'
import { test } from 'node:test'
import { describeError, Failure } from '../../src/domain/failure.ts'
import { parsePlatform } from '../../src/domain/platform.ts'
import { DEFAULT_SETTINGS, type Workload } from '../../src/domain/workload.ts'
import { SILENT } from '../../src/lib/log.ts'
import type { Provider, ProviderParts } from '../../src/providers/_provider.ts'

/** What a provider gets when nothing is configured; a test changes what it is about. */
export const PROVIDER_PARTS: ProviderParts = {
  log: SILENT,
  now: () => new Date('2026-01-02T03:04:05Z'),
  defaults: DEFAULT_SETTINGS,
  defaultMetadata: {},
  home: '/home/nobody',
  platform: { os: 'linux', architecture: 'amd64' },
}

/** A place with at least one workload that can be watched, one that cannot (a bad label, a bad line), and a way to change it. */
export interface ProviderWorld extends AsyncDisposable {
  readonly provider: Provider
  /** Makes something happen that `watch` must notice. Absent where the provider does not watch. */
  readonly change?: () => Promise<void>
  /** From now on nobody answers there. */
  readonly breakDown: () => Promise<void>
}

/** What is asked of every provider, whatever it looks at. */
export function testProvider(name: string, open: () => Promise<ProviderWorld>): void {
  test(`${name}: every workload is complete, and named once`, async () => {
    await using world = await open()
    const { workloads } = await world.provider.list(AbortSignal.timeout(10_000))
    assert.ok(workloads.length > 0)
    assert.equal(new Set(workloads.map(({ id }) => id)).size, workloads.length)
    for (const workload of workloads) checkWorkload(workload, world.provider)
  })

  test(`${name}: a workload that cannot be watched is told about beside the others`, async () => {
    await using world = await open()
    const { problems } = await world.provider.list(AbortSignal.timeout(10_000))
    assert.ok(problems.length > 0)
    for (const { workload, message } of problems) {
      assert.notEqual(workload, '')
      assert.doesNotMatch(message, /\n|undefined|\[object/)
    }
  })

  test(`${name}: looking twice gives the same`, async () => {
    await using world = await open()
    const first = await world.provider.list(AbortSignal.timeout(10_000))
    assert.deepEqual(await world.provider.list(AbortSignal.timeout(10_000)), first)
  })

  test(`${name}: an aborted look ends with the reason`, async () => {
    await using world = await open()
    const reason = new Error('shut down')
    await assert.rejects(world.provider.list(AbortSignal.abort(reason)), reason)
  })

  test(`${name}: a place that does not answer is a failure with a remedy`, async () => {
    await using world = await open()
    await world.breakDown()
    await assert.rejects(world.provider.list(AbortSignal.timeout(10_000)), (error) => {
      assert.ok(error instanceof Failure, describeError(error))
      assert.notEqual(error.remedy, undefined)
      assert.notEqual(error.where, undefined)
      return true
    })
  })

  test(`${name}: a change is noticed, and watching ends when told to`, async () => {
    await using world = await open()
    const { provider, change } = world
    if (provider.watch === undefined || change === undefined) return
    const stop = new AbortController()
    const noticed = Promise.withResolvers<void>()
    const watching = provider.watch(noticed.resolve, stop.signal)
    await change()
    await noticed.promise
    stop.abort()
    await watching
  })
}

function checkWorkload(workload: Workload, provider: Provider): void {
  assert.equal(workload.provider, provider.name)
  assert.equal(workload.host, provider.host)
  assert.ok(workload.id.startsWith(`${provider.name}/`), workload.id)
  assert.notEqual(workload.name, '')
  assert.notEqual(workload.image, '')
  assert.ok(workload.reference !== undefined || workload.notCheckable !== undefined, workload.id)
  const { os, architecture, variant } = workload.platform
  assert.deepEqual(parsePlatform([os, architecture, ...(variant ? [variant] : [])].join('/')), {
    os,
    architecture,
    ...(variant ? { variant } : {}),
  })
  for (const key of Object.keys(DEFAULT_SETTINGS)) assert.ok(key in workload.settings, key)
  for (const value of Object.values(workload.metadata)) assert.equal(typeof value, 'string')
  for (const digest of workload.running.digests) assert.match(digest, /^sha\d+:[0-9a-f]+$/)
  assert.deepEqual(JSON.parse(JSON.stringify(workload)), workload)
}
