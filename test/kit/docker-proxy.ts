import { existsSync } from 'node:fs'
import http, { type IncomingMessage, type ServerResponse } from 'node:http'
import path from 'node:path'
import { pipeline } from 'node:stream/promises'
import { temporaryFolder } from './parts/program.ts'

/** A call to the engine as it passes. */
export interface PassingCall {
  readonly method: string
  /** Without version, with its query: `/containers/abc/rename?name=web`. */
  readonly path: string
  /** Of the API, as the caller wrote it: `1.41`; undefined when the path begins without one. */
  readonly version?: string | undefined
}

/** An answer in place of the engine's. */
export interface OwnAnswer {
  readonly status: number
  readonly body: string
  readonly headers?: Readonly<Record<string, string>>
}

/** What happens to some calls. The first rule that fits counts. */
export interface ProxyRule {
  fits(call: PassingCall): boolean
  /** Before the engine sees the call: answer it here, break the connection (`'reset'`), or let it pass when nothing is returned. */
  before?(call: PassingCall): Promise<OwnAnswer | 'reset' | undefined>
  /** After the engine has done it and before its answer is passed on. */
  after?(call: PassingCall): Promise<'reset' | undefined>
  /** What the caller gets in place of the engine's answer, of a call that is answered whole. */
  rewrite?(body: string): string
  /** What the engine is asked in place of the caller's path and query. */
  redirect?(url: string): string
}

/** Stands before an engine, sees every call, and misbehaves where it is told to. */
export interface DockerProxy extends AsyncDisposable {
  readonly socket: string
  /** Calls that came through, in order. */
  readonly seen: PassingCall[]
  /** Rules that hold from now on. */
  rules: ProxyRule[]
}

/** Starts one before the engine at `engine`, the path of its socket. */
export async function startDockerProxy(engine: string): Promise<DockerProxy> {
  const folder = await temporaryFolder('proxy')
  const socket = path.join(folder.path, 'docker.sock')
  const seen: PassingCall[] = []
  const proxy = { socket, seen, rules: [] as ProxyRule[] }
  const server = http.createServer((request, response) => {
    pass(proxy, { engine, request, response }).catch(() => response.destroy())
  })
  // Attached calls (exec) change the connection to a stream of their own; the two sides are joined as they are.
  server.on('upgrade', (request, client, head) => {
    const upstream = http.request({
      socketPath: engine,
      method: request.method,
      path: request.url,
      headers: request.headers,
    })
    upstream.on('upgrade', (answer, engineSide) => {
      const lines = Object.entries(answer.headers).map(([name, value]) => `${name}: ${String(value)}`)
      client.write(`HTTP/1.1 101 UPGRADED\r\n${lines.join('\r\n')}\r\n\r\n`)
      engineSide.pipe(client).on('error', () => {})
      client.pipe(engineSide).on('error', () => {})
    })
    upstream.on('error', () => client.destroy())
    upstream.end(head)
  })
  await new Promise<void>((resolve) => server.listen(socket, resolve))
  return Object.assign(proxy, {
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
      if (existsSync(folder.path)) await folder[Symbol.asyncDispose]()
    },
  })
}

interface Passing {
  readonly engine: string
  readonly request: IncomingMessage
  readonly response: ServerResponse
}

async function pass(proxy: Pick<DockerProxy, 'seen' | 'rules'>, { engine, request, response }: Passing): Promise<void> {
  const url = request.url ?? ''
  const [, version] = /^\/v(\d+\.\d+)\//.exec(url) ?? []
  const call = { method: request.method ?? 'GET', path: url.replace(/^\/v\d+\.\d+/, ''), version }
  const body = await readWhole(request)
  const rule = proxy.rules.find(({ fits }) => fits(call))
  const own = await rule?.before?.(call)
  if (own === 'reset') return void request.socket.destroy()
  if (own !== undefined)
    return void response.writeHead(own.status, { 'content-type': 'application/json', ...own.headers }).end(own.body)
  proxy.seen.push(call)
  const upstream = http.request({
    socketPath: engine,
    method: request.method,
    path: rule?.redirect?.(url) ?? url,
    headers: { ...request.headers, 'content-length': String(body.length) },
  })
  response.on('close', () => upstream.destroy())
  upstream.end(body)
  const answer = await new Promise<IncomingMessage>((resolve, reject) => {
    upstream.once('response', resolve).once('error', reject)
  })
  if (rule?.after === undefined && rule?.rewrite === undefined) {
    response.writeHead(answer.statusCode ?? 502, answer.headers).flushHeaders()
    // An engine that goes away in the middle of an answer breaks the caller's connection, too.
    return await pipeline(answer, response)
  }
  const whole = await readWhole(answer)
  if ((await rule.after?.(call)) === 'reset') return void request.socket.destroy()
  const { 'transfer-encoding': _, 'content-length': __, ...headers } = answer.headers
  const text = rule.rewrite === undefined ? whole : Buffer.from(rule.rewrite(whole.toString()))
  response.writeHead(answer.statusCode ?? 502, headers).end(text)
}

async function readWhole(stream: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of stream) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks)
}
