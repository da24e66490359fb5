import assert from 'node:assert/strict'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import type { UpdateReport } from '../../src/engine/rollout/types.ts'
import { type DockerProxy, startDockerProxy } from '../kit/docker-proxy.ts'
import { startDockerDaemon } from '../kit/parts/docker-daemon.ts'
import { type PushOptions, pushImage } from '../kit/parts/push-image.ts'
import { type Ended, seaworthyWith } from '../kit/seaworthy.ts'
import { benchOf, type Ground, ground } from './_bench.ts'
import type { Bench, Inspect } from './_case.ts'

/** Where one case is played: a bench, with images, compose projects and programs that go with it. */
export interface Stage extends Bench, AsyncDisposable {
  /** Puts a version into the registry, under `latest` unless told. Returns its digest. */
  push(version: string, options?: PushOptions & { readonly tag?: string }): Promise<string>
  /** Pushes version `one` and pulls it. */
  begin(options?: PushOptions): Promise<void>
  /** The version that a container runs. */
  version(container?: string): Promise<string>
  /** Lays out a compose project and brings it up; in its files `IMAGE` stands for the case's repository. */
  project(files: Readonly<Record<string, string>>, options?: ProjectOptions): Promise<Project>
  /** A program with a configuration and a database of its own. */
  program(options?: ProgramOptions): Promise<Program>
  /** Stands between an engine and a program. */
  proxy(): Promise<DockerProxy>
  /** The same stage on an engine that is started with more arguments. */
  elsewhere(...args: readonly string[]): Promise<Stage>
}

export interface ProjectOptions {
  /** Those that are named to compose; `compose.yml` unless told. */
  readonly files?: readonly string[]
  /** Further arguments of `up`. */
  readonly up?: readonly string[]
}

export interface Project {
  readonly name: string
  readonly folder: string
  at(file: string): string
  read(file: string): Promise<string>
  /** Runs compose on it, as its owner would. */
  compose(...args: readonly string[]): Promise<string>
  up(): Promise<string>
  /** Ids and names of all its containers. */
  containers(): Promise<string[]>
  /** Throws unless `docker compose up -d` leaves every container as it is. */
  expectSettled(): Promise<void>
}

export interface ProgramOptions {
  /** YAML lines under `updates`. */
  readonly updates?: string
  /** Of the engine, as the program sees it. */
  readonly socket?: string
}

export interface Program {
  run(...args: readonly string[]): Promise<Ended>
  /** Asks the registry about an image that is in use: the case's own unless told. */
  check(reference?: string): Promise<void>
  /** Updates containers that are known to have something newer; `--all` is taken too. */
  update(...names: readonly string[]): Promise<Told>
}

/** What `seaworthy update` said. */
export interface Told {
  readonly code: number | null
  readonly updates: readonly UpdateReport[]
  readonly refused: readonly { readonly workload: string; readonly reason: string }[]
  /** Everything, for a message. */
  readonly text: string
}

/** Opens the stage of a case; everything it has made goes with it. */
export async function openStage(on: Ground, id: string): Promise<Stage> {
  const bench = benchOf(on, id)
  const { daemon, registry, name, image } = bench
  const parts = new AsyncDisposableStack()
  const stage: Stage = {
    ...bench,
    async push(version, { tag = 'latest', ...options } = {}) {
      const made = { version: `${name} ${version}`, runnable: true, ...options }
      return (await pushImage(registry, `case/${name}`, tag, made)).digest
    },
    async begin(options) {
      await stage.push('one', options)
      await daemon.docker('pull', '--quiet', image)
    },
    async version(container = name) {
      return (await bench.exec(container, 'cat', '/www/version')).trim().replace(`${name} `, '')
    },
    project: (files, options) => openProject(bench, files, options),
    program: async (options = {}) => {
      const settings = { socket: daemon.socket, updates: '', ...options }
      return parts.use(await openProgram(bench, settings))
    },
    proxy: async () => parts.use(await startDockerProxy(daemon.socket)),
    async elsewhere(...args) {
      const other = parts.use(await startDockerDaemon({ engine: bench.engine, args }))
      await other.compose('version')
      return parts.use(await openStage(ground(bench.engine, other, registry), id))
    },
    async [Symbol.asyncDispose]() {
      await daemon.compose('-p', name, 'down', '--timeout', '0', '--volumes', '--remove-orphans')
      const filter = `name=^/?${name}(-|_|$)`
      const left = (await daemon.docker('ps', '--all', '--quiet', '--filter', filter)).split('\n').filter(Boolean)
      if (left.length > 0) await daemon.docker('rm', '--force', '--volumes', ...left)
      await parts.disposeAsync()
    },
  }
  return stage
}

