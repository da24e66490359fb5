import http from 'node:http'
import net from 'node:net'
import path from 'node:path'

/** One call that was made through the tap, as it came. */
export interface Call {
  readonly method: string
  /** With the version and the query. */
  readonly path: string
  /** Of bodies in JSON; empty for others. */
  readonly body: string
}

/** A socket in front of an engine's: everything goes through, every call is written down. */
export interface DockerTap extends AsyncDisposable {
  readonly socket: string
  readonly calls: readonly Call[]
}

export interface TapOptions {
  readonly socket: string
  /** Where the tap's own socket goes. */
  readonly folder: string
  /** Changes the answers to GET requests whose path matches; as text, so that every other byte stays. */
  readonly rewrite?: { readonly path: RegExp; readonly answer: (text: string) => string }
}

/** Opens the tap; hijacked connections (exec, attach) pass through untouched. */
export async function startDockerTap(options: TapOptions): Promise<DockerTap> {
  const socket = path.join(options.folder, 'tap.sock')
  const calls: Call[] = []
  const open = new Set<net.Socket>()
  const server = http.createServer((request, response) => {
    void pass(request, response, options, calls).catch(() => response.destroy())
  })
  server.on('connection', (connection) => {
    open.add(connection)
    connection.once('close', () => open.delete(connection))
  })
  server.on('upgrade', (request, client: net.Socket, head) => {
    calls.push({ method: request.method ?? '', path: request.url ?? '', body: '' })
    hijack(request, client, head, options.socket)
  })
  await new Promise<void>((resolve) => server.listen(socket, resolve))
  return {
    socket,
    calls,
    [Symbol.asyncDispose]: async () => {
      for (const connection of open) connection.destroy()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

async function pass(
  request: http.IncomingMessage,
  response: http.ServerResponse,
  { socket, rewrite }: TapOptions,
  calls: Call[],
): Promise<void> {
  const isJson = request.headers['content-type']?.startsWith('application/json') ?? false
  const body = isJson ? await text(request) : ''
  const call = { method: request.method ?? '', path: request.url ?? '', body }
  calls.push(call)
  const headers = { ...request.headers }
  if (isJson) headers['content-length'] = String(Buffer.byteLength(body))
  delete headers['transfer-encoding']
  const onward = http.request({ socketPath: socket, method: call.method, path: call.path, headers, agent: false })
  onward.on('error', () => response.destroy())
  response.on('close', () => onward.destroy())
  const change = call.method === 'GET' && rewrite?.path.test(call.path) ? rewrite.answer : undefined
  onward.on('response', (answer) => void give(answer, response, change))
  if (isJson) onward.end(body)
  else request.pipe(onward)
}

async function give(
  answer: http.IncomingMessage,
  response: http.ServerResponse,
  change: ((text: string) => string) | undefined,
): Promise<void> {
  const { 'transfer-encoding': _, ...headers } = answer.headers
  answer.on('error', () => response.destroy())
  if (change !== undefined) {
    const changed = change(await text(answer))
    response.writeHead(answer.statusCode ?? 500, { ...headers, 'content-length': Buffer.byteLength(changed) })
    response.end(changed)
    return
  }
  response.writeHead(answer.statusCode ?? 500, headers)
  // The head of an event stream must not wait for its first event.
  response.flushHeaders()
  answer.pipe(response)
}

function hijack(request: http.IncomingMessage, client: net.Socket, head: Buffer, socket: string): void {
  const engine = net.connect(socket, () => {
    const headers = pairs(request.rawHeaders).map(([name, value]) => `${name}: ${value}\r\n`)
    engine.write(`${request.method} ${request.url} HTTP/1.1\r\n${headers.join('')}\r\n`)
    engine.write(head)
    client.pipe(engine).pipe(client)
  })
  client.on('error', () => engine.destroy())
  engine.on('error', () => client.destroy())
}

function pairs(raw: readonly string[]): [string, string][] {
  return raw.flatMap((name, place) => (place % 2 === 0 ? [[name, raw[place + 1] ?? '']] : []))
}

async function text(stream: http.IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of stream) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks).toString()
}
