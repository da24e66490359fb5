import assert from 'node:assert/strict'
import { readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { type DockerProxy, startDockerProxy } from '../kit/docker-proxy.ts'
import { type DockerDaemon, type DockerDaemonOptions, startDockerDaemon } from '../kit/parts/docker-daemon.ts'
import { output } from '../kit/parts/program.ts'
import { pushImage } from '../kit/parts/push-image.ts'
import { type Registry, startRegistry } from '../kit/parts/registry.ts'
import { until } from '../kit/parts/until.ts'
import { type RegistryFront, startRegistryFront } from '../kit/registry-front.ts'
import { type Ended, type Seaworthy, seaworthyWith } from '../kit/seaworthy.ts'

// One engine and one registry for a whole file of faults; each fault gets a container, a repository and a database of its own.

/** The place in which faults happen. */
export interface FaultBench extends AsyncDisposable {
  readonly daemon: DockerDaemon
  readonly registry: Registry
  /** What the engine and the program take for the registry. */
  readonly front: RegistryFront
  /** A container `name` that runs version 1, of which version 2 (`next`) is in the registry, and a program that has checked. */
  stage(name: string, next?: Next): Promise<Stage>
}

/** What the images and the container are like. */
export interface Next {
  readonly cmd?: readonly string[]
  readonly config?: Readonly<Record<string, unknown>>
  /** The image that runs before, where it is another than a small web server. */
  readonly old?: { readonly cmd?: readonly string[]; readonly config?: Readonly<Record<string, unknown>> }
  /** Arguments of `docker run` before the image. */
  readonly run?: readonly string[]
  /** It is a service of a compose project of its name, whose file this writes; `run` counts for nothing then. */
  readonly compose?: (reference: string) => string
  /** How long the new one must have been well: `4s`; a moment unless told. */
  readonly soak?: string
  /** Puts the new version into the registry in place of an ordinary image. */
  readonly push?: (repository: string) => Promise<unknown>
  /** The program's folder is a file system of its own that has no more room than this. */
  readonly folderMegabytes?: number
}

export interface Stage extends AsyncDisposable {
  readonly name: string
  readonly reference: string
  readonly daemon: DockerDaemon
  readonly proxy: DockerProxy
  readonly seaworthy: Seaworthy
  /** The container that ran before. */
  readonly oldId: string
  /** Id of the image that it ran. */
  readonly oldImage: string
  /** Runs Compose in the stage's project. */
  compose(...args: string[]): Promise<string>
  /** The project's file. */
  readonly file: string
  /** Runs `seaworthy update`, to its end or its death. */
  update(): Promise<Ended>
  /** Kills whatever command of the program runs, as `kill -9` does. */
  kill(): void
  /** Starts the server and waits until no update is open but those that ask for a person; returns the last one. */
  reconcile(): Promise<StoredUpdate>
  lastUpdate(): StoredUpdate | undefined
  /** Every container of this stage, by name, with whether it runs and from which image. */
  containers(): Promise<StagedContainer[]>
}

export interface StagedContainer {
  readonly name: string
  readonly id: string
  readonly running: boolean
  readonly paused: boolean
  readonly image: string
  readonly restart: string
}

export interface StoredUpdate {
  readonly id: string
  readonly phase: string
  readonly error: string | null
  readonly commands: string
}

export async function startFaultBench(options: DockerDaemonOptions = {}): Promise<FaultBench> {
  await using cleanup = new AsyncDisposableStack()
  const registry = cleanup.use(await startRegistry())
  const front = cleanup.use(await startRegistryFront(registry.address))
  const daemon = cleanup.use(await startDockerDaemon(options))
  const kept = cleanup.move()
  return {
    daemon,
    registry,
    front,
    stage: (name, next = {}) => stage({ daemon, registry, front, name, next }),
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  }
}

interface Staging {
  readonly daemon: DockerDaemon
  readonly registry: Registry
  readonly front: RegistryFront
  readonly name: string
  readonly next: Next
}

const OWN = ['--restart', 'always', '--network', 'none', '--stop-timeout', '5']

async function stage({ daemon, registry, front, name, next }: Staging): Promise<Stage> {
  await using cleanup = new AsyncDisposableStack()
  const reference = `${front.address}/${name}:latest`
  const { cmd, config, old } = next
  await pushImage(registry, name, 'latest', { version: `${name} 1`, runnable: true, ...old })
  await daemon.docker('pull', '--quiet', reference)
  const file = path.join(daemon.folder, `${name}.yml`)
  const compose = (...args: string[]) => daemon.compose('--project-name', name, '--file', file, ...args)
  cleanup.defer(() => removeAll(daemon, name))
  if (next.compose === undefined)
    await daemon.docker('run', '--detach', '--name', name, ...(next.run ?? OWN), reference)
  else {
    await writeFile(file, next.compose(reference))
    await compose('up', '--detach')
  }
  const oldId = (await daemon.docker('inspect', '--format', '{{.Id}}', name)).trim()
  const oldImage = (await daemon.docker('inspect', '--format', '{{.Image}}', oldId)).trim()
  const image = { version: `${name} 2`, runnable: true, ...(cmd && { cmd }), ...(config && { config }) }
  await (next.push?.(name) ?? pushImage(registry, name, 'latest', image))
  const proxy = cleanup.use(await startDockerProxy(daemon.socket))
  const seaworthy = cleanup.use(
    await seaworthyWith(configuration(proxy, next), { DOCKER_CONFIG: daemon.env.DOCKER_CONFIG }),
  )
  if (next.folderMegabytes !== undefined) cleanup.use(await mountSmall(seaworthy.folder, next.folderMegabytes))
  const { code, err } = await seaworthy.run(['check', '--image', reference, '--json'])
  assert.equal(code, 0, err)
  const kept = cleanup.move()
  const lastUpdate = (): StoredUpdate | undefined => readLast(path.join(seaworthy.folder, 'diun.db'))
  return {
    ...{ name, reference, daemon, proxy, seaworthy, oldId, oldImage, compose, file, lastUpdate },
    update: () => seaworthy.run(['update', name]),
    kill: () => seaworthy.killAll(),
    reconcile: () => reconcile(seaworthy, lastUpdate),
    containers: () => listContainers(daemon, name),
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  }
}

function configuration(proxy: DockerProxy, { soak = '300ms' }: Next): string {
  return `
server: { port: PORT, host: 127.0.0.1 }
watch: { schedule: "", runOnStartup: false }
updates:
  gate: { soak: ${soak} }
policies:
  - { name: others, match: { workloads: "*" } }
providers:
  docker: { endpoint: "unix://${proxy.socket}", watchByDefault: true }
`
}

const ENDED = ['committed', 'rolled-back', 'needs-operator']

async function reconcile(seaworthy: Seaworthy, lastUpdate: Stage['lastUpdate']): Promise<StoredUpdate> {
  await using server = await seaworthy.serve()
  const closed = (): StoredUpdate | undefined => {
    const last = lastUpdate()
    return last !== undefined && ENDED.includes(last.phase) ? last : undefined
  }
  try {
    return await until(closed, { what: 'the open update to be closed', timeoutMs: 60_000, everyMs: 50 })
  } catch (error) {
    throw new Error(`${String(error)}: ${JSON.stringify(lastUpdate())}\n${server.log()}`)
  }
}

/** Containers of a stage, by the names that it and its update give. */
function filterOf(name: string): readonly string[] {
  return ['--filter', `name=^${name}(__|$)`]
}

async function removeAll(daemon: DockerDaemon, name: string): Promise<void> {
  const left = (await daemon.docker('ps', '--all', '--quiet', ...filterOf(name))).split('\n').filter(Boolean)
  if (left.length > 0) await daemon.docker('rm', '--force', '--volumes', ...left)
}

interface Inspected {
  readonly Id: string
  readonly Name: string
  readonly Image: string
  readonly State: { readonly Running: boolean; readonly Restarting: boolean; readonly Paused: boolean }
  readonly HostConfig: { readonly RestartPolicy: { readonly Name: string } }
}

async function listContainers(daemon: DockerDaemon, name: string): Promise<StagedContainer[]> {
  const text = await daemon.docker('ps', '--all', '--quiet', '--no-trunc', ...filterOf(name))
  const ids = text.split('\n').filter(Boolean)
  if (ids.length === 0) return []
  const inspected = JSON.parse(await daemon.docker('inspect', ...ids)) as Inspected[]
  return inspected
    .map(({ Id, Name, Image, State, HostConfig }) => ({
      name: Name.slice(1),
      id: Id,
      running: State.Running && !State.Restarting,
      paused: State.Paused,
      image: Image,
      restart: HostConfig.RestartPolicy.Name,
    }))
    .sort((a, b) => (a.name < b.name ? -1 : 1))
}

/** Nothing of the program runs yet that has a file open there but its configuration. */
async function mountSmall(folder: string, megabytes: number): Promise<AsyncDisposable> {
  const file = path.join(folder, 'seaworthy.yml')
  const text = await readFile(file)
  await output('mount', ['-t', 'tmpfs', '-o', `size=${megabytes}m`, 'seaworthy', folder])
  await writeFile(file, text)
  return { [Symbol.asyncDispose]: async () => void (await output('umount', ['--lazy', folder])) }
}

function readLast(file: string): StoredUpdate | undefined {
  const database = new DatabaseSync(file, { readOnly: true })
  try {
    const sql = 'select id, phase, error, commands from "update" order by started_at desc limit 1'
    return database.prepare(sql).get() as StoredUpdate | undefined
  } finally {
    database.close()
  }
}
