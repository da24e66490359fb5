import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { APP, checkBench, container } from '../../test/kit/check-bench.ts'
import { Failure } from '../domain/failure.ts'
import { listDeliveries } from '../store/outbox.ts'

describe('a check', () => {
  test('asks once about an image that forty containers run', async () => {
    await using b = await checkBench()
    const digest = b.registry.push(APP, '1.0.0', 'one')
    const containers = Array.from({ length: 40 }, (_, index) =>
      container(`c${index}`, `${APP}:1.0.0`, { digests: [digest] }),
    )
    const [finding, ...others] = await b.check(containers)
    assert.deepEqual(b.registry.asked, [`digest ${APP}:1.0.0`, `tags ${APP}`])
    assert.deepEqual([others.length, finding!.status, finding!.workloads.length], [0, 'current', 40])
  })

  test('asks for no tags where the tag in use is no version', async () => {
    await using b = await checkBench()
    const digest = b.registry.push(APP, 'latest', 'one')
    await b.check([container('a', `${APP}:latest`, { digests: [digest] })])
    assert.deepEqual(b.registry.asked, [`digest ${APP}:latest`])
  })

  test('compares with what runs, not only with what was seen last', async () => {
    await using b = await checkBench()
    b.registry.push(APP, 'latest', 'new')
    const old = [container('a', `${APP}:latest`, { digests: ['sha256:old'] })]
    const statuses = [await b.check(old), await b.check(old)].map(([finding]) => `${finding!.status} ${finding!.level}`)
    assert.deepEqual(statuses, ['update digest', 'update digest'])
  })

  test('fetches no manifest again for an update that keeps waiting', async () => {
    await using b = await checkBench()
    b.registry.push(APP, 'latest', 'new')
    const old = [container('a', `${APP}:latest`, { digests: ['sha256:gone'] })]
    await b.check(old)
    b.registry.asked.length = 0
    await b.check(old)
    assert.deepEqual(b.registry.asked, [`digest ${APP}:latest`])
  })

  test('does not report an index that changed only for other platforms', async () => {
    await using b = await checkBench()
    const before = b.registry.push(APP, 'latest', 'same/1')
    b.registry.push(APP, 'latest', 'same/2')
    const [finding] = await b.check([container('a', `${APP}:latest`, { digests: [before] })])
    assert.deepEqual([finding!.status, finding!.digestMoved], ['current', false])
    assert.match(finding!.reason, /not for linux\/amd64/)
  })

  test('reports an image as stale, never as current, when it could not be asked about', async () => {
    await using b = await checkBench()
    const digest = b.registry.push(APP, 'latest', 'one')
    const containers = [container('a', `${APP}:latest`, { digests: [digest] })]
    await b.check(containers)
    b.registry.refuse(APP, new Failure('unavailable', 'registry.test answered 503.', { remedy: 'Try later.' }))
    const [finding] = await b.check(containers)
    assert.deepEqual(
      [finding!.status, finding!.error, finding!.found.digest],
      ['failed', 'registry.test answered 503. Try later.', digest],
    )
    assert.ok(finding!.staleSince! < '2026-01-01T00:30:00Z')
    b.registry.refuse(APP, undefined)
    assert.equal((await b.check(containers))[0]!.status, 'current')
  })

  test('asks nothing about a digest without a tag', async () => {
    await using b = await checkBench()
    const [finding] = await b.check([container('a', `${APP}@sha256:${'0'.repeat(64)}`)])
    assert.deepEqual([finding!.status, b.registry.asked], ['skipped', []])
  })

  test('watches every tag in the window of a repository that is watched whole', async () => {
    await using b = await checkBench()
    for (const tag of ['1.0', '1.1', '2.0-rc1']) b.registry.push(APP, tag, tag)
    const findings = await b.check([
      container('a', `${APP}:1.0`, { settings: { watchRepo: true, excludeTags: ['rc'] } }),
    ])
    assert.deepEqual(findings.map(({ reference }) => reference.tag).sort(), ['1.0', '1.1'])
  })
})

