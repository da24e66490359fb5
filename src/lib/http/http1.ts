import type { IncomingMessage, RequestOptions } from 'node:http'
import { createBodyBuffer, flattenHeaders } from './body.ts'
import type { Call } from './call.ts'
import { codeOf, httpError, toHttpError } from './errors.ts'
import { http } from './node-http.ts'
import type { HttpResponse } from './types.ts'

const STALE = new Set(['ECONNRESET', 'EPIPE'])
const MOST_STALE = 3

/**
 * Sends a call over HTTP/1.1. A kept connection that turns out to have been closed by the other side is replaced, where
 * the method allows to ask twice.
 * @throws HttpError
 */
export async function exchangeHttp1(call: Call, options: RequestOptions): Promise<HttpResponse> {
  for (let stale = 0; ; stale++) {
    const attempt: Attempt = { reused: false, answered: false }
    try {
      return await send(call, options, attempt)
    } catch (error) {
      const isStale = attempt.reused && !attempt.answered && STALE.has(codeOf(error))
      if (isStale && stale < MOST_STALE && isRepeatable(call)) continue
      throw toHttpError(error, call.url.host)
    }
  }
}

/** Whether asking twice does no harm (RFC 9110, 9.2.2). */
export function isRepeatable({ method }: Pick<Call, 'method'>): boolean {
  return method === 'GET' || method === 'HEAD'
}

interface Attempt {
  reused: boolean
  answered: boolean
}

function send(call: Call, options: RequestOptions, attempt: Attempt): Promise<HttpResponse> {
  const { promise, resolve, reject } = Promise.withResolvers<HttpResponse>()
  const request = http.request({ ...options, method: call.method, headers: call.headers })
  call.onCancel((error) => {
    reject(error)
    request.destroy()
  })
  request.on('error', (error) => {
    attempt.reused = request.reusedSocket
    reject(error)
  })
  request.once('response', (answer) => {
    attempt.answered = true
    // Node takes an answer to HEAD without a length for one that ends with the connection; it has no body at all.
    if (call.method === 'HEAD') request.shouldKeepAlive = keepsAlive(answer)
    receive(call, answer, { resolve, reject })
  })
  request.end(call.body)
  return promise
}

/** RFC 9112, 9.3. */
function keepsAlive({ httpVersionMajor, httpVersionMinor, headers }: IncomingMessage): boolean {
  const connection = headers.connection?.toLowerCase() ?? ''
  if (connection.includes('close')) return false
  return (httpVersionMajor === 1 && httpVersionMinor === 1) || connection.includes('keep-alive')
}

interface Settle {
  resolve(response: HttpResponse): void
  reject(error: unknown): void
}

function receive(call: Call, answer: IncomingMessage, { resolve, reject }: Settle): void {
  const { host } = call.url
  const body = createBodyBuffer(host, call.maxBytes)
  const done = () =>
    resolve({
      status: answer.statusCode ?? 0,
      headers: flattenHeaders(answer.headers),
      body: body.bytes(),
      url: call.url,
    })
  answer.on('error', reject)
  answer.once('close', () => answer.complete || reject(httpError('closed', host, 'in the middle of the answer')))
  answer.once('end', () => answer.complete && done())
  if (call.method === 'HEAD') {
    answer.resume()
    return
  }
  answer.on('data', (chunk: Buffer) => {
    const error = body.add(chunk)
    if (error === undefined) return
    reject(error)
    answer.destroy()
  })
}
