import assert from 'node:assert/strict'
import { mkdirSync } from 'node:fs'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import path from 'node:path'
import { after, before, describe, test } from 'node:test'
import type { Page } from 'playwright-core'
import type { ImageFinding } from '../../src/domain/finding.ts'
import { parseImageReference } from '../../src/domain/image-reference.ts'
import { DEFAULT_PLATFORM } from '../../src/domain/platform.ts'
import { DEFAULT_SETTINGS } from '../../src/domain/workload.ts'
import { finishCheckRun, startCheckRun } from '../../src/store/checks.ts'
import { recordEvent } from '../../src/store/events.ts'
import { saveFinding } from '../../src/store/images.ts'
import { claimDelivery, markFailed, queueMessage } from '../../src/store/outbox.ts'
import { putFinding } from '../../src/store/updates.ts'
import { replaceWorkloads } from '../../src/store/workloads.ts'
import { startApp, type TestApp } from '../kit/http-app.ts'
import { RUNNING, TELLER } from '../kit/message.ts'
import { type Chromium, startChromium } from '../kit/parts/chromium.ts'
import { needs } from '../kit/parts/needs.ts'
import { until } from '../kit/parts/until.ts'
import { updateOf } from '../kit/updates.ts'

const PICTURES = path.join(import.meta.dirname, '../../test-results')

