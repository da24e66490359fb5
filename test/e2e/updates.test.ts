import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { type DockerDaemon, startDockerDaemon } from '../kit/parts/docker-daemon.ts'
import { needs } from '../kit/parts/needs.ts'
import { type PushOptions, pushImage } from '../kit/parts/push-image.ts'
import { type Registry, startRegistry } from '../kit/parts/registry.ts'
import { type SmtpServer, startSmtp } from '../kit/parts/smtp.ts'
import { until } from '../kit/parts/until.ts'
import { type Seaworthy, type Server, seaworthyWith } from '../kit/seaworthy.ts'

// Updates from end to end: a server with policies, a daemon, a registry, and somebody who is told.

describe('a server with policies', { skip: await needs('docker daemon', 'registry', 'smtp') }, () => {
  let daemon: DockerDaemon
  let registry: Registry
  let smtp: SmtpServer
  let seaworthy: Seaworthy
  let server: Server
  const parts = new AsyncDisposableStack()

  before(async () => {
    registry = parts.use(await startRegistry())
    daemon = parts.use(await startDockerDaemon())
    smtp = parts.use(await startSmtp())
    await run('web', '1.0.0')
    await run('db', '1.0.0')
    seaworthy = parts.use(
      await seaworthyWith(`
server: { port: PORT, host: 127.0.0.1 }
watch: { schedule: "", jitter: 0s }
updates: { mode: approve, gate: { soak: 300ms } }
policies:
  - { name: small things, match: { workloads: web }, mode: auto, level: minor }
providers:
  docker: { endpoint: "unix://${daemon.socket}", watchByDefault: true }
notif:
  mail: { host: 127.0.0.1, port: ${smtp.port}, from: ship@example.com, to: captain@example.com, insecureSkipVerify: true }
`),
    )
    server = parts.use(await seaworthy.serve())
  })
  after(() => parts.disposeAsync())

  async function push(name: string, tag: string, options: PushOptions = {}): Promise<void> {
    await pushImage(registry, name, tag, { version: `${name} ${tag}`, runnable: true, ...options })
  }

  async function run(name: string, tag: string): Promise<void> {
    await push(name, tag)
    const reference = `${registry.address}/${name}:${tag}`
    await daemon.docker('pull', '--quiet', reference)
    await daemon.docker('run', '--detach', '--name', name, '--network', 'none', '--restart', 'always', reference)
  }

  async function check(): Promise<void> {
    const { code, err } = await seaworthy.run(['check', '--json'])
    assert.equal(code, 0, err)
  }

  async function runs(name: string, tag: string): Promise<void> {
    const format = '{{.Config.Image}} {{.State.Running}}'
    const isIt = async (): Promise<boolean> =>
      (await daemon.docker('inspect', '--format', format, name)).trim() === `${registry.address}/${name}:${tag} true`
    await until(isIt, { what: `${name} to run ${tag}; the log:\n${server.log()}`, timeoutMs: 60_000, everyMs: 200 })
  }

  async function ended(count: number): Promise<void> {
    const isOver = async (): Promise<boolean> => {
      const { out } = await seaworthy.run(['updates', '--json'])
      const updates = JSON.parse(out) as { phase: string }[]
      return updates.length === count && updates.every(({ phase }) => phase === 'committed' || phase === 'rolled-back')
    }
    await until(isOver, { what: `${count} updates to be over`, timeoutMs: 60_000, everyMs: 200 })
  }

  async function told(pattern: RegExp): Promise<void> {
    const isTold = async (): Promise<boolean> => (await smtp.received(1)).some(({ subject }) => pattern.test(subject))
    await until(isTold, { what: `a mail like ${pattern}`, timeoutMs: 60_000, everyMs: 200 })
  }

  test('what a policy lets go is put in by itself after a check, and told', async () => {
    await push('web', '1.1.0')
    await push('db', '1.1.0')
    await check()
    await runs('web', '1.1.0')
    await ended(1)
    await told(/^web has been updated$/)
    const { out } = await seaworthy.run(['workloads', '--json'])
    const outlooks = JSON.parse(out) as { name: string; origins: { mode: string }; blockers: string[] }[]
    assert.equal(outlooks.find(({ name }) => name === 'web')!.origins.mode, 'policy "small things"')
    assert.deepEqual(outlooks.find(({ name }) => name === 'db')!.blockers, ['waits for approval'])
  })

  test('what waits for approval is put in after a yes, and a hold keeps it from it', async () => {
    await runs('db', '1.0.0')
    assert.equal((await seaworthy.run(['hold', 'db', '--reason', 'month end'])).code, 0)
    assert.equal((await seaworthy.run(['approve', 'db'])).code, 0)
    const { err, out } = await seaworthy.run(['update', 'db'])
    assert.match(err + out, /held by operator.*month end/)
    assert.equal((await seaworthy.run(['hold', 'db', '--release'])).code, 0)
    await runs('db', '1.1.0')
    await ended(2)
  })

  test('a step that is too large waits, and an image that is not well is taken back and not tried again', async () => {
    await push('web', '2.0.0')
    await push('web', '1.2.0', { cmd: ['/bin/false'] })
    await check()
    await ended(3)
    await runs('web', '1.1.0')
    await told(/^The update of web was taken back$/)
    await check()
    const { out } = await seaworthy.run(['workloads', '--json'])
    const web = (JSON.parse(out) as { name: string; candidate: { reference: string }; blockers: string[] }[]).find(
      ({ name }) => name === 'web',
    )!
    assert.match(web.candidate.reference, /:2\.0\.0$/)
    assert.match(web.blockers.join(), /waits for approval: a major step/)
    await ended(3)
  })

  test('a person goes back to the version before, and it stays there', async () => {
    const { code, err } = await seaworthy.run(['rollback', 'web'])
    assert.equal(code, 0, err)
    await runs('web', '1.0.0')
    const { out } = await seaworthy.run(['workloads', '--json'])
    const web = (JSON.parse(out) as { name: string; holds: { kind: string }[] }[]).find(({ name }) => name === 'web')!
    assert.deepEqual(
      web.holds.map(({ kind }) => kind),
      ['hold'],
    )
  })
})
