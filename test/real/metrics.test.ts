import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { parseImageReference } from '../../src/domain/image-reference.ts'
import { DEFAULT_PLATFORM } from '../../src/domain/platform.ts'
import { DEFAULT_SETTINGS } from '../../src/domain/workload.ts'
import { finishCheckRun, startCheckRun } from '../../src/store/checks.ts'
import { saveFinding } from '../../src/store/images.ts'
import { queueMessage } from '../../src/store/outbox.ts'
import { type Db, toJson } from '../../src/store/tables.ts'
import { replaceWorkloads } from '../../src/store/workloads.ts'
import { NOW, startApp, type TestApp } from '../kit/http-app.ts'
import { RUNNING } from '../kit/message.ts'
import { needs } from '../kit/parts/needs.ts'
import { checkMetrics } from '../kit/parts/promtool.ts'
import { planOf } from '../kit/updates.ts'

describe('the metrics page, judged by promtool', { skip: await needs('promtool') }, () => {
  test('is valid when nothing has happened yet', async () => {
    await using app = await startApp()
    assert.equal(await checkMetrics(await metricsOf(app)), '')
  })

  test('is valid when there is something of everything, and tells it', async () => {
    await using app = await startApp()
    await fill(app)
    const page = await metricsOf(app)
    assert.equal(await checkMetrics(page), '')
    for (const line of [
      'seaworthy_build_info{version="1.2.3"} 1',
      'seaworthy_images{status="update"} 1',
      'seaworthy_images{status="failed"} 0',
      'seaworthy_workloads{provider="docker"} 1',
      'seaworthy_updates_waiting 1',
      'seaworthy_checks_total 1',
      'seaworthy_last_check_duration_seconds 2.5',
      'seaworthy_deliveries{channel="say \\"hi\\"",state="waiting"} 1',
      'seaworthy_registry_requests_total{host="registry-1.docker.io"} 12',
      'seaworthy_registry_rate_limited_total{host="registry-1.docker.io"} 1',
      'seaworthy_registry_rate_limit_remaining{host="registry-1.docker.io"} 93',
      'seaworthy_updates_total{outcome="committed"} 1',
      'seaworthy_updates_total{outcome="rolled-back"} 1',
      'seaworthy_updates_open{state="under-way"} 1',
      'seaworthy_updates_open{state="needs-operator"} 1',
      'seaworthy_update_seconds_bucket{le="60"} 1',
      'seaworthy_update_seconds_bucket{le="120"} 2',
      'seaworthy_update_seconds_sum 135',
      'seaworthy_holds{kind="pin"} 1',
      'seaworthy_holds{kind="snooze"} 1',
      'seaworthy_holds{kind="hold"} 0',
      'diun_watch_last_run_images{status="update"} 1',
      'diun_image_update_available{provider="docker",image="docker.io/library/nginx:1.26"} 1',
      'diun_image_last_check_status{provider="docker",image="docker.io/library/nginx:1.26",status="unchange"} 0',
    ]) {
      assert.ok(page.split('\n').includes(line), `${line} is missing in\n${page}`)
    }
  })
})

async function metricsOf(app: TestApp): Promise<string> {
  return await (await app.call('GET', '/metrics')).text()
}

async function fill(app: TestApp): Promise<void> {
  const { db } = app.store
  const reference = parseImageReference('nginx:1.26')
  const workload = {
    id: 'docker/local/web',
    provider: 'docker',
    host: 'local',
    name: 'web',
    image: 'nginx:1.26',
    reference,
    platform: DEFAULT_PLATFORM,
    running: { digests: [] },
    settings: DEFAULT_SETTINGS,
    metadata: {},
  }
  await replaceWorkloads(
    db,
    { provider: 'docker', host: 'local' },
    { workloads: [{ workload, imageKey: 'k' }], now: NOW },
  )
  const found = {
    reference,
    platform: 'linux/amd64',
    reason: 'New.',
    current: {},
    found: {},
    digestMoved: false,
    workloads: [],
  }
  await saveFinding(db, { ...found, key: 'k', status: 'update' }, { now: NOW })
  const id = await startCheckRun(db, { cause: 'manual', now: NOW })
  await finishCheckRun(db, id, { counts: { update: 1 }, now: new Date(NOW.getTime() + 2500) })
  const message = { id: 'm1', kind: 'image', createdAt: NOW.toISOString(), entries: [RUNNING] } as const
  await queueMessage(db, message, { dedupeKey: 'k', channels: ['say "hi"'] })
  await fillUpdates(db)
  const host = 'registry-1.docker.io'
  app.engine.state = {
    ...app.engine.state,
    registryCounts: [{ host, requests: 12, errors: 2, authErrors: 0, rateLimited: 1 }],
    rateLimits: [
      { host, limit: 100, remaining: 93, concurrency: 8 },
      { host: 'ghcr.io', concurrency: 4 },
    ],
  }
}

async function fillUpdates(db: Db): Promise<void> {
  const at = (seconds: number): string => new Date(NOW.getTime() + seconds * 1000).toISOString()
  for (const [name, phase, seconds] of [
    ['a', 'committed', 45],
    ['b', 'rolled-back', 90],
    ['c', 'fetched', undefined],
    ['d', 'needs-operator', undefined],
  ] as const) {
    const plan = planOf(name)
    const base = { id: name, workload: plan.workload, host: 'local', name, updater: 'container', phase }
    const times = { started_at: at(0), changed_at: at(0), finished_at: seconds === undefined ? null : at(seconds) }
    const rest = { actor: 'operator', plan: toJson(plan), error: null, commands: toJson([]) }
    await db
      .insertInto('update')
      .values({ ...base, ...times, ...rest, cause: 'manual' })
      .execute()
  }
  for (const [kind, until] of [
    ['pin', null],
    ['snooze', at(60)],
    ['snooze', at(-60)],
  ] as const) {
    const said = { tag: null, digest: null, reason: null, actor: 'operator', created_at: at(-120) }
    await db
      .insertInto('hold')
      .values({ id: `${kind} ${until}`, workload: 'docker/local/web', kind, until, ...said })
      .execute()
  }
}
