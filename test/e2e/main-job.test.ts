import assert from 'node:assert/strict'
import { symlink } from 'node:fs/promises'
import path from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { after, before, describe, test } from 'node:test'
import { type Chromium, startChromium } from '../kit/parts/chromium.ts'
import { type DockerDaemon, startDockerDaemon } from '../kit/parts/docker-daemon.ts'
import { needs } from '../kit/parts/needs.ts'
import { freePort, temporaryFolder } from '../kit/parts/program.ts'
import { pushImage } from '../kit/parts/push-image.ts'
import { type Registry, startRegistry } from '../kit/parts/registry.ts'
import { type SmtpServer, startSmtp } from '../kit/parts/smtp.ts'
import { until } from '../kit/parts/until.ts'
import { type Recorder, startRecorder } from '../kit/recorder.ts'
import { type Seaworthy, type Server, seaworthyWith } from '../kit/seaworthy.ts'

// The main job from end to end, with real parts: containers run, new images are pushed, they are found, shown and told.

interface Finding {
  readonly image: string
  readonly status: string
  readonly level: string | null
  readonly reason: string
  readonly error: string | null
  readonly current: { tag: string | null; digest: string | null }
  readonly found: { tag: string | null; digest: string | null }
  readonly workloads: readonly { name: string }[]
}

