import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

/** What a recorder was asked. */
export interface RecordedRequest {
  readonly method: string
  /** Path and query. */
  readonly path: string
  readonly headers: IncomingHttpHeaders
  readonly body: string
}

export interface Answer {
  readonly status: number
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
}

/** Gives the answer to a request; `hang` never gives one. */
export type Answerer = (request: RecordedRequest, index: number) => Answer | 'hang'

export interface Recorder extends AsyncDisposable {
  /** `http://127.0.0.1:12345`. */
  readonly url: string
  /** All requests so far. */
  readonly seen: readonly RecordedRequest[]
  /** Resolves with all requests as soon as there are `count` of them. */
  requests(count: number): Promise<readonly RecordedRequest[]>
}

/** Starts an HTTP server on the loopback that remembers what it is asked; it answers 200 with `{}` unless told otherwise. */
export async function startRecorder(
  answer: Answerer = () => ({ status: 200, body: '{}' }),
  { port = 0 }: { port?: number } = {},
): Promise<Recorder> {
  const seen: RecordedRequest[] = []
  const waiting = new Set<{ count: number; resolve: (requests: readonly RecordedRequest[]) => void }>()
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk)
    const recorded = {
      method: request.method ?? '',
      path: request.url ?? '',
      headers: request.headers,
      body: Buffer.concat(chunks).toString(),
    }
    seen.push(recorded)
    for (const one of waiting) if (seen.length >= one.count) one.resolve(seen)
    reply(response, answer(recorded, seen.length - 1))
  })
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    seen,
    requests(count) {
      const { promise, resolve } = Promise.withResolvers<readonly RecordedRequest[]>()
      if (seen.length >= count) return Promise.resolve(seen)
      waiting.add({ count, resolve })
      return promise
    },
    async [Symbol.asyncDispose]() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()))
      server.closeAllConnections()
      await closed
    },
  }
}

function reply(response: ServerResponse, answer: Answer | 'hang'): void {
  if (answer === 'hang') return
  response.writeHead(answer.status, answer.headers)
  response.end(answer.body ?? '')
}
