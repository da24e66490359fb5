import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type CallOptions, NOW, startApp, type TestApp } from '../../test/kit/http-app.ts'
import { RUNNING, TELLER } from '../../test/kit/message.ts'
import { Failure } from '../domain/failure.ts'
import type { ImageFinding } from '../domain/finding.ts'
import { parseImageReference } from '../domain/image-reference.ts'
import { DEFAULT_PLATFORM } from '../domain/platform.ts'
import { DEFAULT_SETTINGS } from '../domain/workload.ts'
import { secretOf } from '../lib/secret.ts'
import { recordEvent } from '../store/events.ts'
import { saveFinding } from '../store/images.ts'
import { queueMessage } from '../store/outbox.ts'
import { putFinding } from '../store/updates.ts'
import { replaceWorkloads } from '../store/workloads.ts'

const TOKEN = 'a-token-for-tests'

const ACTS = [
  ['/api/v1/checks', undefined, ['check', 'manual', undefined], 202],
  ['/api/v1/checks', { image: 'nginx:1' }, ['check', 'manual', 'nginx:1'], 202],
  ['/api/v1/checks?wait=true', {}, ['check', 'manual', undefined], 200],
  ['/api/v1/deliveries/repeat', undefined, ['repeat', undefined], 200],
  ['/api/v1/deliveries/m1-mail/repeat', undefined, ['repeat', 'm1-mail'], 200],
  ['/api/v1/channels/test', { channel: 'mail' }, ['test', 'mail'], 200],
  ['/api/v1/channels/test', undefined, ['test', undefined], 200],
] as const

for (const [target, body, called, status] of ACTS) {
  const request = (more: CallOptions = {}): CallOptions => ({
    ...(body === undefined ? {} : { body }),
    ...more,
    headers: { ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...more.headers },
  })
  const what = `POST ${target} ${body === undefined ? 'without a body' : JSON.stringify(body)}`

  test(`${what} acts for the token and for the control socket`, async () => {
    await using app = await startApp({ token: secretOf(TOKEN) })
    const authorization = `Bearer ${TOKEN}`
    assert.equal((await app.call('POST', target, request({ headers: { authorization } }))).status, status)
    assert.equal((await app.call('POST', target, request({ operator: true }))).status, status)
    assert.deepEqual(app.engine.calls, [called, called])
  })

  test(`${what} refuses everybody else, and says how to be let in`, async () => {
    await using guarded = await startApp({ token: secretOf(TOKEN) })
    const refused = await guarded.call('POST', target, request({ headers: { authorization: 'Bearer wrong' } }))
    assert.equal(refused.status, 401)
    assert.match(refused.headers.get('www-authenticate') ?? '', /^Bearer/)
    for (const token of [undefined, secretOf('')]) {
      await using open = await startApp({ token })
      const response = await open.call('POST', target, request({ headers: { authorization: 'Bearer ' } }))
      assert.equal(response.status, 403)
      assert.match(((await response.json()) as { remedy: string }).remedy, /server\.token/)
      assert.deepEqual(open.engine.calls, [])
    }
    assert.deepEqual(guarded.engine.calls, [])
  })
}

test('a page of another origin cannot act even with the token', async () => {
  await using app = await startApp({ token: secretOf(TOKEN) })
  const headers = { authorization: `Bearer ${TOKEN}`, host: 'dash.lan', origin: 'https://elsewhere.example' }
  assert.equal((await app.call('POST', '/api/v1/checks', { headers })).status, 403)
  assert.deepEqual(app.engine.calls, [])
})

test('a check that is waited for answers with its report', async () => {
  await using app = await startApp()
  const response = await app.call('POST', '/api/v1/checks?wait=true', { operator: true })
  assert.deepEqual(((await response.json()) as { id: number; counts: object }).counts, { current: 1 })
})

test('a check that fails unattended leaves a line in the log', async () => {
  await using app = await startApp()
  app.engine.check = async () => {
    throw new Error('the disk is full')
  }
  assert.equal((await app.call('POST', '/api/v1/checks', { operator: true })).status, 202)
  await new Promise(setImmediate)
  assert.ok(app.log.some(({ level, fields }) => level === 'error' && String(fields.error).includes('disk')))
})

