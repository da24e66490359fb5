import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { parseImageReference } from '../../src/domain/image-reference.ts'
import { DEFAULT_PLATFORM } from '../../src/domain/platform.ts'
import { DEFAULT_SETTINGS } from '../../src/domain/workload.ts'
import { finishCheckRun, startCheckRun } from '../../src/store/checks.ts'
import { saveFinding } from '../../src/store/images.ts'
import { queueMessage } from '../../src/store/outbox.ts'
import { replaceWorkloads } from '../../src/store/workloads.ts'
import { NOW, startApp, type TestApp } from '../kit/http-app.ts'
import { RUNNING } from '../kit/message.ts'
import { needs } from '../kit/parts/needs.ts'
import { checkMetrics } from '../kit/parts/promtool.ts'

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
