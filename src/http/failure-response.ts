import type { Context } from 'hono'
import { HTTPException } from 'hono/http-exception'
import type { ContentfulStatusCode } from 'hono/utils/http-status'
import { Failure, type FailureCode } from '../domain/failure.ts'
import type { Log } from '../lib/log.ts'

const STATUS: Record<FailureCode, ContentfulStatusCode> = {
  invalid: 400,
  unauthorized: 401,
  forbidden: 403,
  'not-found': 404,
  conflict: 409,
  'too-large': 413,
  unsupported: 501,
  unavailable: 503,
}

interface FailureBody {
  readonly error: string
  readonly where?: string | undefined
  readonly remedy?: string | undefined
}

/** The HTTP status of a failure. What is not a `Failure` is a fault of this server. */
function statusOf(error: unknown): ContentfulStatusCode {
  if (error instanceof Failure) return STATUS[error.code]
  return error instanceof HTTPException ? (error.status as ContentfulStatusCode) : 500
}

/** Answers an error: JSON for our own API and for whoever asks for it, one line of text otherwise. Faults are logged and not told. */
export function failureResponse(c: Context, error: unknown, log: Log): Response {
  const status = statusOf(error)
  // A failure is meant for the caller, who is told; anything else is a fault of ours.
  const note = error instanceof Failure ? log.warn : log.error
  if (status >= 500)
    note.call(log, { error, method: c.req.method, path: c.req.path }, 'A request could not be answered')
  if (status === 401) c.header('www-authenticate', 'Bearer realm="seaworthy"')
  return answer(c, bodyOf(error), status)
}

/** 404 for a path that is none of ours. */
export function unknownPath(c: Context): Response {
  return answer(c, { error: 'There is nothing at this path.' }, 404)
}

/** 405 with the methods that are allowed (RFC 9110, section 15.5.6). */
export function methodNotAllowed(c: Context, allowed: readonly string[]): Response {
  c.header('allow', allowed.join(', '))
  return answer(c, { error: `${c.req.method} is not allowed here.` }, 405)
}

function answer(c: Context, body: FailureBody, status: ContentfulStatusCode): Response {
  const wantsJson = c.req.path.startsWith('/api/v1/') || /\bapplication\/json\b/i.test(c.req.header('accept') ?? '')
  if (wantsJson) return c.json(body, status)
  return c.text(
    [body.where, body.error, body.remedy]
      .filter((part) => part !== undefined)
      .join(' ')
      .concat('\n'),
    status,
  )
}

function bodyOf(error: unknown): FailureBody {
  if (error instanceof Failure) return { error: error.message, where: error.where, remedy: error.remedy }
  if (error instanceof HTTPException) return { error: error.message }
  return { error: 'This server could not answer; its log says why.' }
}