test('a delivery that did not fail cannot be repeated', async () => {
  await using app = await startApp()
  app.engine.repeated = 0
  assert.equal((await app.call('POST', '/api/v1/deliveries/x/repeat', { operator: true })).status, 404)
})

test('a channel that could not be told is a 503 with what went wrong and what to do', async () => {
  await using app = await startApp()
  app.engine.testChannels = async () => {
    throw new Failure('unavailable', 'The mail server refused.', { where: 'channel "mail"', remedy: 'See its log.' })
  }
  const response = await app.call('POST', '/api/v1/channels/test', { operator: true })
  assert.equal(response.status, 503)
  const expected = { error: 'The mail server refused.', where: 'channel "mail"', remedy: 'See its log.' }
  assert.deepEqual(await response.json(), expected)
})

const REFUSED = [
  ['GET', '/api/v1/events?most=0', undefined, 400],
  ['GET', '/api/v1/events?most=501', undefined, 400],
  ['GET', '/api/v1/events?before=x', undefined, 400],
  ['GET', '/api/v1/deliveries?state=lost', undefined, 400],
  ['POST', '/api/v1/checks', '{', 400],
  ['POST', '/api/v1/checks', '{"image":5}', 400],
  ['POST', '/api/v1/checks?wait=perhaps', undefined, 400],
  ['POST', '/api/v1/checks', JSON.stringify({ image: 'x'.repeat(1024 * 1024) }), 413],
  ['GET', '/api/v1/images/ghcr.io%2Fa%2Fb%3A1/verdicts', undefined, 404],
  ['DELETE', '/api/v1/updates/x/ack', undefined, 404],
  ['DELETE', '/api/v1/updates/%zz/ack', undefined, 400],
] as const

for (const [method, target, body, status] of REFUSED) {
  test(`${method} ${target} ${(body ?? '').slice(0, 20)} is answered ${status} in JSON`, async () => {
    await using app = await startApp()
    const headers: Record<string, string> = body === undefined ? {} : { 'content-type': 'application/json' }
    const response = await app.call(method, target, {
      headers,
      operator: true,
      ...(body === undefined ? {} : { body }),
    })
    assert.equal(response.status, status)
    assert.equal(typeof ((await response.json()) as { error: unknown }).error, 'string')
  })
}

test('what the engine throws by mistake is a 500 that tells nothing', async () => {
  await using app = await startApp()
  app.engine.failure = new Error('password=hunter2')
  const response = await app.call('POST', '/api/v1/deliveries/repeat', { operator: true })
  assert.equal(response.status, 500)
  assert.ok(!(await response.text()).includes('hunter2'))
})

test('the verdicts of an image are found by its key, encoded or not', async () => {
  await using app = await startApp()
  const key = 'docker.io/library/nginx:1.26|linux/amd64|50% {}'
  for (const spelled of [encodeURIComponent(key), key.replace('%', '%25')]) {
    const response = await app.call('GET', `/api/v1/images/${spelled}/verdicts`)
    assert.equal(((await response.json()) as { chosen: string }).chosen, '1.27')
  }
  assert.deepEqual(app.engine.calls, [
    ['explain', key],
    ['explain', key],
  ])
})

test('the inbox shows what was found with where it runs, then what others reported, acknowledged ones last', async () => {
  await using app = await startApp()
  await watch(app)
  for (const image of ['docker.io/library/nginx:1.26', 'ghcr.io/other/app:2']) {
    await app.call('POST', '/webhook', { body: { image, hostname: 'nas', metadata: { ctn_names: 'app' } } })
  }
  await putFinding(app.store.db, RUNNING, { image: 'docker.io/library/nginx:1.26', teller: TELLER, now: NOW })
  const [found, reported] = await inboxOf(app)
  assert.deepEqual([found?.source, found?.image, found?.level], ['check', 'docker.io/library/nginx:1.26', 'minor'])
  assert.deepEqual(
    [found?.from, found?.to],
    [
      { tag: '1.26', digest: 'sha256:old' },
      { tag: '1.27', digest: 'sha256:new' },
    ],
  )
  assert.deepEqual(
    found?.workloads.map(({ name }) => name),
    ['web'],
  )
  assert.deepEqual([reported?.source, reported?.image, reported?.hostname], ['report', 'ghcr.io/other/app:2', 'nas'])
  await app.call('PATCH', '/api/updates/docker.io/library/nginx:1.26')
  assert.deepEqual(
    (await inboxOf(app)).map(({ image, acknowledged }) => [image, acknowledged]),
    [
      ['ghcr.io/other/app:2', false],
      ['docker.io/library/nginx:1.26', true],
    ],
  )
})

