import { type HttpClient, HttpError, type HttpRequest, type HttpResponse } from '../lib/http/types.ts'
import { failureOfPause, failureOfTimeout, type Subject } from './_errors.ts'
import type { Operation } from './_operation.ts'
import { createPacer, LONGEST_WAIT_MS, type Pacer } from './_pacer.ts'
import { type Allowance, readAllowance, readRetryAfter } from './_rate-limit.ts'
import type { RateLimit, RegistryCounts } from './_registry.ts'

/** One API host: its pace, its counts, its temper. */
export interface Host {
  /**
   * Sends the request when it is its turn; tries again, later, what is worth it (429, 502 to 504, a lost connection).
   * Resolves with any status. @throws HttpError, Failure
   */
  send(request: HttpRequest, options: SendOptions): Promise<HttpResponse>
  rateLimit(): RateLimit
  counts(): RegistryCounts
}

export interface SendOptions {
  readonly client: HttpClient
  readonly operation: Operation
  readonly subject: Subject
  /** How often to try again. Default 3. */
  readonly retries?: number
  /** There is another way if this one fails: not tried again, not held against the host. */
  readonly isTrial?: boolean
}

/** Time, chance and rest of the whole client. */
export interface HostParts {
  readonly now: () => Date
  readonly random: () => number
  /** Rejects only when the client is disposed of. */
  readonly sleep: (ms: number, signal?: AbortSignal) => Promise<void>
  readonly maxConcurrency?: number
}

const RETRIES = 3
const BASE_DELAY_MS = 1000
const OUTAGE_MS = 5000
const LOST_IN_A_ROW = 3
const TRY_AGAIN = new Set([429, 502, 503, 504])
const UNREACHABLE = new Set(['dns', 'refused', 'tls', 'proxy'])

export function createHost(name: string, parts: HostParts): Host {
  const { now, maxConcurrency } = parts
  const pacer = createPacer({
    now,
    sleep: parts.sleep,
    ...(maxConcurrency === undefined ? {} : { max: maxConcurrency }),
  })
  const seen: Seen = { requests: 0, errors: 0, authErrors: 0, rateLimited: 0, lostInARow: 0, allowance: {} }
  return {
    send: (request, options) => send(request, { ...options, name, pacer, seen, parts }),
    rateLimit: () => ({
      host: name,
      ...seen.allowance,
      ...(pacer.pausedUntil > now().getTime() ? { waitUntil: new Date(pacer.pausedUntil).toISOString() } : {}),
      concurrency: pacer.concurrency,
    }),
    counts() {
      const { requests, errors, authErrors, rateLimited } = seen
      return { host: name, requests, errors, authErrors, rateLimited }
    },
  }
}

interface Seen {
  requests: number
  errors: number
  authErrors: number
  rateLimited: number
  lostInARow: number
  outage?: { readonly until: number; readonly error: HttpError }
  allowance: Allowance
}

interface Sending extends SendOptions {
  readonly name: string
  readonly pacer: Pacer
  readonly seen: Seen
  readonly parts: HostParts
}

async function send(request: HttpRequest, sending: Sending): Promise<HttpResponse> {
  const { operation, retries = RETRIES, parts } = sending
  for (let attempt = 0; ; attempt++) {
    const result = await sendOnce(request, sending)
    if (attempt >= retries || !isWorthAgain(result, sending)) return orThrow(result)
    const asked = result instanceof HttpError ? undefined : readRetryAfter(result.headers, parts.now())
    const delay = asked ?? BASE_DELAY_MS * 2 ** attempt * (0.5 + parts.random() / 2)
    if (!hasTimeFor(delay, sending)) return orThrow(result)
    // Where the registry named a time, everybody waits (in the pacer); else only this request does.
    if (asked === undefined) await parts.sleep(delay, operation.signal)
  }
}

function isWorthAgain(result: HttpResponse | HttpError, { isTrial = false }: Sending): boolean {
  return result instanceof HttpError ? result.kind === 'closed' && !isTrial : TRY_AGAIN.has(result.status)
}

function orThrow(result: HttpResponse | HttpError): HttpResponse {
  if (result instanceof HttpError) throw result
  return result
}

function hasTimeFor(delay: number, { operation, name, pacer, subject }: Sending): boolean {
  if (delay > LONGEST_WAIT_MS) throw failureOfPause(name, new Date(pacer.pausedUntil), subject)
  const left = operation.left()
  return left === undefined || delay < left
}

async function sendOnce(request: HttpRequest, sending: Sending): Promise<HttpResponse | HttpError> {
  const { name, pacer, seen, operation, client, parts, subject } = sending
  const turn = await pacer.enter(operation.signal)
  if (pacer.isClosed) {
    turn.done('lost')
    throw failureOfPause(name, new Date(pacer.pausedUntil), subject)
  }
  const outage = seen.outage !== undefined && seen.outage.until > parts.now().getTime() ? seen.outage : undefined
  if (outage !== undefined) {
    turn.done('lost')
    throw outage.error
  }
  operation.begin()
  const left = operation.left()
  if (left !== undefined && left <= 0) {
    turn.done('lost')
    throw failureOfTimeout(operation.timeoutMs, subject)
  }
  seen.requests++
  try {
    const response = await client.request({ ...request, timeoutMs: left, signal: operation.signal })
    note(response, sending)
    turn.done(response.status === 429 || response.status === 503 ? 'slow-down' : 'answered')
    return response
  } catch (error) {
    turn.done('lost')
    if (!(error instanceof HttpError)) throw error
    noteLost(error, sending)
    return error
  }
}

function note({ status, headers }: HttpResponse, { seen, pacer, parts }: Sending): void {
  seen.lostInARow = 0
  if (status === 401 || status === 403) seen.authErrors++
  if (status >= 500) seen.errors++
  const allowance = readAllowance(headers)
  if (allowance !== undefined) {
    seen.allowance = allowance
    pacer.capAt(carefulLimit(allowance))
  }
  if (status !== 429 && status !== 503) return
  if (status === 429) seen.rateLimited++
  const wait = readRetryAfter(headers, parts.now())
  if (wait !== undefined) pacer.pauseUntil(parts.now().getTime() + wait)
}

/** Few requests side by side when little is left. Not a stop: the allowance is often for pulls, which we do not do. */
function carefulLimit({ limit, remaining }: Allowance): number {
  if (remaining === undefined) return Number.POSITIVE_INFINITY
  if (remaining === 0) return 1
  return limit !== undefined && remaining < limit / 10 ? 2 : Number.POSITIVE_INFINITY
}

// A host that is gone is not asked for each of its images in turn.
function noteLost(error: HttpError, { seen, parts, isTrial }: Sending): void {
  if (error.kind === 'aborted' || isTrial) return
  seen.errors++
  seen.lostInARow++
  if (!UNREACHABLE.has(error.kind) && seen.lostInARow < LOST_IN_A_ROW) return
  seen.outage = { until: parts.now().getTime() + OUTAGE_MS, error }
}