/** The one update that was asked for, of which `phase` is the end. */
export function ended(told: Told, phase: string): UpdateReport {
  const [report, ...more] = told.updates
  assert.ok(report !== undefined && more.length === 0, told.text)
  assert.equal(report.update.phase, phase, told.text)
  return report
}

/** Throws unless the container is the very one that it was: its name, policy and addresses, and it runs. */
export function expectSame(before: Inspect, after: Inspect, message: string): void {
  const shown = ({ Id, Name, Image, State, HostConfig, NetworkSettings }: Inspect) => ({
    ...{ Id, Name, Image, status: State.Status, policy: HostConfig.RestartPolicy, mode: HostConfig.NetworkMode },
    addresses: Object.entries(NetworkSettings.Networks).map(([network, { IPAddress }]) => [network, IPAddress]),
  })
  assert.deepEqual(shown(after), shown(before), message)
}

async function openProject(
  { daemon, name, image }: Bench,
  files: Readonly<Record<string, string>>,
  { files: named = ['compose.yml'], up = [] }: ProjectOptions = {},
): Promise<Project> {
  const folder = path.join(daemon.folder, name)
  const at = (file: string) => path.join(folder, file)
  for (const [file, text] of Object.entries(files)) {
    await mkdir(path.dirname(at(file)), { recursive: true })
    await writeFile(at(file), text.replaceAll('IMAGE', image.replace(/:latest$/, '')))
  }
  const base = ['-p', name, '--project-directory', folder, ...named.flatMap((file) => ['-f', at(file)])]
  const compose = (...args: readonly string[]) => daemon.compose(...base, ...args)
  const containers = async () => {
    const filter = `label=com.docker.compose.project=${name}`
    const list = await daemon.docker('ps', '-a', '--no-trunc', '--format', '{{.Names}} {{.ID}}', '--filter', filter)
    return list.trim().split('\n').sort()
  }
  const project: Project = {
    ...{ name, folder, at, compose, containers },
    read: (file) => readFile(at(file), 'utf8'),
    up: () => compose('up', '-d', '--quiet-pull', ...up),
    async expectSettled() {
      const before = await containers()
      await project.up()
      assert.deepEqual(await containers(), before, 'docker compose up -d made containers anew')
    },
  }
  await project.up()
  return project
}

async function openProgram(
  { daemon, image }: Bench,
  { socket, updates }: Required<ProgramOptions>,
): Promise<Program & AsyncDisposable> {
  const configuration = `
server: { port: PORT, host: 127.0.0.1 }
watch: { schedule: "", jitter: 0s }
providers:
  docker: { endpoint: "unix://${socket}", watchByDefault: true, watchStopped: true }
updates:
  gate: { soak: 500ms }
${updates}
`
  const seaworthy = await seaworthyWith(configuration, { DOCKER_CONFIG: daemon.env.DOCKER_CONFIG })
  return {
    run: (...args) => seaworthy.run(args),
    async check(reference = image) {
      const { code, out, err } = await seaworthy.run(['check', '--image', reference, '--json'])
      assert.equal(code, 0, `${err}${out}`)
    },
    async update(...names) {
      const { code, out, err } = await seaworthy.run(['update', ...names, '--json'])
      const text = `exit code ${code}\n${err}`
      if (!out.trim().startsWith('{')) return { code, updates: [], refused: [], text: `${text}${out}` }
      const { updates, refused } = JSON.parse(out) as Pick<Told, 'updates' | 'refused'>
      const ends = updates.map(({ update: { plan, phase, error, commands } }) => {
        return { name: plan.name, updater: plan.updater, notes: plan.notes, phase, error, commands }
      })
      return { code, updates, refused, text: `${text}${JSON.stringify({ ends, refused }, undefined, 1)}` }
    },
    [Symbol.asyncDispose]: () => seaworthy[Symbol.asyncDispose](),
  }
}
