import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type CallOptions, startApp, type TestApp } from '../../test/kit/http-app.ts'
import { outlookOf, planOf, stepOf, updateOf } from '../../test/kit/updates.ts'
import { Failure } from '../domain/failure.ts'
import { DEFAULT_UPDATE_SETTINGS } from '../domain/update-settings.ts'
import { secretOf } from '../lib/secret.ts'

const TOKEN = 'a-token-for-tests'
const WEB = '/api/v1/workloads/docker%2Flocal%2Fweb'
const LATER = '2026-03-02T00:00:00Z'

const CHANGES = [
  ['POST', `${WEB}/update`, undefined, ['update', 'docker/local/web', 'operator'], 202],
  ['POST', `${WEB}/rollback`, undefined, ['rollBack', 'docker/local/web', undefined, 'operator'], 202],
  ['POST', `${WEB}/rollback`, { to: '1.25' }, ['rollBack', 'docker/local/web', '1.25', 'operator'], 202],
  ['POST', '/api/v1/rollouts', { all: true }, ['updateAll', 'operator'], 202],
  [
    'POST',
    `${WEB}/holds`,
    { kind: 'snooze', until: LATER, reason: 'A fair.' },
    ['hold', 'docker/local/web', 'snooze', '2026-03-02T00:00:00.000Z', 'A fair.', 'operator'],
    201,
  ],
  ['DELETE', `${WEB}/holds`, undefined, ['release', 'docker/local/web', undefined, 'operator'], 200],
  ['DELETE', `${WEB}/holds?kind=pin`, undefined, ['release', 'docker/local/web', 'pin', 'operator'], 200],
  ['POST', `${WEB}/approve`, undefined, ['approve', 'docker/local/web', 'operator'], 200],
  ['POST', '/api/v1/rollouts/pause', undefined, ['pause', undefined, 'operator'], 200],
  ['POST', '/api/v1/rollouts/pause', { until: LATER }, ['pause', '2026-03-02T00:00:00.000Z', 'operator'], 200],
  ['POST', '/api/v1/rollouts/resume', undefined, ['resume', 'operator'], 204],
] as const

for (const [method, target, body, called, status] of CHANGES) {
  const request = (more: CallOptions = {}): CallOptions => ({
    ...(body === undefined ? {} : { body }),
    ...more,
    headers: { ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...more.headers },
  })
  const what = `${method} ${target} ${body === undefined ? 'without a body' : JSON.stringify(body)}`

  test(`${what} changes things for the token and for the control socket`, async () => {
    await using app = await startApp({ token: secretOf(TOKEN) })
    const authorization = `Bearer ${TOKEN}`
    assert.equal((await app.call(method, target, request({ headers: { authorization } }))).status, status)
    assert.equal((await app.call(method, target, request({ operator: true }))).status, status)
    assert.deepEqual(app.updates.calls, [called, called])
  })

  test(`${what} changes nothing for anybody else`, async () => {
    for (const [token, authorization, refusal] of [
      [secretOf(TOKEN), 'Bearer wrong', 401],
      [secretOf(TOKEN), undefined, 401],
      [undefined, `Bearer ${TOKEN}`, 403],
      [secretOf(''), 'Bearer ', 403],
    ] as const) {
      await using app = await startApp({ token })
      const headers: Record<string, string> = authorization === undefined ? {} : { authorization }
      assert.equal((await app.call(method, target, request({ headers }))).status, refusal)
      assert.deepEqual(app.updates.calls, [])
    }
  })
}

test('the table above has every route that changes something about updates', async () => {
  await using app = await startApp()
  const { paths } = await json<{ paths: Record<string, Record<string, { security?: unknown }>> }>(
    app,
    '/api/v1/openapi.json',
  )
  const ours = Object.entries(paths).filter(([path]) => /\/(rollouts|workloads)\b/.test(path))
  const guarded = ours.flatMap(([path, methods]) =>
    Object.entries(methods).flatMap(([method, { security }]) =>
      security === undefined ? [] : [`${method.toUpperCase()} ${path}`],
    ),
  )
  const tried = CHANGES.map(([method, target]) => `${method} ${target.replace(WEB, '/api/v1/workloads/{id}')}`)
  assert.deepEqual(guarded.sort(), [...new Set(tried.map((text) => text.split('?')[0]))].sort())
  const open = ours.flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
  )
  assert.deepEqual(
    open.filter((route) => !guarded.includes(route) && !route.startsWith('GET ')),
    [],
  )
})

test('a workload is found by its id, encoded or with plain slashes, and by its name', async () => {
  await using app = await startApp()
  for (const spelled of ['docker%2Flocal%2Fweb', 'docker/local/web', 'web']) {
    const { name } = await json<{ name: string }>(app, `/api/v1/workloads/${spelled}/outlook`)
    assert.equal(name, 'web')
    assert.equal((await app.call('POST', `/api/v1/workloads/${spelled}/approve`, { operator: true })).status, 200)
  }
})

test('outlooks tell what may be done and who said so', async () => {
  await using app = await startApp()
  const settings = { ...DEFAULT_UPDATE_SETTINGS, mode: 'auto' } as const
  app.updates.known.set('web', outlookOf('web', { settings, origins: { mode: 'policy "nightly"' }, blockers: [] }))
  const { outlooks } = await json<{ outlooks: Record<string, unknown>[] }>(app, '/api/v1/outlooks')
  const [{ origins, blockers, candidate, settings: shown } = {}] = outlooks
  assert.deepEqual([origins, blockers], [{ mode: 'policy "nightly"' }, []])
  assert.deepEqual([(candidate as { level: string }).level, (shown as { mode: string }).mode], ['minor', 'auto'])
})