describe('the page in a browser', { skip: await needs('chromium') }, () => {
  let chromium: Chromium
  before(async () => {
    chromium = await startChromium()
    mkdirSync(PICTURES, { recursive: true })
  })
  after(() => chromium[Symbol.asyncDispose]())

  test('a report appears without a reload, is acknowledged, and waits again when asked to', async () => {
    await using app = await startApp()
    await checked(app)
    const { page, errors } = await open(chromium, (await app.listen()).url)
    await page.getByText('Nothing runs that could be watched').waitFor()
    await page.evaluate("document.body.dataset.loaded = 'once'")
    const image = 'ghcr.io/<img src=x onerror=alert(1)>/app:2'
    await app.call('POST', '/webhook', { body: { image, hostname: 'nas', digest: `sha256:${'ab'.repeat(32)}` } })
    await page.getByRole('heading', { name: image }).waitFor()
    assert.equal(await page.title(), '(1) Seaworthy')
    await page.getByRole('button', { name: `Acknowledge: ${image}` }).press('Enter')
    await page.getByText('Acknowledged (1)').click()
    await page.getByRole('button', { name: `Let it wait again: ${image}` }).click()
    await page.getByRole('button', { name: `Acknowledge: ${image}` }).waitFor()
    assert.equal(await page.evaluate('document.body.dataset.loaded'), 'once')
    assert.deepEqual(errors, [])
  })

  test('what is under way, what waits, what failed and who cannot be reached are all told', async () => {
    await using app = await startApp()
    await fill(app)
    const { url } = await app.listen()
    const { page, errors } = await open(chromium, url)
    await page.getByText('docker (local) cannot be reached.').waitFor()
    await page.getByText('DOCKER_HOST').waitFor()
    await page.getByText('checking 12 of 40').waitFor()
    await page.getByRole('heading', { name: 'nginx:1.26', exact: true }).waitFor()
    await page.getByText('major').first().waitFor()
    await page.getByText('registry.example: the connection was refused').waitFor()
    await page.getByText('535 authentication failed').waitFor()
    assert.deepEqual(errors, [])
    for (const width of [360, 1200]) {
      await page.setViewportSize({ width, height: 900 })
      const overflow = Number(await page.evaluate('document.documentElement.scrollWidth - window.innerWidth'))
      assert.ok(overflow <= 0, `${overflow} px too wide at ${width}`)
      await page.screenshot({ path: path.join(PICTURES, `page-${width}.png`), fullPage: true })
    }
    const dark = await open(chromium, url, { dark: true })
    await dark.page.getByRole('heading', { name: 'nginx:1.26', exact: true }).waitFor()
    await dark.page.screenshot({ path: path.join(PICTURES, 'page-dark.png'), fullPage: true })
  })

  test('an update under way shows its phase and its pull as they come, and what to run where it needs a person', async () => {
    await using app = await startApp()
    const put = (phase: 'planned' | 'needs-operator', more = {}) =>
      app.updates.reports.set('u-web', [{ update: updateOf('web', phase, more), steps: [], progress: undefined }])
    put('planned')
    const { page, errors } = await open(chromium, (await app.listen()).url)
    const card = page.getByRole('listitem').filter({ hasText: 'web on local' })
    await card.getByText('planned').waitFor()
    await until(() => app.http.stream.clients() === 1, { what: 'the page to follow the events' })
    const live = { update: 'u-web', workload: 'docker/local/web', progress: { done: 1_500_000, total: 6_000_000 } }
    await until(
      async () => {
        app.updates.tell(live)
        return await card.getByText('Pulling: 1.5 MB of 6.0 MB').isVisible()
      },
      { what: 'the pull to show' },
    )
    put('needs-operator', { error: 'It is <b>stuck</b>.', commands: ['docker start web'] })
    await recordEvent(app.store.db, { kind: 'update.needs-operator', now: new Date() })
    await card.getByText('docker start web').waitFor()
    await card.getByText('It is <b>stuck</b>.').waitFor()
    assert.deepEqual(errors, [])
  })

  test('with everything current it says so', async () => {
    await using app = await startApp()
    await checked(app)
    await run(app, 'nginx:1.27', { status: 'current', reason: 'It is the newest.' })
    const { page } = await open(chromium, (await app.listen()).url)
    await page.getByText('Nothing waits. All is current.').waitFor()
    await page.screenshot({ path: path.join(PICTURES, 'page-empty.png') })
  })

  test('a lost connection is told, and what happened meanwhile appears when it is back', async () => {
    await using app = await startApp()
    const { port } = await app.listen()
    await using wire = await startWire(port)
    const { page } = await open(chromium, `http://127.0.0.1:${wire.port}`)
    await page.getByText('Nothing is known yet').waitFor()
    await until(() => app.http.stream.clients() === 1, { what: 'the page to follow the events' })
    wire.cut()
    await page.getByText('Connection lost, reconnecting…').waitFor()
    await app.call('POST', '/webhook', { body: { image: 'meanwhile:1' } })
    wire.mend()
    await page.getByRole('heading', { name: 'meanwhile:1' }).waitFor()
    await page.getByText('Connection lost, reconnecting…').waitFor({ state: 'hidden' })
    await app.call('POST', '/webhook', { body: { image: 'later:1' } })
    await page.getByRole('heading', { name: 'later:1' }).waitFor()
  })
})