describe('telling', () => {
  test('the first check is silent', async () => {
    await using b = await checkBench()
    b.registry.push(APP, '1.0.0', 'new')
    b.registry.push(APP, '1.1.0', 'newer')
    await b.check([container('a', `${APP}:1.0.0`, { digests: ['sha256:old'] })])
    assert.deepEqual(await b.told(), [])
  })

  test('the first check tells when it is asked to', async () => {
    await using b = await checkBench()
    b.registry.push(APP, 'latest', 'one')
    await b.check([container('a', `${APP}:latest`, { digests: ['sha256:old'] })], { firstCheckNotif: true })
    assert.deepEqual(await b.told(), [`update ${APP}:latest for a`])
  })

  test('one message an image names all its containers and both kinds of news', async () => {
    await using b = await checkBench()
    const digest = b.registry.push(APP, '1.0.0', 'one')
    const containers = ['a', 'b'].map((name) => container(name, `${APP}:1.0.0`, { digests: [digest] }))
    await b.check(containers)
    b.registry.push(APP, '1.0.0', 'rebuilt')
    b.registry.push(APP, '1.1.0', 'next')
    await b.check(containers)
    await b.check(containers)
    assert.deepEqual(await b.told(), [`update ${APP}:1.0.0 +1.1.0 for a b`])
    assert.equal((await listDeliveries(b.store.db, { most: 10 })).length, 1)
  })

  test('each further digest and each further tag is told once', async () => {
    await using b = await checkBench()
    const digest = b.registry.push(APP, '1.0.0', 'one')
    const containers = [container('a', `${APP}:1.0.0`, { digests: [digest] })]
    await b.check(containers)
    for (const tag of ['1.0.1', '1.0.2']) {
      b.registry.push(APP, tag, tag)
      await b.check(containers)
      await b.check(containers)
    }
    assert.deepEqual(await b.told(), [`new ${APP}:1.0.1 for a`, `new ${APP}:1.0.2 for a`])
  })

  test('what could not be asked about for a while is told when it answers again', async () => {
    await using b = await checkBench()
    const digest = b.registry.push(APP, 'latest', 'one')
    const containers = [container('a', `${APP}:latest`, { digests: [digest] })]
    await b.check(containers)
    b.registry.refuse(APP, new Error('reset'))
    b.registry.push(APP, 'latest', 'two')
    await b.check(containers)
    b.registry.refuse(APP, undefined)
    await b.check(containers)
    assert.deepEqual(await b.told(), [`update ${APP}:latest for a`])
  })

  test('notify_on leaves out what is not wanted', async () => {
    await using b = await checkBench()
    const digest = b.registry.push(APP, '1.0.0', 'one')
    const containers = [container('a', `${APP}:1.0.0`, { digests: [digest], settings: { notifyOn: ['update'] } })]
    await b.check(containers)
    b.registry.push(APP, '1.1.0', 'next')
    await b.check(containers)
    assert.deepEqual(await b.told(), [])
  })

  test('a changed way of watching is no first check and tells nothing again', async () => {
    await using b = await checkBench()
    const digest = b.registry.push(APP, '1.0.0', 'one')
    b.registry.push(APP, '1.1.0', 'next')
    await b.check([container('a', `${APP}:1.0.0`, { digests: [digest] })])
    await b.check([container('a', `${APP}:1.0.0`, { digests: [digest], settings: { policy: 'minor' } })])
    assert.deepEqual(await b.told(), [])
  })

  test('one summary tells everything a check found', async () => {
    await using b = await checkBench()
    const names = ['registry.test/a', 'registry.test/b']
    const containers = names.map((name) =>
      container(name.slice(-1), `${name}:latest`, { digests: [b.registry.push(name, 'latest', 'one')] }),
    )
    await b.check(containers, { summary: true })
    for (const name of names) b.registry.push(name, 'latest', 'two')
    await b.check(containers, { summary: true })
    await b.check(containers, { summary: true })
    assert.deepEqual(await b.told(), ['update registry.test/a:latest for a; update registry.test/b:latest for b'])
  })

  test('a failed write is told by the next check, and not twice', async () => {
    await using b = await checkBench()
    const digest = b.registry.push(APP, 'latest', 'one')
    const containers = [container('a', `${APP}:latest`, { digests: [digest] })]
    await b.check(containers)
    b.registry.push(APP, 'latest', 'two')
    // The channel's name breaks the delivery row, which is the last thing the transaction writes.
    await assert.rejects(b.check(containers, { channels: [null as never] }))
    assert.deepEqual(await b.told(), [])
    await b.check(containers)
    assert.deepEqual(await b.told(), [`update ${APP}:latest for a`])
  })
})

describe('what waits', () => {
  test('is listed from the first check on, and settles when the container runs it', async () => {
    await using b = await checkBench()
    const waiting = async () =>
      (await b.store.db.selectFrom('updates').select(['image', 'digest', 'acknowledged_at']).execute()).map((row) => ({
        ...row,
      }))
    const digest = b.registry.push(APP, 'latest', 'new')
    await b.check([container('a', `${APP}:latest`, { digests: ['sha256:old'] })])
    assert.deepEqual(await waiting(), [{ image: `${APP}:latest`, digest, acknowledged_at: null }])
    await b.check([container('a', `${APP}:latest`, { digests: [digest] })])
    assert.notEqual((await waiting())[0]!.acknowledged_at, null)
  })
})
