import http, { type IncomingMessage, type ServerResponse } from 'node:http'
import { setTimeout as wait } from 'node:timers/promises'

/** A request to the registry as it passes. */
export interface RegistryCall {
  readonly method: string
  /** `/v2/web/manifests/latest`. */
  readonly path: string
}

/** What happens to some requests. The first rule that fits counts. */
export interface FrontRule {
  fits(call: RegistryCall): boolean
  /** Answers in place of the registry. */
  readonly answer?: {
    readonly status: number
    readonly headers?: Readonly<Record<string, string>>
    readonly body?: string
  }
  /** Passes so many bytes of the registry's answer on, then breaks the connection. */
  readonly cutAfter?: number
  /** Passes the registry's answer on in so many pieces, each after a pause. Milliseconds. */
  readonly slowly?: { readonly pieces: number; readonly pauseMs: number }
  /** Is waited for before the request is passed on. */
  before?(call: RegistryCall): Promise<void>
}

/** Stands before a registry, sees every request, and misbehaves where it is told to. */
export interface RegistryFront extends AsyncDisposable {
  /** Host and port, as an image reference begins. */
  readonly address: string
  readonly seen: RegistryCall[]
  rules: FrontRule[]
}

/** Starts one before the registry at `address` (host and port, plain HTTP), on an address of this machine. */
export async function startRegistryFront(address: string, host = '127.0.0.1'): Promise<RegistryFront> {
  const front = { address: '', seen: [] as RegistryCall[], rules: [] as FrontRule[] }
  const server = http.createServer((request, response) => {
    pass(front, { address, request, response }).catch(() => response.destroy())
  })
  await new Promise<void>((resolve) => server.listen(0, host, resolve))
  const place = server.address()
  if (place === null || typeof place === 'string') throw new Error('a TCP server has an address')
  front.address = `${host}:${place.port}`
  return Object.assign(front, {
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  })
}

interface Passing {
  readonly address: string
  readonly request: IncomingMessage
  readonly response: ServerResponse
}

async function pass(front: Pick<RegistryFront, 'seen' | 'rules'>, { address, request, response }: Passing) {
  const call = { method: request.method ?? 'GET', path: request.url ?? '/' }
  front.seen.push(call)
  const rule = front.rules.find(({ fits }) => fits(call))
  await rule?.before?.(call)
  if (rule?.answer !== undefined)
    return void response
      .writeHead(rule.answer.status, { 'content-type': 'application/json', ...rule.answer.headers })
      .end(call.method === 'HEAD' ? undefined : (rule.answer.body ?? '{"errors":[]}'))
  const upstream = http.request(`http://${address}${call.path}`, { method: call.method, headers: request.headers })
  request.pipe(upstream)
  const answer = await new Promise<IncomingMessage>((resolve, reject) => {
    upstream.once('response', resolve).once('error', reject)
  })
  const chunks: Buffer[] = []
  for await (const chunk of answer) chunks.push(chunk as Buffer)
  const body = Buffer.concat(chunks)
  response.writeHead(answer.statusCode ?? 502, answer.headers)
  if (rule?.cutAfter !== undefined)
    return void response.write(body.subarray(0, rule.cutAfter), () => response.destroy())
  const { pieces, pauseMs } = rule?.slowly ?? { pieces: 1, pauseMs: 0 }
  const size = Math.max(1, Math.ceil(body.length / pieces))
  for (let at = 0; at < body.length; at += size) {
    if (pauseMs > 0) await wait(pauseMs)
    response.write(body.subarray(at, at + size))
  }
  response.end()
}