/** A wire between browser and server that can be cut. */
async function startWire(to: number) {
  const sockets = new Set<Socket>()
  let whole = true
  const server = createServer((near) => {
    if (!whole) {
      near.destroy()
      return
    }
    const far = connect(to, '127.0.0.1')
    for (const socket of [near, far]) sockets.add(socket.on('error', () => undefined))
    near.pipe(far).pipe(near)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const cut = () => {
    whole = false
    for (const socket of sockets) socket.destroy()
  }
  return {
    port: (server.address() as AddressInfo).port,
    cut,
    mend: () => {
      whole = true
    },
    async [Symbol.asyncDispose]() {
      cut()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

async function open(chromium: Chromium, url: string, options: { dark?: boolean } = {}) {
  const page: Page = await chromium.page({ viewport: { width: 1200, height: 900 }, ...options })
  const errors: string[] = []
  page.on('pageerror', (error) => errors.push(error.message))
  page.on('console', (message) => message.type() === 'error' && errors.push(message.text()))
  page.setDefaultTimeout(15_000)
  await page.goto(url)
  return { page, errors }
}

async function checked(app: TestApp): Promise<void> {
  const id = await startCheckRun(app.store.db, { cause: 'startup', now: new Date(Date.now() - 600_000) })
  await finishCheckRun(app.store.db, id, { counts: {}, now: new Date(Date.now() - 590_000) })
}

async function fill(app: TestApp): Promise<void> {
  const { db } = app.store
  await checked(app)
  const old = new Date(Date.now() - 3 * 86_400_000)
  const digests = { digest: `sha256:${'1f'.repeat(32)}` }
  await run(app, 'nginx:1.26', {
    status: 'update',
    level: 'minor',
    reason: '1.27 is the newest tag of the family of 1.26.',
    found: { ...digests, tag: '1.27', tagDigest: `sha256:${'2e'.repeat(32)}` },
  })
  await run(app, 'ghcr.io/immich-app/immich-server:v1.150.2', {
    status: 'update',
    level: 'major',
    reason: 'v2.0.1 is the newest tag of the family of v1.150.2; it is a new major version.',
    found: { ...digests, tag: 'v2.0.1' },
  })
  await run(app, 'lscr.io/linuxserver/sonarr:latest', {
    status: 'update',
    level: 'digest',
    reason: 'The tag points to another digest than the one that runs.',
    found: { digest: `sha256:${'3d'.repeat(32)}` },
  })
  await run(app, 'registry.example:5000/a-team/with-a-rather-long-name/and-path:2026.03.01-alpine3.21', {
    status: 'failed',
    reason: 'It could not be asked.',
    error: 'registry.example: the connection was refused',
    staleSince: old.toISOString(),
  })
  await putFinding(db, RUNNING, { image: 'docker.io/library/nginx:1.26', teller: TELLER, now: old })
  await app.call('POST', '/webhook', {
    body: { image: 'quay.io/other/app:3', hostname: 'nas', metadata: { ctn_names: 'app' } },
  })
  const message = { id: 'm1', kind: 'image', createdAt: old.toISOString(), entries: [RUNNING] } as const
  await queueMessage(db, message, { dedupeKey: 'k', channels: ['mail'] })
  const claimed = await claimDelivery(db, 'mail', { now: new Date(), claimUntil: new Date() })
  await markFailed(db, claimed!.id, { error: '535 authentication failed', nextAt: undefined })
  app.engine.state = {
    ...app.engine.state,
    checking: true,
    progress: { done: 12, total: 40 },
    nextCheckAt: new Date(Date.now() + 3_600_000).toISOString(),
    failedProviders: [{ provider: 'docker', host: 'local', error: 'unix:///var/run/docker.sock: permission denied.' }],
  }
  await recordEvent(db, { kind: 'provider.failed', subject: 'docker/local', now: new Date() })
}

async function run(
  app: TestApp,
  image: string,
  finding: Pick<ImageFinding, 'status' | 'reason'> & Partial<ImageFinding>,
) {
  const reference = parseImageReference(image)
  const name = reference.repository.split('/').at(-1)!
  const workload = {
    id: `docker/${name}/${name}`,
    provider: 'docker',
    host: name,
    name,
    image,
    reference,
    platform: DEFAULT_PLATFORM,
    running: { digests: [], state: 'running' },
    settings: DEFAULT_SETTINGS,
    metadata: {},
  }
  const now = new Date(Date.now() - 590_000)
  const place = { provider: 'docker', host: name }
  await replaceWorkloads(app.store.db, place, { workloads: [{ workload, imageKey: image }], now })
  const current = { tag: reference.tag ?? 'latest', digest: `sha256:${'1f'.repeat(32)}` }
  const whole = {
    key: image,
    reference,
    platform: 'linux/amd64',
    current,
    found: {},
    digestMoved: true,
    workloads: [],
    ...finding,
  }
  await saveFinding(app.store.db, whole, { now })
}
