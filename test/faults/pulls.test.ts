import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { needs } from '../kit/parts/needs.ts'
import { type PushOptions, pushImage } from '../kit/parts/push-image.ts'
import type { RegistryCall } from '../kit/registry-front.ts'
import { type FaultBench, startFaultBench } from './_bench.ts'
import { assertAnswers, assertOnlyPulled, assertRefusedPull, assertServes } from './_outcome.ts'

// The registry answers, but not with what was checked, or not to the end.

const isManifest = (name: string) => (call: RegistryCall) => call.path.startsWith(`/v2/${name}/manifests/`)
const isBlob = (name: string) => (call: RegistryCall) => call.path.startsWith(`/v2/${name}/blobs/`)
const BROKEN = JSON.stringify({ errors: [{ code: 'UNKNOWN', message: 'this registry is broken' }] })

describe('an image of a registry', { skip: await needs('docker daemon', 'registry') }, () => {
  let bench: FaultBench
  before(async () => {
    // The engine tries a blob five times, which takes most of a minute.
    bench = await startFaultBench({ args: ['--max-download-attempts=1'] })
  })
  after(() => bench[Symbol.asyncDispose]())

  let count = 0

  test('F25 a blob is answered with 500: nothing but the attempt', async () => {
    await using staged = await bench.stage(`blob${count++}`)
    bench.front.rules = [{ fits: isBlob(staged.name), answer: { status: 500, body: BROKEN } }]
    await assertRefusedPull(staged, /500|unknown/i)
  })

  test('F25 a blob breaks off in the middle: nothing but the attempt', async () => {
    await using staged = await bench.stage(`blob${count++}`)
    bench.front.rules = [{ fits: isBlob(staged.name), cutAfter: 100 }]
    await assertRefusedPull(staged, /EOF|unexpected|verif/i)
  })

  test('F25 blobs that come slowly come all the same', async () => {
    await using staged = await bench.stage(`blob${count++}`)
    bench.front.rules = [{ fits: isBlob(staged.name), slowly: { pieces: 20, pauseMs: 200 } }]
    const { code, err } = await staged.update()
    assert.equal(code, 0, err)
    await assertServes(staged, await staged.reconcile(), { phase: 'committed' })
  })

  test('F26 the tag moves between the check and the pull: what was checked is what runs', async () => {
    await using staged = await bench.stage(`moves${count++}`)
    await pushImage(bench.registry, staged.name, 'latest', { version: `${staged.name} 3`, runnable: true })
    const { code, err } = await staged.update()
    assert.equal(code, 0, err)
    await assertServes(staged, await staged.reconcile(), { phase: 'committed' })
    await assertAnswers(staged, `${staged.name} 2`)
  })

  test('F26 the tag moves while the engine pulls: what was checked is what runs', async () => {
    await using staged = await bench.stage(`moves${count++}`)
    const before = async (): Promise<void> => {
      bench.front.rules = []
      await pushImage(bench.registry, staged.name, 'latest', { version: `${staged.name} 3`, runnable: true })
    }
    bench.front.rules = [{ fits: isManifest(staged.name), before }]
    const { code, err } = await staged.update()
    assert.equal(code, 0, err)
    await assertServes(staged, await staged.reconcile(), { phase: 'committed' })
    await assertAnswers(staged, `${staged.name} 2`)
  })

  test('F27 the digest is deleted before the pull: nothing but the attempt, and the reason is told', async () => {
    await using staged = await bench.stage(`deleted${count++}`)
    const accept = 'application/vnd.oci.image.manifest.v1+json'
    const { headers } = await bench.registry.request('HEAD', `/v2/${staged.name}/manifests/latest`, {
      headers: { accept },
    })
    const digest = String(headers['docker-content-digest'])
    const { status } = await bench.registry.request('DELETE', `/v2/${staged.name}/manifests/${digest}`)
    assert.equal(status, 202)
    await assertRefusedPull(staged, /not found|unknown/i)
  })

  for (const status of [404, 405]) {
    test(`F28 HEAD is answered with ${status}: GET serves`, async () => {
      const name = `head${count++}`
      bench.front.rules = [
        {
          fits: (call) => call.method === 'HEAD' && isManifest(name)(call) && !call.path.includes('sha256:'),
          answer: { status },
        },
      ]
      await using staged = await bench.stage(name)
      const { code, err } = await staged.update()
      assert.equal(code, 0, err)
      bench.front.rules = []
      await assertServes(staged, await staged.reconcile(), { phase: 'committed' })
    })
  }

  test('F29 an index that has our platform among others is taken', async () => {
    const platforms = ['linux/arm64', 'linux/amd64']
    await using staged = await bench.stage(`index${count++}`, pushing({ platforms, attestations: true }))
    const { code, err } = await staged.update()
    assert.equal(code, 0, err)
    await assertServes(staged, await staged.reconcile(), { phase: 'committed' })
  })

  /** Indexes in which the engine finds nothing to run. */
  const UNFIT: Record<string, (repository: string) => Promise<unknown>> = {
    'without our platform': (repository) => push(repository, { platforms: ['linux/arm64'], shape: 'index' }),
    'in an index': (repository) => push(repository, { shape: 'nested' }),
    'of attestations only': attestationsOnly,
    'that is empty': (repository) => push(repository, { platforms: [], shape: 'index' }),
  }
  for (const [what, put] of Object.entries(UNFIT)) {
    test(`F29 an index ${what}: it is taken whole or not at all`, async () => {
      await using staged = await bench.stage(`unfit${count++}`, { push: put })
      const { code } = await staged.update()
      if (code === 0 && staged.lastUpdate()?.phase === 'committed')
        return await assertServes(staged, await staged.reconcile(), { phase: 'committed' })
      assertOnlyPulled(staged)
      await assertAnswers(staged, `${staged.name} 1`)
    })
  }

  function push(repository: string, options: PushOptions) {
    const image = { version: `${repository} 2`, runnable: true }
    return pushImage(bench.registry, repository, 'latest', { ...image, ...options })
  }

  function pushing(options: PushOptions) {
    return { push: (repository: string) => push(repository, options) }
  }

  async function attestationsOnly(repository: string): Promise<void> {
    const { mediaType } = await push(repository, { attestations: true })
    const target = `/v2/${repository}/manifests/latest`
    const { body } = await bench.registry.request('GET', target, { headers: { accept: mediaType } })
    const index = JSON.parse(body.toString()) as { manifests: { platform: { os: string } }[] }
    const manifests = index.manifests.filter(({ platform }) => platform.os === 'unknown')
    assert.equal(manifests.length, 1)
    const changed = JSON.stringify({ ...index, manifests })
    await bench.registry.request('PUT', target, { headers: { 'content-type': mediaType }, body: changed })
  }
})
