import type { DockerClient, DockerMethod, DockerRequest } from '../../src/docker/client.ts'
import { DockerError, type DockerErrorKind } from '../../src/docker/errors.ts'

export interface ScriptedCall extends DockerRequest {
  readonly method: DockerMethod
  readonly path: string
}

export interface ScriptedDocker extends DockerClient {
  /** `METHOD /path`, as they came. */
  readonly calls: string[]
}

/**
 * An engine without a socket: `answer` gives the body, or, for a call that streams, the pieces; what it throws is what
 * the caller gets. An answer of undefined is a 404.
 */
export function scriptDocker(
  answer: (call: ScriptedCall) => unknown,
  endpoint = 'unix:///docker.sock',
): ScriptedDocker {
  const calls: string[] = []
  async function ask(method: DockerMethod, path: string, options: DockerRequest = {}): Promise<unknown> {
    options.signal?.throwIfAborted()
    calls.push(`${method} ${path}`)
    const body = await answer({ method, path, ...options })
    if (body === undefined) throw refusal(404, `No such thing: ${path}`)
    return body
  }
  return {
    endpoint,
    calls,
    version: async () => '1.51',
    request: async (...call) => ({ status: 200, headers: {}, body: await ask(...call) }),
    stream: async (...call) => ({
      status: 200,
      headers: {},
      chunks: (await ask(...call)) as AsyncIterable<Uint8Array>,
    }),
    async [Symbol.asyncDispose]() {},
  }
}

/** The engine answering with an error. */
export function refusal(status: number, message = 'no'): DockerError {
  return new DockerError('answer', message, { endpoint: 'unix:///docker.sock', method: 'GET', path: '/', status })
}

/** No answer at all. */
export function outage(kind: DockerErrorKind = 'refused'): DockerError {
  return new DockerError(kind, 'connect ECONNREFUSED', { endpoint: 'unix:///docker.sock', method: 'GET', path: '/' })
}

/** Pieces of a stream. */
export async function* pieces(...parts: readonly (Uint8Array | string)[]): AsyncGenerator<Uint8Array, void> {
  for (const part of parts) yield Buffer.from(part)
}

/** Text in the frame of one of the two streams (1: output, 2: errors). */
export function frame(text: string, stream: 1 | 2 = 1): Buffer {
  const head = Buffer.alloc(8)
  head.writeUInt8(stream, 0)
  head.writeUInt32BE(Buffer.byteLength(text), 4)
  return Buffer.concat([head, Buffer.from(text)])
}