describe('the main job', { skip: await needs('docker daemon', 'registry', 'smtp', 'chromium') }, () => {
  let daemon: DockerDaemon
  let registry: Registry
  let smtp: SmtpServer
  let webhook: Recorder
  let chromium: Chromium
  const parts = new AsyncDisposableStack()

  before(async () => {
    registry = parts.use(await startRegistry())
    daemon = parts.use(await startDockerDaemon())
    smtp = parts.use(await startSmtp())
    webhook = parts.use(await startRecorder())
    chromium = parts.use(await startChromium())
    await runContainers()
  })
  after(() => parts.disposeAsync())

  async function runContainers(): Promise<void> {
    await pushImage(registry, 'web', 'latest', {
      version: '1',
      runnable: true,
      platforms: ['linux/amd64', 'linux/arm64'],
    })
    await pushImage(registry, 'shop/app', '1.0.0', { version: '1.0.0', runnable: true })
    for (const [name, image] of [
      ['front', 'web:latest'],
      ['app-1', 'shop/app:1.0.0'],
      ['app-2', 'shop/app:1.0.0'],
    ] as const) {
      await daemon.docker('run', '-d', '--network', 'none', '--name', name, `${registry.address}/${image}`)
    }
  }

  function configuration({
    mailPort = smtp.port,
    webhookUrl = webhook.url,
    socket = daemon.socket,
  }: {
    mailPort?: number
    webhookUrl?: string
    socket?: string
  } = {}): string {
    return `
server: { port: PORT, host: 127.0.0.1 }
watch: { schedule: "", jitter: 0s }
providers:
  docker: { endpoint: "unix://${socket}", watchByDefault: true }
notif:
  mail: { host: 127.0.0.1, port: ${mailPort}, from: ship@example.com, to: captain@example.com, insecureSkipVerify: true }
  webhook: { endpoint: "${webhookUrl}/told", method: POST, headers: { content-type: application/json } }
`
  }

  async function check(seaworthy: Seaworthy): Promise<Map<string, Finding>> {
    const { out, code, err } = await seaworthy.run(['check', '--json'])
    assert.equal(code, 0, err)
    return new Map(
      (JSON.parse(out) as Finding[]).map((finding) => [finding.image.replace(`${registry.address}/`, ''), finding]),
    )
  }

  async function firstCheck(seaworthy: Seaworthy): Promise<void> {
    const isDone = async (): Promise<boolean> => {
      const status = (await (await fetch(`${seaworthy.url}/api/v1/status`)).json()) as {
        checking: boolean
        lastCheck: object | null
      }
      return !status.checking && status.lastCheck !== null
    }
    await until(isDone, { what: 'the first check to finish', timeoutMs: 20_000 })
  }

  test('a new image under the same tag and a newer tag are found, shown without a reload and told once', async () => {
    await using seaworthy = await seaworthyWith(configuration())
    await using server = await seaworthy.serve()
    await firstCheck(seaworthy)
    const page = await chromium.page()
    await page.goto(seaworthy.url)
    await page.getByText('Nothing waits').first().waitFor()

    const rebuilt = await pushImage(registry, 'web', 'latest', {
      version: '2',
      platforms: ['linux/amd64', 'linux/arm64'],
    })
    await pushImage(registry, 'shop/app', '1.1.0', { version: '1.1.0', runnable: true })
    const found = await check(seaworthy)

    const web = found.get('web:latest')!
    assert.deepEqual([web.status, web.level, web.found.digest], ['update', 'digest', rebuilt.digest])
    assert.match(web.reason, /newer build under latest/)
    const app = found.get('shop/app:1.0.0')!
    assert.deepEqual([app.status, app.level, app.found.tag], ['update', 'minor', '1.1.0'])
    assert.match(app.reason, /1\.1\.0 is the newest tag of the line of 1\.0\.0: a minor step/)
    assert.deepEqual(app.workloads.map(({ name }) => name).sort(), ['app-1', 'app-2'])

    await page.getByText('web:latest').first().waitFor()
    await page.getByText('1.1.0').first().waitFor()

    await toldOnce(seaworthy, server)
  })

  async function toldOnce(seaworthy: Seaworthy, server: Server): Promise<void> {
    const mails = await smtp.received(2)
    await webhook.requests(2)
    // A further check and a restart must not tell it again.
    await check(seaworthy)
    assert.equal(await server.stop(), 0)
    await using again = await seaworthy.serve()
    await firstCheck(seaworthy)
    await outboxEmpty(seaworthy)
    assert.equal((await smtp.received(2)).length, mails.length, again.log())
    assert.deepEqual(mails.map(({ subject }) => subject.replace(`${registry.address}/`, '')).sort(), [
      'shop/app:1.1.0 is available',
      'web:latest has been updated',
    ])
    const bodies = webhook.seen.map(
      ({ body }) => JSON.parse(body) as { image: string; status: string; metadata: Record<string, string> },
    )
    assert.deepEqual(
      bodies.map(({ image, status }) => `${status} ${image.replace(`${registry.address}/`, '')}`).sort(),
      ['new shop/app:1.1.0', 'update web:latest'],
    )
    assert.match(bodies.find(({ status }) => status === 'new')!.metadata.ctn_names!, /app-1,app-2|app-2,app-1/)
  }

  async function outboxEmpty(seaworthy: Seaworthy): Promise<void> {
    // What a killed server was just sending is due again when its claim has run out (20 s), and then tried with back-off.
    await until(() => openDeliveries(seaworthy) === 0, { what: 'every message to be delivered', timeoutMs: 90_000 })
  }

  test('without a Docker daemon the server comes up and says so, and picks the daemon up when it appears', async () => {
    await using folder = await temporaryFolder('late')
    const socket = path.join(folder.path, 'docker.sock')
    await using seaworthy = await seaworthyWith(configuration({ socket }))
    await using server = await seaworthy.serve()
    const page = await chromium.page()
    await page.goto(seaworthy.url)
    await page.getByText('cannot be reached').first().waitFor()
    assert.match(server.log(), /There is no Docker socket at unix:\/\/.* Start Docker/)
    await symlink(daemon.socket, socket)
    const knows = async (): Promise<boolean> =>
      (await seaworthy.run(['images', '--json'])).out.includes('shop/app:1.0.0')
    await until(knows, { what: 'the containers of the daemon to be known', timeoutMs: 60_000, everyMs: 500 })
    await page.getByText('cannot be reached').first().waitFor({ state: 'detached' })
  })

  test('a server killed between finding and telling loses no message and doubles none', async () => {
    await pushImage(registry, 'web', 'latest', { version: '10', runnable: true })
    await daemon.docker('pull', `${registry.address}/web:latest`)
    const mailPort = await freePort()
    const webhookPort = await freePort()
    await using seaworthy = await seaworthyWith(
      configuration({ mailPort, webhookUrl: `http://127.0.0.1:${webhookPort}` }),
    )
    {
      await using server = await seaworthy.serve()
      await firstCheck(seaworthy)
      await pushImage(registry, 'web', 'latest', { version: '11', runnable: true })
      const found = check(seaworthy).catch(() => {})
      await until(() => openDeliveries(seaworthy) === 2, { what: 'the finding to be written down', everyMs: 1 })
      await server.kill()
      await found
    }
    assert.equal(openDeliveries(seaworthy), 2)
    await using lateSmtp = await startSmtp({ port: mailPort })
    await using lateWebhook = await startRecorder(undefined, { port: webhookPort })
    await using server = await seaworthy.serve()
    await firstCheck(seaworthy)
    await outboxEmpty(seaworthy)
    assert.equal((await lateSmtp.received(1)).length, 1, server.log())
    assert.equal(lateWebhook.seen.length, 1)
  })
})

function openDeliveries(seaworthy: Seaworthy): number {
  const database = new DatabaseSync(path.join(seaworthy.folder, 'diun.db'), { readOnly: true })
  try {
    const row = database
      .prepare("select count(*) as open from delivery where state in ('waiting', 'sending')")
      .get() as { open: number }
    return row.open
  } finally {
    database.close()
  }
}
