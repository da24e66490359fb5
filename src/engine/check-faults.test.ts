import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { APP, checkBench, container } from '../../test/kit/check-bench.ts'
import type { MemoryRegistry } from '../../test/kit/registry-in-memory.ts'
import { Failure } from '../domain/failure.ts'
import { nameOf, tagOf } from '../domain/image-reference.ts'
import { fromJson } from '../store/tables.ts'

const DIGEST = `sha256:${'a'.repeat(64)}`
const unavailable = (): Failure => new Failure('unavailable', 'registry.test answered 503.')

/** The registry with some of its answers replaced. */
function but(registry: MemoryRegistry, changed: Partial<MemoryRegistry>): MemoryRegistry {
  return { ...registry, ...changed }
}

describe('what runs', () => {
  test('one host that is behind is an update, though another runs the same image under an older index', async () => {
    await using b = await checkBench()
    const old = b.registry.push(APP, 'latest', 'other/1')
    const same = b.registry.push(APP, 'latest', 'same/1')
    b.registry.push(APP, 'latest', 'same/2')
    const [finding] = await b.check([
      container('a', `${APP}:latest`, { digests: [same] }),
      container('b', `${APP}:latest`, { digests: [old] }),
    ])
    assert.deepEqual([finding!.status, finding!.current.digest], ['update', old])
  })

  test('one host that runs it already does not hide that another runs the same image under an older index', async () => {
    await using b = await checkBench()
    const same = b.registry.push(APP, 'latest', 'same/1')
    const found = b.registry.push(APP, 'latest', 'same/2')
    const [finding] = await b.check([
      container('a', `${APP}:latest`, { digests: [found] }),
      container('b', `${APP}:latest`, { digests: [same] }),
    ])
    assert.deepEqual([finding!.status, finding!.digestMoved], ['current', false])
  })

  for (const [compareDigest, told] of [
    [true, []],
    [false, [`update ${APP}:latest for a`]],
  ] as const) {
    test(`an index that changed for other platforms only is ${compareDigest ? 'no news of a watch list' : 'news where compareDigest is off'}`, async () => {
      await using b = await checkBench()
      const listed = [container('a', `${APP}:latest`)]
      b.registry.push(APP, 'latest', 'same/1')
      await b.check(listed, { compareDigest })
      b.registry.push(APP, 'latest', 'same/2')
      await b.check(listed, { compareDigest })
      assert.deepEqual(await b.told(), told)
    })
  }

  test('an image whose indexes cannot be compared now is failed, and told when they can', async () => {
    await using b = await checkBench()
    const digest = b.registry.push(APP, 'latest', 'one/1')
    const containers = [container('a', `${APP}:latest`, { digests: [digest] })]
    await b.check(containers)
    b.registry.push(APP, 'latest', 'two/1')
    const down = but(b.registry, { details: () => Promise.reject(unavailable()) })
    assert.equal((await b.check(containers, { registries: down }))[0]!.status, 'failed')
    assert.deepEqual(await b.told(), [])
    await b.check(containers)
    assert.deepEqual(await b.told(), [`update ${APP}:latest for a`])
  })

  test('a new digest is told though the tags cannot be listed, and an unchanged one is failed', async () => {
    await using b = await checkBench()
    const digest = b.registry.push(APP, '1.0.0', 'one')
    const containers = [container('a', `${APP}:1.0.0`, { digests: [digest] })]
    const registries = but(b.registry, { tags: () => Promise.reject(new Failure('forbidden', 'No listing.')) })
    await b.check(containers)
    assert.equal((await b.check(containers, { registries }))[0]!.status, 'failed')
    b.registry.push(APP, '1.0.0', 'rebuilt')
    const [finding] = await b.check(containers, { registries })
    assert.deepEqual([finding!.status, finding!.level], ['update', 'digest'])
    assert.match(finding!.reason, /Newer tags could not be looked for: No listing\./)
    assert.deepEqual(await b.told(), [`update ${APP}:1.0.0 for a`])
  })
})

