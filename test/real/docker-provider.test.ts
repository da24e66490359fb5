import assert from 'node:assert/strict'
import { copyFile, mkdir, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { after, before, describe, test } from 'node:test'
import { createDockerClient, type DockerClient } from '../../src/docker/client.ts'
import { openEvents } from '../../src/docker/events.ts'
import { spawnCommand } from '../../src/docker/ssh.ts'
import { Failure } from '../../src/domain/failure.ts'
import { formatImageReference } from '../../src/domain/image-reference.ts'
import { formatPlatform } from '../../src/domain/platform.ts'
import type { Workload } from '../../src/domain/workload.ts'
import type { Provider } from '../../src/providers/_provider.ts'
import docker from '../../src/providers/docker.ts'
import { loadImage } from '../kit/parts/base-image.ts'
import { makeCertificates } from '../kit/parts/certificates.ts'
import { type DockerDaemon, startDockerDaemon } from '../kit/parts/docker-daemon.ts'
import { needs } from '../kit/parts/needs.ts'
import { requirePackages } from '../kit/parts/packages.ts'
import { freePort, output, start, temporaryFolder } from '../kit/parts/program.ts'
import { pushImage } from '../kit/parts/push-image.ts'
import { type Registry, startRegistry } from '../kit/parts/registry.ts'
import { until } from '../kit/parts/until.ts'
import { PROVIDER_PARTS } from '../kit/provider.ts'

const WAIT_MS = 20_000
const NO_SSH = (await requirePackages(['openssh-server', 'openssh-client'])) ?? false

describe('docker provider and daemon', { skip: await needs('docker daemon', 'registry') }, () => {
  let daemon: DockerDaemon
  let registry: Registry
  let image: string

  before(async () => {
    daemon = await startDockerDaemon({ tls: true })
    registry = await startRegistry()
    image = `${registry.address}/team/app:1.0`
  })
  after(async () => {
    await registry[Symbol.asyncDispose]()
    await daemon[Symbol.asyncDispose]()
  })

  function open(options: Record<string, unknown> = {}): Provider {
    const given = { endpoint: `unix://${daemon.socket}`, watchByDefault: true, ...options }
    return docker.create(docker.options.parse(given), PROVIDER_PARTS)
  }

  async function find(name: string, options: Record<string, unknown> = {}): Promise<Workload> {
    await using provider = disposable(open(options))
    const { workloads } = await provider.list(AbortSignal.timeout(WAIT_MS))
    return workloads.find((workload) => workload.name === name) ?? assert.fail(`${name} is not listed`)
  }

  test('a pulled image is named with the digest of the registry; a newer one of that tag changes nothing about it', async () => {
    const first = await pushImage(registry, 'team/app', '1.0', { version: '1', runnable: true })
    await daemon.docker('pull', '--quiet', image)
    await daemon.docker('run', '-d', '--name', 'web', '--label', 'diun.metadata.owner=ops', image)
    const web = await find('web')
    assert.equal(web.reference && formatImageReference(web.reference), image)
    assert.deepEqual(web.running.digests, [first.digest])
    assert.equal(web.running.state, 'running')
    assert.equal(formatPlatform(web.platform), 'linux/amd64')
    assert.equal(web.metadata.owner, 'ops')
    assert.equal(web.notCheckable, undefined)

    await pushImage(registry, 'team/app', '1.0', { version: '2', runnable: true })
    await daemon.docker('pull', '--quiet', image)
    const later = await find('web')
    assert.equal(later.image, image)
    assert.deepEqual(later.running.digests, [first.digest])
  })

  test('an image that was never in a registry is listed as not checkable', async () => {
    await loadImage(daemon, 'app:dev', { version: '3' })
    await daemon.docker('create', '--name', 'dev', 'app:dev')
    const dev = await find('dev', { watchStopped: true })
    assert.match(dev.notCheckable ?? '', /built or loaded/)
    assert.equal(dev.running.state, 'created')
  })

  test('an image known by its id only is still told apart', async () => {
    const id = await loadImage(daemon, 'short:dev', { version: '4' })
    await daemon.docker('create', '--name', 'by-id', id.slice('sha256:'.length, 20))
    const byId = await find('by-id', { watchStopped: true })
    assert.equal(byId.image, 'short:dev')
  })

  test('a container that comes and goes is noticed', async () => {
    await using provider = disposable(open())
    const stop = new AbortController()
    let changes = 0
    const watching = provider.watch?.(() => changes++, stop.signal)
    await loadImage(daemon, 'passing:dev', { version: '5' })
    // The stream may open later than the first container begins.
    await until(
      async () => {
        await daemon.docker('run', '--rm', 'passing:dev', 'true')
        return changes > 0
      },
      { what: 'a change', timeoutMs: WAIT_MS, everyMs: 500 },
    )
    stop.abort()
    await watching
  })

  test('over TLS the client shows its certificate, and both sides are checked', async () => {
    const { host, port, certificates } = daemon.tcp!
    const certs = path.join(daemon.folder, 'certs')
    await mkdir(certs)
    await copyFile(certificates.ca, path.join(certs, 'ca.pem'))
    await copyFile(certificates.clientCert, path.join(certs, 'cert.pem'))
    await copyFile(certificates.clientKey, path.join(certs, 'key.pem'))
    const endpoint = `tcp://${host}:${port}`
    await using provider = disposable(open({ endpoint, tlsCertsPath: certs }))
    await provider.list(AbortSignal.timeout(WAIT_MS))

    const strange = path.join(daemon.folder, 'strange')
    await mkdir(strange)
    const others = await makeCertificates(strange)
    await copyFile(others.clientCert, path.join(strange, 'cert.pem'))
    await copyFile(others.clientKey, path.join(strange, 'key.pem'))
    await assertRefused(open({ endpoint, tlsCertsPath: strange }), /No secure connection/)
    // The engine is believed, but does not believe us.
    await assertRefused(open({ endpoint, tlsCertsPath: strange, tlsVerify: false }), /secure connection|closed/)
    await assertRefused(open({ endpoint: `http://${host}:${port}` }), /wants TLS/)
  })

  test('over ssh the engine is reached by dial-stdio', { skip: NO_SSH }, async () => {
    await using server = await startSshServer()
    const endpoint = `ssh://root@127.0.0.1:${server.port}${daemon.socket}`
    await using client: DockerClient = createDockerClient({
      endpoint,
      home: daemon.folder,
      spawn: (command, args) => spawnCommand(command, ['-F', server.config, ...args]),
    })
    const { body } = await client.request('GET', '/containers/json', { query: { all: true } })
    assert.ok(Array.isArray(body))
    const signal = AbortSignal.timeout(WAIT_MS)
    const { events } = await openEvents(client, { filters: { type: ['container'] }, signal })
    await daemon.docker('create', '--name', 'seen', 'app:dev')
    const { value } = await events[Symbol.asyncIterator]().next()
    assert.equal(value?.action, 'create')
  })
})

async function assertRefused(provider: Provider, message: RegExp): Promise<void> {
  await using _ = disposable(provider)
  await assert.rejects(
    provider.list(AbortSignal.timeout(WAIT_MS)),
    (error) => error instanceof Failure && message.test(error.message) && error.remedy !== undefined,
  )
}

function disposable(provider: Provider): Provider & AsyncDisposable {
  return { ...provider, [Symbol.asyncDispose]: async () => provider[Symbol.asyncDispose]?.() }
}

/** An ssh server on a port of its own with keys of its own, and a client's configuration that knows both. */
async function startSshServer() {
  await using cleanup = new AsyncDisposableStack()
  const folder = cleanup.use(await temporaryFolder('ssh')).path
  const at = (name: string) => path.join(folder, name)
  const port = await freePort()
  for (const key of ['host', 'client']) await output('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', at(key)])
  await copyFile(at('client.pub'), at('authorized'))
  // Where sshd separates its privileges; the package's own unit would make it.
  await mkdir('/run/sshd', { recursive: true })
  const settings = [
    `Port ${port}`,
    'ListenAddress 127.0.0.1',
    `HostKey ${at('host')}`,
    `AuthorizedKeysFile ${at('authorized')}`,
    `PidFile ${at('pid')}`,
    'PermitRootLogin prohibit-password',
    'PasswordAuthentication no',
    'StrictModes no',
    'UsePAM no',
  ]
  await writeFile(at('sshd.conf'), `${settings.join('\n')}\n`)
  const known = await output('cat', [at('host.pub')])
  await writeFile(at('known'), `[127.0.0.1]:${port} ${known}`)
  await writeFile(at('ssh.conf'), `IdentityFile ${at('client')}\nUserKnownHostsFile ${at('known')}\n`)
  const check = ['-F', at('ssh.conf'), '-o', 'BatchMode=yes', '-p', String(port), 'root@127.0.0.1', 'true']
  cleanup.use(
    await start(['/usr/sbin/sshd', '-D', '-e', '-f', at('sshd.conf')], {
      what: 'sshd',
      folder,
      ready: async () => (await output('ssh', check)) === '',
    }),
  )
  const kept = cleanup.move()
  return { port, config: at('ssh.conf'), [Symbol.asyncDispose]: () => kept.disposeAsync() }
}
