import type { IncomingMessage } from 'node:http'
import { flattenHeaders } from '../lib/http/body.ts'
import { barePath, errorText, parseBody, queryText, readAll } from './answer.ts'
import { parseEndpoint } from './endpoint.ts'
import { DockerError, transportError } from './errors.ts'
import { type SpawnCommand, spawnCommand } from './ssh.ts'
import { checkVersion, negotiateVersion } from './version.ts'
import { createWire, type DockerTls, type Exchange, type Wire } from './wire.ts'

export interface DockerClientOptions {
  /** `unix:///…`, `tcp://host:port`, `http(s)://…`, `ssh://user@host`. */
  readonly endpoint: string
  readonly tls?: DockerTls | undefined
  /** Fixed version of the API; agreed with the engine when absent. */
  readonly apiVersion?: string | undefined
  /** Stands for `~` in the endpoint. */
  readonly home: string
  /** Starts ssh. */
  readonly spawn?: SpawnCommand
  /** How long a whole answer, or the head of a stream, may take. Milliseconds. Default 60 000. */
  readonly timeoutMs?: number
}

/** A Docker Engine. Only speaks: what the answers mean is the caller's. */
export interface DockerClient extends AsyncDisposable {
  /** As it was given; for messages. */
  readonly endpoint: string
  /**
   * Asks and gives the parsed JSON, untouched (numbers that JavaScript cannot hold stay exact), or the text when it is
   * no JSON.
   * @param path without the version: `/containers/json`. Names in it are escaped by the caller.
   * @throws DockerError for every status from 400 on and when there is no answer; the signal's reason when aborted.
   */
  request(method: DockerMethod, path: string, options?: DockerRequest): Promise<DockerAnswer>
  /** The same for an answer that comes in pieces (events, pull progress, logs). Ends when the signal aborts. */
  stream(method: DockerMethod, path: string, options?: DockerRequest): Promise<DockerStream>
  /** The version of the API in use; undefined where the engine may not be asked for one. */
  version(signal?: AbortSignal): Promise<string | undefined>
}

export type DockerMethod = 'GET' | 'HEAD' | 'POST' | 'PUT' | 'DELETE'

export interface DockerRequest {
  /** Objects and lists are sent as JSON; undefined ones not at all. */
  readonly query?: Readonly<Record<string, unknown>>
  /** Bytes are sent as they are, everything else as JSON. */
  readonly body?: unknown
  readonly headers?: Readonly<Record<string, string>>
  readonly signal?: AbortSignal | undefined
  /** 0 = for ever. */
  readonly timeoutMs?: number
  /** Another version than the agreed one, for a call whose answer depends on it. */
  readonly version?: string
}

export interface DockerAnswer {
  readonly status: number
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>
  readonly body: unknown
}

export interface DockerStream {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  /** Throws `DockerError` when the connection breaks. */
  readonly chunks: AsyncIterable<Uint8Array>
}

const TIMEOUT_MS = 60_000

/**
 * Opens nothing until the first request.
 * @throws Failure when the endpoint or the version cannot be read.
 */
export function createDockerClient(options: DockerClientOptions): DockerClient {
  const { endpoint, tls, spawn = spawnCommand, timeoutMs = TIMEOUT_MS } = options
  const wire = createWire(parseEndpoint(endpoint, { hasTls: tls !== undefined, home: options.home }), { tls, spawn })
  const fixed = options.apiVersion ? checkVersion(options.apiVersion) : undefined
  const talk = createTalk({ wire, endpoint, timeoutMs })
  let agreed: Promise<string | undefined> | undefined

  async function version(signal?: AbortSignal): Promise<string | undefined> {
    if (fixed !== undefined) return fixed
    signal?.throwIfAborted()
    agreed ??= negotiateVersion((path) => talk.whole('GET', path, {}), endpoint).catch((error: unknown) => {
      agreed = undefined
      throw error
    })
    return signal === undefined ? agreed : unlessAborted(agreed, signal)
  }

  async function versioned(path: string, request: DockerRequest): Promise<string> {
    const chosen = request.version ?? (await version(request.signal))
    return `${chosen === undefined ? '' : `/v${chosen}`}${path}${queryText(request.query)}`
  }

  /** The engine on the other side may be another one after it went away. */
  function forgetVersion(error: unknown): never {
    if (error instanceof DockerError && (error.kind !== 'answer' || error.status === 400)) agreed = undefined
    throw error
  }

  return {
    endpoint,
    version,
    request: async (method, path, request = {}) =>
      talk.whole(method, await versioned(path, request), request).catch(forgetVersion),
    stream: async (method, path, request = {}) =>
      talk.pieces(method, await versioned(path, request), request).catch(forgetVersion),
    async [Symbol.asyncDispose]() {
      wire.close()
    },
  }
}