describe('a repository that is watched whole', () => {
  const watched = (settings = {}, image = `${APP}:latest`) => [
    container('a', image, { settings: { watchRepo: true, ...settings } }),
  ]

  test('is failed, never current, when its tags cannot be listed', async () => {
    await using b = await checkBench()
    b.registry.push(APP, 'latest', 'one')
    const registries = but(b.registry, { tags: () => Promise.reject(unavailable()) })
    assert.equal((await b.check(watched(), { registries }))[0]!.status, 'failed')
  })

  test('leaves its own tag out where the patterns do', async () => {
    await using b = await checkBench()
    for (const tag of ['latest', '1.0']) b.registry.push(APP, tag, tag)
    const findings = await b.check(watched({ includeTags: ['^\\d'] }))
    assert.deepEqual(
      findings.map(({ reference, status }) => `${reference.tag} ${status}`),
      ['latest skipped', '1.0 new'],
    )
  })

  test('names its other tags without the digest the own one is pinned to', async () => {
    await using b = await checkBench()
    for (const tag of ['1.0', '1.1']) b.registry.push(APP, tag, tag)
    const findings = await b.check(watched({}, `${APP}:1.0@${DIGEST}`))
    assert.equal(findings[1]!.key, `${APP}:1.1|linux/amd64|repo`)
  })

  test('tells new tags, and no old ones that an interrupted first check had not come to', async () => {
    await using b = await checkBench()
    for (const tag of ['latest', '1.0', '1.1']) b.registry.push(APP, tag, tag)
    const registries = but(b.registry, {
      digest: (reference, ...rest) =>
        tagOf(reference) === '1.1' ? Promise.reject(unavailable()) : b.registry.digest(reference, ...rest),
    })
    await b.check(watched(), { registries })
    await b.check(watched())
    assert.deepEqual(await b.told(), [])
    b.registry.push(APP, '1.2', '1.2')
    await b.check(watched())
    await b.check(watched())
    assert.deepEqual(await b.told(), [`new ${APP}:1.2 for a`])
  })
})

describe('the same image watched in two ways', () => {
  test('waits as long as one of them has something, and settles with the last', async () => {
    await using b = await checkBench()
    const digest = b.registry.push(APP, '1.0.0', 'one')
    b.registry.push(APP, '1.1.0', 'next')
    const major = container('a', `${APP}:1.0.0`, { digests: [digest] })
    const patch = container('b', `${APP}:1.0.0`, { digests: [digest], settings: { policy: 'patch' } })
    const acknowledged = async () => (await b.store.db.selectFrom('updates').select('acknowledged_at').execute())[0]
    await run(b, [major, patch])
    assert.equal((await acknowledged())!.acknowledged_at, null)
    await run(b, [patch])
    await b.check([container('b', `${APP}:1.0.0`, { digests: [digest], settings: { policy: 'digest' } })])
    assert.notEqual((await acknowledged())!.acknowledged_at, null)
  })

  test('is told where one of its containers wants it', async () => {
    await using b = await checkBench()
    const digest = b.registry.push(APP, '1.0.0', 'one')
    const containers = [
      container('a', `${APP}:1.0.0`, { digests: [digest], settings: { notifyOn: ['update'] } }),
      container('b', `${APP}:1.0.0`, { digests: [digest] }),
    ]
    await b.check(containers)
    b.registry.push(APP, '1.1.0', 'next')
    await b.check(containers)
    assert.deepEqual(await b.told(), [`new ${APP}:1.1.0 for a b`])
  })
})

describe('checks at once', () => {
  for (const summary of [false, true]) {
    test(`tell the same news once${summary ? ', also as summaries' : ''}`, async () => {
      await using b = await checkBench()
      const names = ['registry.test/a', 'registry.test/b']
      const containers = names.map((name) =>
        container(name.slice(-1), `${name}:latest`, { digests: [b.registry.push(name, 'latest', 'one')] }),
      )
      await b.check(containers)
      for (const name of names) b.registry.push(name, 'latest', 'two')
      await Promise.all([b.check(containers, { summary }), b.check(containers.slice(0, 1), { summary })])
      const told = (await b.told()).flatMap((message) => message.split('; '))
      assert.deepEqual(told.sort(), ['update registry.test/a:latest for a', 'update registry.test/b:latest for b'])
    })
  }

  test('ask about no more images at once than there are workers', async () => {
    await using b = await checkBench()
    let [now, most] = [0, 0]
    const registries = but(b.registry, {
      async digest(reference, ...rest) {
        most = Math.max(most, ++now)
        await new Promise((resolve) => setImmediate(resolve))
        now--
        return b.registry.digest(reference, ...rest)
      },
    })
    const containers = Array.from({ length: 9 }, (_, index) => {
      b.registry.push(`registry.test/${index}`, 'latest', 'one')
      return container(`c${index}`, `registry.test/${index}:latest`)
    })
    await b.check(containers, { registries, workers: 2 })
    assert.equal(most, 2)
  })
})