test('an acknowledgement can be taken back', async () => {
  await using app = await startApp()
  await app.call('POST', '/webhook', { body: { image: 'a/b:1' } })
  await app.call('PATCH', '/api/updates/a%2Fb:1')
  assert.equal((await app.call('DELETE', '/api/v1/updates/a%2Fb%3A1/ack')).status, 204)
  assert.equal((await inboxOf(app))[0]?.acknowledged, false)
})

for (const [what, answer] of [
  ['its registry cannot be asked', { status: 'failed', error: 'timeout', staleSince: NOW.toISOString() }],
  ['the next check has nothing newer to tell of a watch list', { status: 'current', reason: 'It is the same.' }],
] as const) {
  test(`what was found goes on waiting until somebody acknowledges it, when ${what}`, async () => {
    await using app = await startApp()
    await watch(app)
    await putFinding(app.store.db, RUNNING, { image: FINDING_IMAGE, teller: TELLER, now: NOW })
    await saveFinding(app.store.db, { ...FINDING, ...answer }, { now: NOW })
    const [item] = await inboxOf(app)
    assert.deepEqual([item?.from.tag, item?.to.tag, item?.reason], ['1.2.3', '1.3.0', RUNNING.reason])
    assert.equal(item?.staleSince !== undefined, answer.status === 'failed')
    await app.call('PATCH', `/api/updates/${FINDING_IMAGE}`)
    assert.deepEqual(await inboxOf(app), [])
  })
}

test('images that could not be asked are listed with what went wrong', async () => {
  await using app = await startApp()
  await watch(app)
  await saveFinding(app.store.db, { ...FINDING, status: 'failed', error: 'timeout' }, { now: NOW })
  const response = await app.call('GET', '/api/v1/images?status=failed')
  const { images } = (await response.json()) as { images: { error: string }[] }
  assert.deepEqual(
    images.map(({ error }) => error),
    ['timeout'],
  )
})

test('the status tells how the server is doing in one answer', async () => {
  await using app = await startApp()
  await watch(app)
  app.engine.state = { ...app.engine.state, checking: true, progress: { done: 1, total: 3 } }
  const status = (await (await app.call('GET', '/api/v1/status')).json()) as Record<string, unknown>
  const { images, workloads, waiting, checking, progress, failedDeliveries } = status
  assert.deepEqual(
    { images, workloads, waiting, checking, progress, failedDeliveries },
    {
      images: { update: 1 },
      workloads: 1,
      waiting: 1,
      checking: true,
      progress: { done: 1, total: 3 },
      failedDeliveries: 0,
    },
  )
})

test('events are listed the newest first, page by page and by subject', async () => {
  await using app = await startApp()
  for (const subject of ['a', 'b', 'a']) {
    await recordEvent(app.store.db, { kind: 'image.found', subject, data: { n: 1 }, now: NOW })
  }
  const ids = async (query: string) => {
    const { events } = (await (await app.call('GET', `/api/v1/events${query}`)).json()) as { events: { id: number }[] }
    return events.map(({ id }) => id)
  }
  assert.deepEqual(await ids(''), [3, 2, 1])
  assert.deepEqual(await ids('?most=1&before=3'), [2])
  assert.deepEqual(await ids('?subject=a'), [3, 1])
})

test('deliveries are listed by state', async () => {
  await using app = await startApp()
  const message = { id: 'm1', kind: 'image', createdAt: NOW.toISOString(), entries: [RUNNING] } as const
  await queueMessage(app.store.db, message, { dedupeKey: 'k', channels: ['mail'] })
  const listed = async (state: string) => {
    const response = await app.call('GET', `/api/v1/deliveries?state=${state}`)
    return ((await response.json()) as { deliveries: { channel: string; images: string[] }[] }).deliveries
  }
  assert.deepEqual(
    (await listed('waiting')).map(({ channel, images }) => [channel, images]),
    [['mail', ['docker.io/crazymax/diun:1.2.3']]],
  )
  assert.deepEqual(await listed('failed'), [])
})