interface TalkParts {
  readonly wire: Wire
  readonly endpoint: string
  readonly timeoutMs: number
}

function createTalk({ wire, endpoint, timeoutMs }: TalkParts) {
  function failed(error: unknown, method: string, target: string, signal: AbortSignal | undefined): unknown {
    if (signal?.aborted) return signal.reason
    if (error instanceof DockerError) return error
    return transportError(error, { endpoint, method, path: barePath(target) })
  }

  async function refuse(answer: IncomingMessage, method: string, target: string): Promise<void> {
    const status = answer.statusCode ?? 0
    if (status < 400) return
    const message = errorText(await readAll(answer)) || answer.statusMessage || `status ${status}`
    throw new DockerError('answer', message, { endpoint, method, path: barePath(target), status })
  }

  return {
    async whole(method: DockerMethod, target: string, request: DockerRequest): Promise<DockerAnswer> {
      const limit = request.timeoutMs ?? timeoutMs
      const timeout = limit > 0 ? [AbortSignal.timeout(limit)] : []
      const signal = AbortSignal.any([...(request.signal ? [request.signal] : []), ...timeout])
      try {
        signal.throwIfAborted()
        const answer = await wire.send({ ...exchange(method, target, request), signal, isStream: false })
        await refuse(answer, method, target)
        const body = parseBody(await readAll(answer))
        return { status: answer.statusCode ?? 0, headers: flattenHeaders(answer.headers), body }
      } catch (error) {
        throw failed(timeout[0]?.aborted ? timeout[0].reason : error, method, target, request.signal)
      }
    },

    async pieces(method: DockerMethod, target: string, request: DockerRequest): Promise<DockerStream> {
      const late = new AbortController()
      const limit = request.timeoutMs ?? timeoutMs
      const timer = limit > 0 ? setTimeout(() => late.abort(timeoutReason()), limit) : undefined
      const signal = AbortSignal.any([late.signal, ...(request.signal ? [request.signal] : [])])
      try {
        signal.throwIfAborted()
        const answer = await wire.send({ ...exchange(method, target, request), signal, isStream: true })
        await refuse(answer, method, target)
        const explain = (error: unknown) => failed(error, method, target, request.signal)
        const headers = flattenHeaders(answer.headers)
        return { status: answer.statusCode ?? 0, headers, chunks: translated(answer, explain) }
      } catch (error) {
        throw failed(late.signal.aborted ? late.signal.reason : error, method, target, request.signal)
      } finally {
        clearTimeout(timer)
      }
    },
  }
}

async function* translated(
  answer: IncomingMessage,
  explain: (error: unknown) => unknown,
): AsyncGenerator<Uint8Array, void> {
  try {
    for await (const chunk of answer) yield chunk
  } catch (error) {
    throw explain(error)
  }
}

/** The answer is shared by all who wait for it, so one who leaves must not end it. */
function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const leave = () => reject(signal.reason)
    signal.addEventListener('abort', leave, { once: true })
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', leave))
  })
}

function timeoutReason(): DOMException {
  return new DOMException('No answer in time.', 'TimeoutError')
}

function exchange(method: DockerMethod, target: string, { body, headers }: DockerRequest) {
  const isBytes = body instanceof Uint8Array
  const sent = body === undefined || isBytes ? body : JSON.stringify(body)
  const length = sent === undefined ? {} : { 'content-length': String(Buffer.byteLength(sent)) }
  const type = sent === undefined || isBytes ? {} : { 'content-type': 'application/json' }
  return { method, path: target, body: sent, headers: { ...type, ...length, ...headers } } satisfies Partial<Exchange>
}
