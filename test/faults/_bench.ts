import assert from 'node:assert/strict'
import path from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { type DockerProxy, startDockerProxy } from '../kit/docker-proxy.ts'
import { type DockerDaemon, startDockerDaemon } from '../kit/parts/docker-daemon.ts'
import { pushImage } from '../kit/parts/push-image.ts'
import { type Registry, startRegistry } from '../kit/parts/registry.ts'
import { until } from '../kit/parts/until.ts'
import { type Seaworthy, seaworthyWith } from '../kit/seaworthy.ts'

// One engine and one registry for a whole file of faults; each fault gets a container, a repository and a database of its own.

/** The place in which faults happen. */
export interface FaultBench extends AsyncDisposable {
  readonly daemon: DockerDaemon
  readonly registry: Registry
  /** A container `name` that runs version 1, of which version 2 (`next`) is in the registry, and a program that has checked. */
  stage(name: string, next?: Next): Promise<Stage>
}

/** What the new image is like. */
export interface Next {
  readonly cmd?: readonly string[]
  readonly config?: Readonly<Record<string, unknown>>
  /** Arguments of `docker run` before the image. */
  readonly run?: readonly string[]
  /** More of the program's configuration: YAML lines under `updates`. */
  readonly updates?: string
}

export interface Stage extends AsyncDisposable {
  readonly name: string
  readonly reference: string
  readonly proxy: DockerProxy
  readonly seaworthy: Seaworthy
  /** The container that ran before. */
  readonly oldId: string
  /** Id of the image that it ran. */
  readonly oldImage: string
  /** Runs `seaworthy update`, to its end or its death. */
  update(): Promise<{ code: number | null; out: string; err: string }>
  /** Kills whatever command of the program runs, as `kill -9` does. */
  kill(): void
  /** Starts the server and waits until no update is open but those that ask for a person; returns the last one. */
  reconcile(): Promise<StoredUpdate>
  lastUpdate(): StoredUpdate | undefined
  /** Every container of this stage, by name, with whether it runs and from which image. */
  containers(): Promise<{ name: string; id: string; running: boolean; image: string; restart: string }[]>
}

export interface StoredUpdate {
  readonly id: string
  readonly phase: string
  readonly error: string | null
  readonly commands: string
}

export async function startFaultBench(): Promise<FaultBench> {
  await using cleanup = new AsyncDisposableStack()
  const registry = cleanup.use(await startRegistry())
  const daemon = cleanup.use(await startDockerDaemon())
  const kept = cleanup.move()
  return {
    daemon,
    registry,
    stage: (name, next = {}) => stage({ daemon, registry, name, next }),
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  }
}

interface Staging {
  readonly daemon: DockerDaemon
  readonly registry: Registry
  readonly name: string
  readonly next: Next
}

async function stage({ daemon, registry, name, next }: Staging): Promise<Stage> {
  await using cleanup = new AsyncDisposableStack()
  const reference = `${registry.address}/${name}:latest`
  await pushImage(registry, name, 'latest', { version: `${name} 1`, runnable: true })
  await daemon.docker('pull', '--quiet', reference)
  const own = next.run ?? ['--restart', 'always', '--network', 'none']
  const oldId = (await daemon.docker('run', '--detach', '--name', name, ...own, reference)).trim()
  const oldImage = (await daemon.docker('inspect', '--format', '{{.Image}}', oldId)).trim()
  const { cmd, config } = next
  await pushImage(registry, name, 'latest', {
    version: `${name} 2`,
    runnable: true,
    ...(cmd && { cmd }),
    ...(config && { config }),
  })
  const proxy = cleanup.use(await startDockerProxy(daemon.socket))
  const seaworthy = cleanup.use(
    await seaworthyWith(`
server: { port: PORT, host: 127.0.0.1 }
watch: { schedule: "", runOnStartup: false }
updates:
  gate: { soak: 300ms }
${next.updates ?? ''}
policies:
  - { name: others, match: { workloads: "*" } }
providers:
  docker: { endpoint: "unix://${proxy.socket}", watchByDefault: true }
`),
  )
  const { code, err } = await seaworthy.run(['check', '--image', reference, '--json'])
  assert.equal(code, 0, err)
  cleanup.defer(async () => {
    const left = (await daemon.docker('ps', '--all', '--quiet', '--filter', `name=^${name}(__|$)`))
      .split('\n')
      .filter(Boolean)
    if (left.length > 0) await daemon.docker('rm', '--force', '--volumes', ...left)
  })
  const kept = cleanup.move()
  const lastUpdate = (): StoredUpdate | undefined => readLast(path.join(seaworthy.folder, 'diun.db'))
  return {
    name,
    reference,
    proxy,
    seaworthy,
    oldId,
    oldImage,
    lastUpdate,
    update: () => seaworthy.run(['update', name]),
    kill: () => seaworthy.killAll(),
    async reconcile() {
      await using server = await seaworthy.serve()
      const closed = (): StoredUpdate | undefined => {
        const last = lastUpdate()
        return last !== undefined && ['committed', 'rolled-back', 'needs-operator'].includes(last.phase)
          ? last
          : undefined
      }
      try {
        return await until(closed, { what: 'the open update to be closed', timeoutMs: 60_000, everyMs: 50 })
      } catch (error) {
        throw new Error(`${String(error)}: ${JSON.stringify(lastUpdate())}\n${server.log()}`)
      }
    },
    async containers() {
      const text = await daemon.docker('ps', '--all', '--quiet', '--no-trunc', '--filter', `name=^${name}(__|$)`)
      const ids = text.split('\n').filter(Boolean)
      if (ids.length === 0) return []
      const inspected = JSON.parse(await daemon.docker('inspect', ...ids)) as Inspected[]
      return inspected
        .map(({ Id, Name, Image, State, HostConfig }) => ({
          name: Name.slice(1),
          id: Id,
          running: State.Running && !State.Restarting,
          image: Image,
          restart: HostConfig.RestartPolicy.Name,
        }))
        .sort((a, b) => (a.name < b.name ? -1 : 1))
    },
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  }
}

interface Inspected {
  readonly Id: string
  readonly Name: string
  readonly Image: string
  readonly State: { readonly Running: boolean; readonly Restarting: boolean }
  readonly HostConfig: { readonly RestartPolicy: { readonly Name: string } }
}

/** What a fault may leave behind: one container under its name that runs, with its policy, and a journal that is closed. */
export async function assertServes(staged: Stage, update: StoredUpdate): Promise<void> {
  const containers = await staged.containers()
  const seen = JSON.stringify({ update, containers }, undefined, 1)
  assert.deepEqual(
    containers.map(({ name }) => name),
    [staged.name],
    seen,
  )
  const [only] = containers
  assert.ok(only!.running, seen)
  assert.equal(only!.restart, 'always', seen)
  assert.ok(['committed', 'rolled-back'].includes(update.phase), seen)
  if (update.phase === 'rolled-back') assert.equal(only!.id, staged.oldId, seen)
  else assert.notEqual(only!.image, staged.oldImage, seen)
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
