import http2, { type ClientHttp2Session, type ClientHttp2Stream, type IncomingHttpHeaders } from 'node:http2'
import type { TLSSocket } from 'node:tls'
import { createBodyBuffer, flattenHeaders } from './body.ts'
import type { Call } from './call.ts'
import { codeOf, httpError, toHttpError } from './errors.ts'
import { isRepeatable } from './http1.ts'
import type { HttpResponse } from './types.ts'

/** One connection over which many calls run side by side. */
export interface Http2Connection {
  /** @throws HttpError, `NotServedError` when the call may be repeated on a new connection. */
  exchange(call: Call): Promise<HttpResponse>
  close(): void
}

/** The server did not look at the call: it goes away, refuses the stream, or wants HTTP/1.1. */
export class NotServedError extends Error {
  readonly wantsHttp1: boolean

  constructor(wantsHttp1: boolean, options: ErrorOptions) {
    super('the call was not served', options)
    this.wantsHttp1 = wantsHttp1
  }
}

const { NGHTTP2_CANCEL, NGHTTP2_HTTP_1_1_REQUIRED, NGHTTP2_NO_ERROR, NGHTTP2_REFUSED_STREAM } = http2.constants
const NEVER_SENT = new Set([
  'ERR_HTTP2_GOAWAY_SESSION',
  'ERR_HTTP2_INVALID_SESSION',
  'ERR_HTTP2_OUT_OF_STREAMS',
  'ERR_HTTP2_STREAM_CANCEL',
])

export interface Http2Parts {
  readonly socket: TLSSocket
  readonly url: URL
  readonly idleMs: number
  /** Called once, when no further call should use this connection. */
  readonly onRetired: () => void
}

/** Speaks HTTP/2 over a connection that was made for it. It keeps the process alive only while a call is under way. */
export function openHttp2({ socket, url, idleMs, onRetired }: Http2Parts): Http2Connection {
  const session = http2.connect(url, { createConnection: () => socket })
  let underWay = 0
  const retire = () => {
    onRetired()
    if (!session.closed) session.close()
  }
  session.on('error', retire)
  session.once('goaway', retire)
  session.once('close', onRetired)
  session.setTimeout(idleMs, () => underWay === 0 && retire())
  session.unref()
  return {
    async exchange(call) {
      if (underWay++ === 0) session.ref()
      try {
        return await send(call, session)
      } catch (error) {
        // A connection that went silent would make every later call wait for its time-out too.
        if (toHttpError(error, url.host).kind === 'timeout') retire()
        throw error
      } finally {
        if (--underWay === 0) session.unref()
      }
    },
    close: () => session.destroy(),
  }
}

function send(call: Call, session: ClientHttp2Session): Promise<HttpResponse> {
  const { promise, resolve, reject } = Promise.withResolvers<HttpResponse>()
  const { host, ...headers } = call.headers
  const stream = openStream(call, session, { ...headers, ...(host === undefined ? {} : { ':authority': host }) })
  const body = createBodyBuffer(call.url.host, call.maxBytes)
  let answer: IncomingHttpHeaders | undefined
  call.onCancel((error) => {
    reject(error)
    stream.close(NGHTTP2_CANCEL)
  })
  stream.once('response', (headers) => {
    answer = headers
  })
  stream.on('data', (chunk: Buffer) => {
    const error = body.add(chunk)
    if (error === undefined) return
    reject(error)
    stream.close(NGHTTP2_CANCEL)
  })
  stream.on('error', (error) => reject(translate(error, { call, stream, isAnswered: answer !== undefined })))
  stream.once('close', () => {
    if (answer === undefined || stream.rstCode !== NGHTTP2_NO_ERROR) {
      const error = httpError('closed', call.url.host)
      return reject(translate(error, { call, stream, isAnswered: answer !== undefined }))
    }
    resolve({ status: Number(answer[':status']), headers: flattenHeaders(answer), body: body.bytes(), url: call.url })
  })
  if (call.body !== undefined) stream.end(call.body)
  return promise
}

function openStream(call: Call, session: ClientHttp2Session, headers: Record<string, string>): ClientHttp2Stream {
  const path = `${call.url.pathname}${call.url.search}`
  try {
    const endStream = call.body === undefined
    return session.request({ ':method': call.method, ':path': path, ...headers }, { endStream })
  } catch (error) {
    if (NEVER_SENT.has(codeOf(error))) throw new NotServedError(false, { cause: error })
    throw toHttpError(error, call.url.host)
  }
}

interface Lost {
  readonly call: Call
  readonly stream: ClientHttp2Stream
  readonly isAnswered: boolean
}

/** A refused stream was not processed and may be sent again, whatever its method (RFC 9113, 8.7). */
function translate(error: Error, { call, stream, isAnswered }: Lost): Error {
  if (stream.rstCode === NGHTTP2_HTTP_1_1_REQUIRED) return new NotServedError(true, { cause: error })
  const isUnserved = stream.rstCode === NGHTTP2_REFUSED_STREAM || NEVER_SENT.has(codeOf(error))
  if (isUnserved || (!isAnswered && isRepeatable(call))) return new NotServedError(false, { cause: error })
  return toHttpError(error, call.url.host)
}
