import { existsSync, readFileSync } from 'node:fs'
import { mkdir, readFile, rm, symlink } from 'node:fs/promises'
import path from 'node:path'
import { type Certificates, makeCertificates } from './certificates.ts'
import { composePlugin } from './compose.ts'
import { type Engine, type EnginePrograms, enginePrograms } from './engines.ts'
import { freePort, output, type Running, start, temporaryFolder } from './program.ts'
import { until } from './until.ts'

/** A private Docker daemon: its own storage, socket and network, none of the machine's. */
export interface DockerDaemon extends AsyncDisposable {
  /** The path of its Unix socket. */
  readonly socket: string
  readonly storageDriver: string
  /** The network interface of its default bridge, which exists for this daemon only. */
  readonly bridge: string
  /** With `tls`: its address on 127.0.0.1, which asks for a client certificate. */
  readonly tcp?: { readonly host: string; readonly port: number; readonly certificates: Certificates }
  /** What a program needs in its environment to reach this daemon with `docker` and `docker compose`. */
  readonly env: { readonly DOCKER_HOST: string; readonly DOCKER_CONFIG: string }
  readonly log: () => string
  /** Runs the Docker CLI against it and returns its standard output. */
  docker(...args: string[]): Promise<string>
  /** Runs Compose v2 against it. */
  compose(...args: string[]): Promise<string>
  /** The inner folder, for files that belong to the same test. */
  readonly folder: string
  /** Asks dockerd to end, as `systemctl stop docker` does, and waits until it has. */
  stop(): Promise<void>
  /** Ends dockerd and its containerd without giving them a chance; containers go on as they are. */
  kill(): Promise<void>
  /** Starts it again on the same folder after `stop` or `kill`, by default with the same engine. */
  start(engine?: Engine): Promise<void>
}

export interface DockerDaemonOptions {
  /** The version of the API, by which the engines of several Debian releases go. Default: 1.41, which is installed. */
  readonly engine?: Engine
  /** Also listens on TCP with TLS and asks clients for a certificate. */
  readonly tls?: boolean
  /** More arguments for dockerd, such as `--registry-mirror=…`. */
  readonly args?: readonly string[]
  /** Keeps everything in a file system of its own that has no more room than this. */
  readonly dataMegabytes?: number
}

/** Starts a dockerd of Debian's on a private socket; overlay2 where the file system carries it, else vfs. */
export async function startDockerDaemon(options: DockerDaemonOptions = {}): Promise<DockerDaemon> {
  await using cleanup = new AsyncDisposableStack()
  const programs = await enginePrograms(options.engine ?? '1.41')
  const folder = cleanup.use(await temporaryFolder('docker')).path
  cleanup.defer(() => unmountAll(folder))
  const network = cleanup.use(await privateBridge())
  const socket = path.join(folder, 'docker.sock')
  const config = path.join(folder, 'config')
  await mkdir(path.join(config, 'cli-plugins'), { recursive: true })
  const env = { DOCKER_HOST: `unix://${socket}`, DOCKER_CONFIG: config, HOME: folder }
  const docker = (...args: string[]) => output(programs.docker, args, env)
  const listen = options.tls ? await listenWithTls(folder) : undefined

  if (options.dataMegabytes !== undefined) await mountSmall(path.join(folder, 'data'), options.dataMegabytes)
  const args = [...daemonArguments(folder, socket), ...network.args, ...(listen?.args ?? []), ...(options.args ?? [])]
  let daemon = await startWithStorage({ programs, args, folder, docker })
  cleanup.defer(() => daemon[Symbol.asyncDispose]())
  cleanup.defer(() => removeEverything(docker))
  const storageDriver = (await docker('info', '--format', '{{.Driver}}')).trim()
  const kept = cleanup.move()
  return {
    socket,
    folder,
    bridge: network.bridge,
    env: { DOCKER_HOST: env.DOCKER_HOST, DOCKER_CONFIG: config },
    storageDriver,
    ...(listen === undefined ? {} : { tcp: listen.tcp }),
    log: () => daemon.log(),
    stop: async () => await daemon[Symbol.asyncDispose](),
    kill: () => killHard(daemon.pid, folder),
    async start(engine) {
      const again = engine === undefined ? programs : await enginePrograms(engine)
      // Under another storage driver its containers would not be there.
      daemon = await startWith(storageDriver, { programs: again, args, folder, docker })
    },
    docker,
    compose: async (...rest) => {
      await symlink(await composePlugin(), path.join(config, 'cli-plugins', 'docker-compose')).catch(ifThere)
      return docker('compose', ...rest)
    },
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  }
}