describe('a check that does not come to its end', () => {
  const many = Array.from({ length: 50 }, (_, index) => container(`c${index}`, `registry.test/${index}:latest`))

  test('asks nobody any more after the database refused to be written', async () => {
    await using b = await checkBench()
    for (const { reference } of many) b.registry.push(nameOf(reference!), 'latest', 'one')
    const broken = { channels: [null as never], firstCheckNotif: true, workers: 2 }
    await assert.rejects(b.check(many, broken))
    const asked = b.registry.asked.length
    await new Promise((resolve) => setTimeout(resolve, 20))
    assert.equal(b.registry.asked.length, asked)
    assert.ok(asked < 20, `${asked} questions`)
  })

  test('takes being stopped for no answer', async () => {
    await using b = await checkBench()
    const stop = new AbortController()
    const registries = but(b.registry, {
      digest() {
        stop.abort(new Error('Stopped by SIGTERM'))
        return Promise.reject(unavailable())
      },
    })
    await assert.rejects(b.check(many, { registries }, stop.signal), /SIGTERM/)
    assert.deepEqual(await b.store.db.selectFrom('image_state').selectAll().execute(), [])
  })
})

describe('what a message says', () => {
  test('an image that nothing runs is in no list of what waits', async () => {
    await using b = await checkBench()
    b.registry.push(APP, '1.0.0', 'one')
    b.registry.push(APP, '1.1.0', 'next')
    await b.check([{ ...container('a', `${APP}:1.0.0`), provider: 'asked' }])
    assert.deepEqual(await b.store.db.selectFrom('updates').selectAll().execute(), [])
  })

  for (const [what, settings, label, publicUrl, link] of [
    ['hub_link first', { hubLink: 'https://mine', hubTpl: 'https://tpl' }, 'https://label', undefined, 'https://mine'],
    ['then the label', { hubTpl: 'https://tpl/{{ .Tag }}' }, 'https://label', undefined, 'https://label'],
    [
      'then hub_tpl, with the tag told of',
      { hubTpl: 'https://{{.Domain}}/{{.Path}}/{{ .Tag }}' },
      undefined,
      undefined,
      'https://registry.test/app/1.1.0',
    ],
    ['the dashboard where there is no other', {}, undefined, 'https://ship.test', 'https://ship.test'],
    ['nothing for a template that cannot be filled', { hubTpl: '{{ .Nothing }}' }, undefined, undefined, ''],
  ] as const) {
    test(`links to ${what}`, async () => {
      await using b = await checkBench()
      const digest = b.registry.push(APP, '1.0.0', 'one')
      const containers = [container('a', `${APP}:1.0.0`, { digests: [digest], settings })]
      const labels: Record<string, string> = label === undefined ? {} : { 'org.opencontainers.image.url': label }
      const registries = but(b.registry, {
        details: async (...question) => ({ ...(await b.registry.details(...question)), labels }),
      })
      await b.check(containers, { registries, publicUrl })
      b.registry.push(APP, '1.1.0', 'next')
      await b.check(containers, { registries, publicUrl })
      const [message] = await b.store.db.selectFrom('message').selectAll().execute()
      assert.equal(fromJson(message!.entries)[0].hubLink, link)
    })
  }
})

describe('a minimum age', () => {
  test('lets the newest tag wait, tells the one that is old enough, and each once when its time has come', async () => {
    await using b = await checkBench()
    const digest = b.registry.push(APP, '1.0.0', 'one')
    const containers = [
      container('a', `${APP}:1.0.0`, { digests: [digest], settings: { minimumAgeMs: 72 * 3_600_000 } }),
    ]
    const checkAfter = async (hours: number): Promise<string | undefined> => {
      b.later(hours)
      return (await b.check(containers))[0]!.found.tag
    }
    await b.check(containers)
    b.registry.push(APP, '1.1.0', 'next')
    const found = [await checkAfter(0), await checkAfter(48)]
    b.registry.push(APP, '1.2.0', 'last')
    found.push(await checkAfter(25), await checkAfter(1), await checkAfter(72), await checkAfter(1))
    assert.deepEqual(found, [undefined, undefined, '1.1.0', '1.1.0', '1.2.0', '1.2.0'])
    assert.deepEqual(await b.told(), [`new ${APP}:1.1.0 for a`, `new ${APP}:1.2.0 for a`])
  })
})

/** As a running server does it: what runs is written down before it is checked. */
async function run(b: Awaited<ReturnType<typeof checkBench>>, workloads: Parameters<typeof b.check>[0]): Promise<void> {
  await b.runs(workloads)
  await b.check(workloads)
}
