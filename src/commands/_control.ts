import { createHash } from 'node:crypto'
import { request } from 'node:http'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { Failure, type FailureCode } from '../domain/failure.ts'

export interface ControlAnswer {
  readonly status: number
  readonly body: unknown
}

interface ControlQuestion {
  readonly method: 'GET' | 'POST' | 'DELETE'
  readonly path: string
  readonly body?: unknown
  /** Aborted: nobody waits for the answer any more. */
  readonly signal: AbortSignal
}

const CODES: Readonly<Record<number, FailureCode>> = {
  400: 'invalid',
  404: 'not-found',
  409: 'conflict',
  501: 'unsupported',
}

/** Longest path that fits into the socket address of every system (macOS: 104 bytes with the closing zero). */
const LONGEST_PATH = 100

/** Where the server of a database listens for the commands of its own user: beside the database, or in the temporary folder when that path is too long. */
export function controlSocketPath(database: string): string {
  const full = path.resolve(database)
  const beside = `${full}.sock`
  if (Buffer.byteLength(beside) <= LONGEST_PATH) return beside
  return path.join(tmpdir(), `seaworthy-${createHash('sha256').update(full).digest('hex').slice(0, 16)}.sock`)
}

/**
 * Asks the running server over its control socket. Undefined when no server listens there.
 * @throws Failure with what the server said, for an answer of 400 and above.
 */
export async function askServer(
  socketPath: string,
  { method, path, body, signal }: ControlQuestion,
): Promise<ControlAnswer | undefined> {
  const answer = await send(socketPath, { method, path, body, signal })
  if (answer === undefined || answer.status < 400) return answer
  const { error, where, remedy } = answer.body as { error?: string; where?: string; remedy?: string }
  const code = CODES[answer.status] ?? 'unavailable'
  throw new Failure(code, error ?? `The server answered ${answer.status}.`, { where, remedy })
}

function send(socketPath: string, { method, path, body, signal }: ControlQuestion): Promise<ControlAnswer | undefined> {
  const text = body === undefined ? undefined : JSON.stringify(body)
  return new Promise((resolve, reject) => {
    const sent = request(
      {
        socketPath,
        method,
        path,
        signal,
        headers: { accept: 'application/json', ...(text === undefined ? {} : { 'content-type': 'application/json' }) },
      },
      (response) => {
        const chunks: Buffer[] = []
        response.on('data', (chunk: Buffer) => chunks.push(chunk))
        response.on('error', (cause) => reject(brokenOff(socketPath, cause)))
        response.on('end', () =>
          resolve({ status: response.statusCode ?? 0, body: parse(Buffer.concat(chunks).toString()) }),
        )
      },
    )
    sent.on('error', (error: NodeJS.ErrnoException) => {
      // Nobody there, or a socket left behind by a server that was killed.
      if (['ENOENT', 'ECONNREFUSED', 'ENOTSOCK', 'EINVAL'].includes(error.code ?? '')) resolve(undefined)
      else reject(signal.aborted ? signal.reason : brokenOff(socketPath, error))
    })
    sent.end(text)
  })
}

function brokenOff(socketPath: string, cause: Error): Failure {
  return new Failure('unavailable', `The server did not answer to its end: ${cause.message}.`, {
    where: socketPath,
    remedy: 'See its log.',
    cause,
  })
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return {}
  }
}