function daemonArguments(folder: string, socket: string): string[] {
  return [
    `--host=unix://${socket}`,
    `--data-root=${path.join(folder, 'data')}`,
    `--exec-root=${path.join(folder, 'exec')}`,
    `--pidfile=${path.join(folder, 'docker.pid')}`,
    '--shutdown-timeout=1',
    // The machine's firewall and routing stay as they are; published ports go through Docker's own proxy.
    '--iptables=false',
    '--ip6tables=false',
    '--ip-forward=false',
    '--ip-masq=false',
  ]
}

interface Starting {
  readonly programs: EnginePrograms
  readonly args: readonly string[]
  readonly folder: string
  readonly docker: DockerDaemon['docker']
}

async function startWithStorage(starting: Starting): Promise<Running> {
  return startWith('overlay2', starting).catch(() => startWith('vfs', starting))
}

function startWith(driver: string, { programs, args, folder, docker }: Starting): Promise<Running> {
  return start([programs.dockerd, `--storage-driver=${driver}`, ...programs.args, ...args], {
    what: `dockerd (${driver})`,
    folder,
    env: { PATH: programs.path },
    ready: async () => (await docker('version', '--format', '{{.Server.Version}}')) !== '',
    timeoutMs: START_MS,
  })
}

const START_MS = 60_000

async function killHard(pid: number, folder: string): Promise<void> {
  const file = path.join(folder, 'exec', 'containerd', 'containerd.pid')
  const containerd = Number(await readFile(file, 'utf8'))
  process.kill(pid, 'SIGKILL')
  await until(() => isGone(pid), { what: 'dockerd to be gone' })
  // The kernel is asked to end it with dockerd; a dockerd that finds it half dead would wait for it in vain.
  await until(() => isGone(containerd), { what: 'containerd to be gone' })
  // Half gone is enough for another dockerd to believe that it is there.
  for (const left of [file, path.join(folder, 'docker.pid')]) await rm(left, { force: true })
}

/** Also of one that nobody has waited for. */
function isGone(pid: number): boolean {
  if (!existsSync(`/proc/${pid}/stat`)) return true
  return /\) Z /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'))
}

async function mountSmall(place: string, megabytes: number): Promise<void> {
  await mkdir(place)
  await output('mount', ['-t', 'tmpfs', '-o', `size=${megabytes}m`, 'seaworthy', place])
}

async function listenWithTls(folder: string) {
  const certificates = await makeCertificates(folder)
  const port = await freePort()
  const files = [
    `--tlscacert=${certificates.ca}`,
    `--tlscert=${certificates.serverCert}`,
    `--tlskey=${certificates.serverKey}`,
  ]
  return {
    args: [`--host=tcp://127.0.0.1:${port}`, '--tlsverify', ...files],
    tcp: { host: '127.0.0.1', port, certificates },
  }
}

/** A bridge with addresses out of 198.18.0.0/15, which RFC 2544 keeps for tests, so that no real network is hidden. */
async function privateBridge(): Promise<AsyncDisposable & { bridge: string; args: string[] }> {
  const place = await firstFreePlace()
  const name = `seaworthy${place}`
  await output('ip', ['addr', 'add', `198.19.${place}.1/24`, 'dev', name])
  await output('ip', ['link', 'set', name, 'up'])
  return {
    bridge: name,
    args: [`--bridge=${name}`, `--default-address-pool=base=198.18.${place * 8}.0/21,size=24`],
    [Symbol.asyncDispose]: async () => {
      await output('ip', ['link', 'del', name])
    },
  }
}

/** Adding the bridge takes the place: of two daemons that start at once only one can. */
async function firstFreePlace(): Promise<number> {
  let cause: unknown
  for (let place = 0; place < 32; place += 1) {
    try {
      await output('ip', ['link', 'add', 'name', `seaworthy${place}`, 'type', 'bridge'])
      return place
    } catch (error) {
      cause = error
    }
  }
  throw new Error('No test network could be made: are the bridges of broken runs left (ip link)?', { cause })
}

/** Containers and networks would outlive the daemon: processes as orphans, networks as bridges of the machine. */
async function removeEverything(docker: DockerDaemon['docker']): Promise<void> {
  await docker('swarm', 'leave', '--force').catch(() => undefined)
  const containers = (await docker('ps', '--all', '--quiet')).split('\n').filter(Boolean)
  if (containers.length > 0) await docker('rm', '--force', '--volumes', ...containers)
  await docker('network', 'prune', '--force')
}

/** A daemon leaves the network namespace of the host mounted once a container has used it: its folder could not be removed. */
async function unmountAll(folder: string): Promise<void> {
  const places = (await readFile('/proc/self/mounts', 'utf8')).split('\n').map((line) => line.split(' ')[1] ?? '')
  for (const place of places.filter((place) => place.startsWith(`${folder}/`)).reverse()) {
    await output('umount', ['--lazy', place])
  }
}

function ifThere(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EEXIST') throw error
}