test('an update is told step by step, with how far its pull is', async () => {
  await using app = await startApp()
  const report = { update: updateOf('web', 'planned'), steps: [stepOf('web', 1)], progress: { done: 5, total: 10 } }
  app.updates.reports.set('u-web', [report])
  const told = await json<typeof report>(app, '/api/v1/rollouts/u-web')
  assert.deepEqual([told.update.phase, told.steps.length, told.progress], ['planned', 1, { done: 5, total: 10 }])
})

for (const [query, ids] of [
  ['', ['u-a', 'u-b']],
  ['?open=true', ['u-a']],
  ['?open=false', ['u-b']],
  ['?workload=docker%2Flocal%2Fb', ['u-b']],
  ['?most=1', ['u-a']],
] as const) {
  test(`GET /api/v1/rollouts${query} lists ${ids.join(' and ')}, and tells of a pause`, async () => {
    await using app = await startApp()
    app.updates.pausedBy = { until: LATER, actor: 'operator' }
    for (const update of [updateOf('a', 'fetched'), updateOf('b', 'committed')]) {
      app.updates.reports.set(update.id, [{ update, steps: [], progress: undefined }])
    }
    const { updates, paused } = await json<{ updates: { id: string }[]; paused: object }>(
      app,
      `/api/v1/rollouts${query}`,
    )
    assert.deepEqual([updates.map(({ id }) => id), paused], [ids, { until: LATER, actor: 'operator' }])
  })
}

test('what an updater keeps for itself, and the commands of hooks and probes, reach nobody', async () => {
  await using app = await startApp()
  const secret = 'hunter2'
  const gate = { timeoutMs: 1, soakMs: 1, probe: { kind: 'exec', command: ['check', `--password=${secret}`] } } as const
  const hook = { where: 'command', command: `curl -u me:${secret} host`, timeoutMs: 1 } as const
  const settings = { ...DEFAULT_UPDATE_SETTINGS, gate, hooks: { 'pre-update': hook } }
  const open = updateOf('web', 'planned', { plan: planOf('web', { gate }) })
  app.updates.known.set('web', outlookOf('web', { settings, open }))
  app.updates.reports.set('u-web', [{ update: open, steps: [], progress: undefined }])
  for (const target of [
    '/api/v1/outlooks',
    `${WEB}/outlook`,
    `${WEB}/plan`,
    '/api/v1/rollouts',
    '/api/v1/rollouts/u-web',
  ]) {
    const response = await app.call('GET', target)
    assert.equal(response.status, 200)
    assert.ok(!(await response.text()).includes(secret), target)
  }
  const begun = await app.call('POST', `${WEB}/update`, { operator: true })
  assert.ok(!(await begun.text()).includes(secret))
})

const REFUSED = [
  ['GET', '/api/v1/workloads/nobody/outlook', undefined, 404],
  ['GET', '/api/v1/workloads/nobody/plan', undefined, 404],
  ['GET', '/api/v1/workloads/%zz/plan', undefined, 400],
  ['GET', '/api/v1/rollouts/none', undefined, 404],
  ['GET', '/api/v1/rollouts?open=perhaps', undefined, 400],
  ['GET', '/api/v1/rollouts?most=0', undefined, 400],
  ['POST', '/api/v1/workloads/nobody/update', undefined, 404],
  ['POST', '/api/v1/rollouts', undefined, 400],
  ['POST', '/api/v1/rollouts', { all: false }, 400],
  ['POST', `${WEB}/rollback`, { to: 5 }, 400],
  ['POST', `${WEB}/rollback`, '{', 400],
  ['POST', `${WEB}/holds`, undefined, 400],
  ['POST', `${WEB}/holds`, { kind: 'forget' }, 400],
  ['POST', `${WEB}/holds`, { kind: 'snooze', until: 'tomorrow' }, 400],
  ['POST', `${WEB}/holds`, { kind: 'snooze', until: '2026-02-28T00:00:00Z' }, 400],
  ['POST', '/api/v1/rollouts/pause', { until: '2026-02-28T00:00:00Z' }, 400],
  ['DELETE', `${WEB}/holds?kind=forget`, undefined, 400],
] as const

for (const [method, target, body, status] of REFUSED) {
  test(`${method} ${target} ${JSON.stringify(body) ?? ''} is answered ${status} in JSON, and changes nothing`, async () => {
    await using app = await startApp()
    const headers: Record<string, string> = body === undefined ? {} : { 'content-type': 'application/json' }
    const response = await app.call(method, target, {
      headers,
      operator: true,
      ...(body === undefined ? {} : { body }),
    })
    assert.equal(response.status, status)
    assert.equal(typeof ((await response.json()) as { error: unknown }).error, 'string')
    assert.deepEqual(app.updates.calls, [])
  })
}

test('an update that cannot be begun is a 409 with what is in the way and what to do', async () => {
  await using app = await startApp()
  app.updates.failure = new Failure('conflict', 'An update of it is open.', { where: 'web', remedy: 'Wait for it.' })
  const response = await app.call('POST', `${WEB}/update`, { operator: true })
  assert.equal(response.status, 409)
  assert.deepEqual(await response.json(), { error: 'An update of it is open.', where: 'web', remedy: 'Wait for it.' })
})

async function json<Answer>(app: TestApp, target: string): Promise<Answer> {
  return (await (await app.call('GET', target)).json()) as Answer
}
