import http from 'node:http'

/** Docker's API as it is, without the CLI's and without our own client's opinions: one call, one JSON answer. */
export type DockerApi = <Answer = unknown>(method: string, path: string, body?: unknown) => Promise<Answer>

/**
 * @param socket path of the engine's socket
 * @param version of the API, in which every call is made: `1.41`
 */
export function dockerApi(socket: string, version: string): DockerApi {
  return <Answer>(method: string, path: string, body?: unknown) =>
    new Promise<Answer>((resolve, reject) => {
      const headers = body === undefined ? {} : { 'content-type': 'application/json' }
      const options = { socketPath: socket, method, path: `/v${version}${path}`, headers, agent: false as const }
      const request = http.request(options, (response) => {
        const chunks: Buffer[] = []
        response.on('data', (chunk: Buffer) => chunks.push(chunk))
        response.on('error', reject)
        response.on('end', () => {
          const text = Buffer.concat(chunks).toString()
          const status = response.statusCode ?? 0
          if (status >= 400) reject(new Error(`${method} ${path}: ${status} ${text.trim()}`))
          else resolve((isJson(response) ? JSON.parse(text || 'null') : text) as Answer)
        })
      })
      request.on('error', reject)
      request.end(body === undefined ? undefined : JSON.stringify(body))
    })
}

function isJson({ headers }: http.IncomingMessage): boolean {
  return headers['content-type']?.startsWith('application/json') ?? false
}