test('the OpenAPI document names every route of the API, and which of them need the token', async () => {
  await using app = await startApp()
  const document = (await (await app.call('GET', '/api/v1/openapi.json')).json()) as {
    openapi: string
    paths: Record<string, Record<string, { security?: unknown }>>
  }
  assert.equal(document.openapi, '3.1.0')
  const documented = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
  )
  const routed = app.http.app.routes
    .filter(({ path, method }) => path.startsWith('/api/v1/') && method !== 'ALL' && !path.endsWith('openapi.json'))
    .map(({ path, method }) => `${method} ${path.replace(/:(\w+)(\{\.\+\})?/g, '{$1}')}`)
  assert.deepEqual(documented.sort(), [...new Set(routed)].sort())
  const guarded = Object.entries(document.paths).filter(([, methods]) => methods.post?.security !== undefined)
  assert.deepEqual(
    guarded.map(([path]) => path).sort(),
    Object.entries(document.paths)
      .flatMap(([path, methods]) => (methods.post === undefined ? [] : [path]))
      .sort(),
  )
})

test('the health check answers 200, and 503 when the database is gone', async () => {
  const app = await startApp()
  const response = await app.call('GET', '/healthcheck')
  assert.deepEqual([response.status, await response.json()], [200, { status: 'ok', version: '1.2.3' }])
  await app[Symbol.asyncDispose]()
  assert.equal((await app.call('GET', '/healthcheck')).status, 503)
})

test('metrics are there when enabled, for who brings their token', async () => {
  await using off = await startApp({ metrics: { enabled: false } })
  assert.equal((await off.call('GET', '/metrics')).status, 404)
  await using app = await startApp({ metrics: { enabled: true, token: secretOf('scrape') } })
  assert.equal((await app.call('GET', '/metrics')).status, 401)
  const response = await app.call('GET', '/metrics', { headers: { authorization: 'Bearer scrape' } })
  assert.match(response.headers.get('content-type') ?? '', /^text\/plain; version=0\.0\.4/)
  assert.match(await response.text(), /^seaworthy_build_info\{version="1\.2\.3"\} 1$/m)
})

const FINDING_IMAGE = 'docker.io/library/nginx:1.26'

const FINDING: ImageFinding = {
  key: `${FINDING_IMAGE}|linux/amd64`,
  reference: parseImageReference(FINDING_IMAGE),
  platform: 'linux/amd64',
  status: 'update',
  reason: '1.27 is the newest.',
  current: { tag: '1.26', digest: 'sha256:old' },
  found: { digest: 'sha256:old', tag: '1.27', tagDigest: 'sha256:new' },
  digestMoved: false,
  level: 'minor',
  workloads: [],
}

async function watch(app: TestApp): Promise<void> {
  const workload = {
    id: 'docker/local/web',
    provider: 'docker',
    host: 'local',
    name: 'web',
    image: 'nginx:1.26',
    reference: FINDING.reference,
    platform: DEFAULT_PLATFORM,
    running: { digests: [], state: 'running' },
    settings: DEFAULT_SETTINGS,
    metadata: {},
  }
  const workloads = [{ workload, imageKey: FINDING.key }]
  await replaceWorkloads(app.store.db, { provider: 'docker', host: 'local' }, { workloads, now: NOW })
  await saveFinding(app.store.db, FINDING, { now: NOW })
}

interface Item {
  readonly image: string
  readonly source: string
  readonly reason: string
  readonly level?: string
  readonly hostname?: string
  readonly acknowledged: boolean
  readonly staleSince?: string
  readonly from: { tag?: string; digest?: string }
  readonly to: { tag?: string; digest?: string }
  readonly workloads: { name: string }[]
}

async function inboxOf(app: TestApp): Promise<Item[]> {
  return ((await (await app.call('GET', '/api/v1/inbox')).json()) as { items: Item[] }).items
}
