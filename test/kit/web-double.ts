import http, { type IncomingMessage, type ServerResponse } from 'node:http'
import http2 from 'node:http2'
import https from 'node:https'
import { type AddressInfo, connect, type Socket } from 'node:net'
import type { TlsOptions } from 'node:tls'

/** A web server in this process. */
export interface WebDouble extends AsyncDisposable {
  readonly url: URL
  readonly seen: {
    readonly method: string
    readonly url: string
    readonly headers: IncomingMessage['headers']
    readonly body: string
  }[]
  /** Sockets opened so far. */
  readonly connections: { count: number }
  readonly sockets: Set<Socket>
  readonly sessions: Set<http2.ServerHttp2Session>
}

export type Handler = (request: IncomingMessage, response: ServerResponse) => void

export interface WebOptions {
  readonly tls?: TlsOptions
  readonly http2?: boolean
}

/** Starts it on a free port; `handle` answers, after the request's body was read. */
export async function startWebDouble(handle: Handler, { tls, http2: isHttp2 }: WebOptions = {}): Promise<WebDouble> {
  const seen: WebDouble['seen'] = []
  const listener = async (request: IncomingMessage, response: ServerResponse) => {
    let body = ''
    for await (const chunk of request) body += chunk
    seen.push({ method: request.method ?? '', url: request.url ?? '', headers: request.headers, body })
    handle(request, response)
  }
  const server = create(listener as never, tls, isHttp2)
  const sockets = new Set<Socket>()
  const sessions = new Set<http2.ServerHttp2Session>()
  const connections = { count: 0 }
  server.on('connection', (socket: Socket) => {
    connections.count++
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
  })
  server.on('session', (session: http2.ServerHttp2Session) => {
    sessions.add(session)
    session.on('error', () => {})
    session.once('close', () => sessions.delete(session))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const url = new URL(`${tls ? 'https' : 'http'}://127.0.0.1:${(server.address() as AddressInfo).port}/`)
  return {
    url,
    seen,
    connections,
    sockets,
    sessions,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

function create(
  listener: http.RequestListener,
  tls: TlsOptions | undefined,
  isHttp2: boolean | undefined,
): http.Server {
  if (tls === undefined) return http.createServer(listener)
  if (!isHttp2) return https.createServer(tls, listener)
  return http2.createSecureServer({ ...tls, allowHTTP1: true }, listener as never) as unknown as http.Server
}

/** A proxy that opens tunnels to whatever is asked for, and fetches absolute URLs. */
export async function startProxyDouble(
  status = 200,
): Promise<WebDouble & { readonly tunnels: { target: string; authorization: string | undefined }[] }> {
  const tunnels: { target: string; authorization: string | undefined }[] = []
  const server = await startWebDouble((_, response) => response.end('by proxy'))
  const proxy = http.createServer()
  const open = new Set<Socket>()
  proxy.on('connect', (request, socket: Socket) => {
    tunnels.push({ target: request.url ?? '', authorization: request.headers['proxy-authorization'] })
    open.add(socket)
    if (status !== 200) return socket.end(`HTTP/1.1 ${status} No\r\n\r\n`)
    const target = new URL(`http://${request.url}`)
    const far = connect(Number(target.port), target.hostname, () => {
      socket.write('HTTP/1.1 200 OK\r\n\r\n')
      far.pipe(socket).pipe(far)
    })
    far.on('error', () => socket.destroy())
    socket.on('error', () => far.destroy())
    socket.once('close', () => far.destroy())
  })
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve))
  const url = new URL(`http://127.0.0.1:${(proxy.address() as AddressInfo).port}/`)
  proxy.on('request', (request, response) => {
    server.seen.push({ method: request.method ?? '', url: request.url ?? '', headers: request.headers, body: '' })
    response.end('by proxy')
  })
  return {
    ...server,
    url,
    tunnels,
    async [Symbol.asyncDispose]() {
      for (const socket of open) socket.destroy()
      proxy.closeAllConnections()
      await new Promise((resolve) => proxy.close(resolve))
      await server[Symbol.asyncDispose]()
    },
  }
}
