import type { DockerAnswer, DockerClient, DockerMethod, DockerRequest } from '../../src/docker/client.ts'
import { DockerError } from '../../src/docker/errors.ts'

/** A container as the engine in memory keeps it: what an inspection shows of it. */
export interface MemoryContainer {
  Id: string
  Name: string
  Image: string
  Config: Record<string, unknown>
  HostConfig: Record<string, unknown>
  NetworkSettings: { Networks: Record<string, Record<string, unknown>> }
  Mounts: Record<string, unknown>[]
  State: Record<string, unknown>
  RestartCount?: number
}

export interface MemoryImage {
  readonly Id: string
  readonly Os: string
  readonly Architecture: string
  readonly Config: Record<string, unknown>
  readonly RepoDigests: readonly string[]
}

/** An engine without processes: containers and images with names and states, and the rules by which Docker refuses. */
export interface MemoryEngine {
  readonly docker: DockerClient
  readonly containers: Map<string, MemoryContainer>
  /** By id. */
  readonly images: Map<string, MemoryImage>
  /** Ids by `name:tag`. */
  readonly tags: Map<string, string>
  /** Images that a registry has, by `name@digest`. */
  readonly registry: Map<string, MemoryImage>
  /** What changed anything, in order: `POST /containers/web/rename`. */
  readonly changes: string[]
  /** Called before every call that changes something. What it throws the caller gets, and nothing is changed. */
  before: (call: string) => void
  /** Called after it was done. What it throws the caller gets all the same. */
  after: (call: string) => void
  /** Images whose containers end at once, and are started again and again. */
  readonly broken: Set<string>
}

export function memoryEngine(): MemoryEngine {
  const engine: Omit<MemoryEngine, 'docker'> = {
    containers: new Map(),
    images: new Map(),
    tags: new Map(),
    registry: new Map(),
    changes: [],
    before: () => {},
    after: () => {},
    broken: new Set(),
  }
  const request = async (method: DockerMethod, path: string, options: DockerRequest = {}): Promise<DockerAnswer> => {
    options.signal?.throwIfAborted()
    const call = `${method} ${path}`
    if (method === 'GET') return answerTo(look(engine, path, options))
    self.before(call)
    const body = change(engine, method, { path, options })
    engine.changes.push(call)
    self.after(call)
    return answerTo(body)
  }
  const docker: DockerClient = {
    endpoint: 'memory',
    version: async () => '1.51',
    request,
    async stream(method, path, options) {
      await request(method, path, options)
      return { status: 200, headers: {}, chunks: nothing() }
    },
    [Symbol.asyncDispose]: async () => {},
  }
  const self = Object.assign(engine, { docker })
  return self
}

type Engine = Omit<MemoryEngine, 'docker'>

async function* nothing(): AsyncGenerator<Uint8Array, void> {}

function answerTo(body: unknown): DockerAnswer {
  // What is handed out is a picture of the moment.
  return { status: 200, headers: {}, body: structuredClone(body) }
}

function look(engine: Engine, path: string, { query = {} }: DockerRequest): unknown {
  if (path === '/containers/json') {
    const labels = (query.filters as { label?: string[] } | undefined)?.label ?? []
    return [...engine.containers.values()]
      .filter(({ Config }) => labels.every((label) => hasLabel(Config, label)))
      .map(({ Id, Image }) => ({ Id, ImageID: Image }))
  }
  const container = /^\/containers\/([^/]+)\/json$/.exec(path)?.[1]
  if (container !== undefined) return findContainer(engine, container)
  const image = /^\/images\/(.+)\/json$/.exec(path)?.[1]
  if (image !== undefined) return findImage(engine, image)
  if (path.endsWith('/logs')) return ''
  throw refused(404, path)
}

function change(engine: Engine, method: string, { path, options }: { path: string; options: DockerRequest }): unknown {
  const { query = {}, body } = options
  if (path === '/images/create') return pull(engine, `${String(query.fromImage)}@${String(query.tag)}`)
  if (path === '/containers/create') return create(engine, String(query.name), body as Record<string, unknown>)
  const [, kind, name, what = method] =
    /^\/(containers|images)\/(.+?)(?:\/(tag|rename|update|start|stop|pause))?$/.exec(path)!
  if (kind === 'images')
    return what === 'tag'
      ? void engine.tags.set(`${String(query.repo)}:${String(query.tag)}`, findImage(engine, name!).Id)
      : untag(engine, name!)
  const container = findContainer(engine, decodeURIComponent(name!))
  return CHANGES[what]!(engine, container, { query, body })
}

