import { mkdtemp, rm } from 'node:fs/promises'
import http from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import os from 'node:os'
import path from 'node:path'

/** What the double's list says about a container; the rest is filled in. */
export interface DoubleContainer {
  Id: string
  Names: string[] | null
  Image: string
  ImageID: string
  State?: string
  Labels?: Record<string, string> | null
  [field: string]: unknown
}

export interface DoubleOptions {
  /** Listens on a free TCP port rather than on a socket file. */
  readonly tcp?: boolean
  readonly apiVersion?: string
}

/** A stand-in for the Docker Engine: what it knows can be changed while it runs. */
export interface DockerDouble extends AsyncDisposable {
  readonly endpoint: string
  /** The folder of the socket, for other files of the test. */
  readonly folder: string
  containers: DoubleContainer[]
  /** What `GET /images/ID/json` gives. */
  images: Record<string, object>
  /** What `GET /containers/ID/json` gives. */
  inspections: Record<string, object>
  /** Paths (without version) that begin so are answered with this status and body. */
  refuse: Record<string, { status: number; body: string }>
  /** `METHOD /path?query`, as they came. */
  readonly requests: string[]
  readonly connections: () => number
  /** How many event streams are open. */
  readonly streams: () => number
  /** Sends text to all open event streams. */
  emit(text: string): void
  /** Cuts that many coming requests on connections that were used before, as an engine does that tires of them. */
  closeNextAnswers(count: number): void
  /** Ends all event streams as a proxy does that has a time limit. */
  endStreams(): void
  /** Stops listening and cuts every connection, keeping the address. */
  stop(): Promise<void>
  start(): Promise<void>
}

/** Starts it in a temporary folder; disposing stops and removes it. */
export async function startDockerDouble(options: DoubleOptions = {}): Promise<DockerDouble> {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'docker-double-'))
  const sockets = new Set<Socket>()
  const streams = new Set<http.ServerResponse>()
  const used = new WeakSet<Socket>()
  let toClose = 0
  let connections = 0
  let port = 0
  let server: http.Server | undefined
  function cut(socket: Socket): boolean {
    const isDue = toClose > 0 && used.has(socket)
    used.add(socket)
    if (isDue) {
      toClose--
      socket.destroy()
    }
    return isDue
  }
  const double: DockerDouble = {
    get endpoint() {
      return options.tcp ? `tcp://localhost:${port}` : `unix://${folder}/docker.sock`
    },
    folder,
    containers: [],
    images: {},
    inspections: {},
    refuse: {},
    requests: [],
    connections: () => connections,
    streams: () => streams.size,
    emit(text) {
      for (const stream of streams) stream.write(text)
    },
    closeNextAnswers(count) {
      toClose = count
    },
    endStreams() {
      for (const stream of streams) stream.end()
    },
    async start() {
      const answer = (request: http.IncomingMessage, response: http.ServerResponse) =>
        cut(request.socket) || serve(double, { request, response, streams, apiVersion: options.apiVersion ?? '1.51' })
      const created = http.createServer(answer)
      server = created
      created.on('connection', (socket: Socket) => {
        connections++
        sockets.add(socket)
        socket.on('close', () => sockets.delete(socket))
      })
      await new Promise<void>((resolve) =>
        options.tcp ? created.listen(port, 'localhost', resolve) : created.listen(`${folder}/docker.sock`, resolve),
      )
      if (options.tcp) port = (created.address() as AddressInfo).port
    },
    async stop() {
      const closed = new Promise((resolve) => (server ? server.close(resolve) : resolve(undefined)))
      for (const socket of sockets) socket.destroy()
      await closed
      server = undefined
    },
    async [Symbol.asyncDispose]() {
      await double.stop()
      await rm(folder, { recursive: true, force: true })
    },
  }
  await double.start()
  return double
}

interface Call {
  readonly request: http.IncomingMessage
  readonly response: http.ServerResponse
  readonly streams: Set<http.ServerResponse>
  readonly apiVersion: string
}

function serve(double: DockerDouble, { request, response, streams, apiVersion }: Call): void {
  const url = new URL(request.url ?? '/', 'http://double')
  const target = url.pathname.replace(/^\/v\d+\.\d+/, '')
  double.requests.push(`${request.method} ${decodeURIComponent(request.url ?? '')}`)
  const refused = Object.entries(double.refuse).find(([prefix]) => target.startsWith(prefix))?.[1]
  if (refused !== undefined) {
    response.writeHead(refused.status).end(refused.body)
    return
  }
  if (target === '/_ping') {
    response.writeHead(200, { 'api-version': apiVersion }).end('OK')
    return
  }
  if (target === '/events') {
    streams.add(response)
    response.on('close', () => streams.delete(response))
    response.writeHead(200, { 'content-type': 'application/json' }).flushHeaders()
    return
  }
  const body = bodyFor(double, target, { all: url.searchParams.get('all') === 'true', apiVersion })
  response.writeHead(body === undefined ? 404 : 200, { 'content-type': 'application/json' })
  response.end(JSON.stringify(body ?? { message: `No such thing: ${target}` }))
}

const RUNNING = new Set(['running', 'paused', 'restarting'])

function bodyFor(double: DockerDouble, target: string, { all, apiVersion }: { all: boolean; apiVersion: string }) {
  if (target === '/version') return { ApiVersion: apiVersion, Os: 'linux', Arch: 'arm64' }
  if (target === '/containers/json')
    return double.containers
      .map((container) => ({ Command: 'run', Created: 0, State: 'running', Status: 'Up', Labels: {}, ...container }))
      .filter(({ State }) => all || RUNNING.has(State))
  const [, family, id = ''] = /^\/(images|containers)\/(.+)\/json$/.exec(target) ?? []
  if (family === 'images') return double.images[decodeURIComponent(id)]
  return family === 'containers' ? double.inspections[decodeURIComponent(id)] : undefined
}