type Change = (engine: Engine, container: MemoryContainer, asked: { query: object; body: unknown }) => unknown

const CHANGES: Readonly<Record<string, Change>> = {
  rename(engine, container, { query }) {
    const { name } = query as { name: string }
    refuseTaken(engine, name)
    container.Name = `/${name}`
  },
  update(_, { HostConfig }, { body }) {
    Object.assign(HostConfig, body)
  },
  stop(_, { State }) {
    Object.assign(State, { Running: false, Status: 'exited', ExitCode: 0 })
  },
  start(engine, container) {
    const address = [...engine.containers.values()].find(
      ({ Id, State, HostConfig }) =>
        Id !== container.Id && State.Running === true && String(HostConfig.Port) === String(container.HostConfig.Port),
    )
    if (address !== undefined) throw refused(500, 'port is already allocated')
    const isBroken = engine.broken.has(container.Image)
    const now = new Date().toISOString()
    // As a restart policy has it: between two tries it counts as running.
    if (isBroken) container.RestartCount = 2
    Object.assign(container.State, {
      Running: true,
      Restarting: isBroken,
      Status: isBroken ? 'restarting' : 'running',
      ExitCode: isBroken ? 1 : 0,
      StartedAt: now,
    })
  },
  pause(_, { State }) {
    Object.assign(State, { Paused: true, Status: 'paused' })
  },
  DELETE(engine, container) {
    engine.containers.delete(container.Id)
  },
}

function create(engine: Engine, name: string, body: Record<string, unknown>): { Id: string } {
  refuseTaken(engine, name)
  const { HostConfig, NetworkingConfig, ...Config } = body
  const Id = String(engine.changes.length + 1).padStart(64, 'c')
  const { EndpointsConfig = {} } = (NetworkingConfig ?? {}) as { EndpointsConfig?: Record<string, object> }
  engine.containers.set(Id, {
    Id,
    Name: `/${name}`,
    Image: findImage(engine, String(Config.Image)).Id,
    Config: structuredClone(Config),
    HostConfig: structuredClone(HostConfig as Record<string, unknown>),
    NetworkSettings: { Networks: structuredClone(EndpointsConfig) as Record<string, Record<string, unknown>> },
    Mounts: [],
    State: { Status: 'created', Running: false, StartedAt: '0001-01-01T00:00:00Z' },
  })
  return { Id }
}

function pull(engine: Engine, name: string): void {
  const image = engine.registry.get(name)
  if (image === undefined) throw refused(404, `manifest for ${name} not found`)
  engine.images.set(image.Id, image)
}

function untag(engine: Engine, name: string): void {
  const id = engine.tags.get(name)
  if (id === undefined) throw refused(404, name)
  const isLast = [...engine.tags.values()].filter((other) => other === id).length === 1
  const isUsed = [...engine.containers.values()].some(({ Image }) => Image === id)
  if (isLast && isUsed && engine.images.get(id)!.RepoDigests.length === 0) throw refused(409, 'image is being used')
  engine.tags.delete(name)
}

function findContainer({ containers }: Engine, name: string): MemoryContainer {
  const found = containers.get(name) ?? [...containers.values()].find(({ Name }) => Name === `/${name}`)
  if (found === undefined) throw refused(404, `No such container: ${name}`)
  return found
}

function findImage({ images, tags }: Engine, name: string): MemoryImage {
  const found =
    images.get(tags.get(name) ?? name) ?? [...images.values()].find(({ RepoDigests }) => RepoDigests.includes(name))
  if (found === undefined) throw refused(404, `No such image: ${name}`)
  return found
}

function refuseTaken({ containers }: Engine, name: string): void {
  const isTaken = [...containers.values()].some(({ Name }) => Name === `/${name}`)
  if (isTaken) throw refused(409, `The container name "/${name}" is already in use`)
}

function hasLabel({ Labels }: Record<string, unknown>, label: string): boolean {
  const [name = '', value] = label.split('=')
  const labels = (Labels ?? {}) as Record<string, string>
  return name in labels && (value === undefined || labels[name] === value)
}

function refused(status: number, message: string): DockerError {
  return new DockerError('answer', message, { endpoint: 'memory', method: 'POST', path: '/', status })
}
