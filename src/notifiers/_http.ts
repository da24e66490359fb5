import { type HttpClient, HttpError, type HttpRequest, type HttpResponse } from '../lib/http/types.ts'
import { DeliveryError } from './_notifier.ts'

export interface DeliveryOptions {
  /** Who answers, for errors: `Slack`, `the webhook`. */
  readonly receiver: string
  /** Values that must not show in an error. */
  readonly secrets: readonly string[]
  /** The statuses that mean "taken". */
  readonly accepts: (status: number) => boolean
}

const TEMPORARY = new Set([408, 425, 429])
const LONGEST_EXCERPT = 200

/**
 * Sends a request and resolves when the receiver took it.
 * @throws DeliveryError: worth another try after network errors and 408, 425, 429 and 5xx; never otherwise. The text
 * names the host and what the receiver said, with every secret masked.
 */
export async function deliver(http: HttpClient, request: HttpRequest, options: DeliveryOptions): Promise<HttpResponse> {
  const { receiver, accepts } = options
  checkHeaders(request, receiver)
  const response = await ask(http, withLength(request), options)
  if (accepts(response.status)) return response
  if (response.status >= 300 && response.status < 400) throw redirected(response, receiver)
  const answer = new TextDecoder().decode(response.body)
  // Masked before it is cut: half a secret is one too.
  const said = mask(whatItSaid(answer), secretsOf(request, options)).slice(0, LONGEST_EXCERPT)
  throw new DeliveryError(`${receiver} answered ${response.status}${said === '' ? '' : `: ${said}`}`, {
    transient: TEMPORARY.has(response.status) || response.status >= 500,
    retryAfterMs: retryAfter(response.headers, answer),
  })
}

/** Any of these statuses and no other. */
export function oneOf(...statuses: number[]): (status: number) => boolean {
  return (status) => statuses.includes(status)
}

/** The headers and the body of a request with a JSON body. */
export function json(value: unknown): { headers: { 'content-type': string }; body: string } {
  return { headers: { 'content-type': 'application/json' }, body: JSON.stringify(value) }
}

/** The text with every secret, also as it is written in an address or in JSON, replaced by `***`. */
export function mask(text: string, secrets: readonly string[]): string {
  const forms = secrets.flatMap((secret) => [
    secret,
    secret.trim(),
    encodeURIComponent(secret),
    JSON.stringify(secret).slice(1, -1),
  ])
  return forms
    .filter((form) => form !== '')
    .toSorted((a, b) => b.length - a.length)
    .reduce((masked, form) => masked.replaceAll(form, '***'), text)
}

async function ask(http: HttpClient, request: HttpRequest, options: DeliveryOptions): Promise<HttpResponse> {
  try {
    return await http.request(request)
  } catch (error) {
    request.signal?.throwIfAborted()
    if (!(error instanceof HttpError)) throw error
    const reason = mask(error.message, options.secrets)
    throw new DeliveryError(`${options.receiver} could not be reached: ${reason}`, {
      transient: error.kind !== 'too-large' && error.kind !== 'protocol',
    })
  }
}

/** Node frames the body of a GET only when it is told the length. */
function withLength(request: HttpRequest): HttpRequest {
  const { body, headers } = request
  if (body === undefined) return request
  return { ...request, headers: { ...headers, 'content-length': String(Buffer.byteLength(body)) } }
}

function checkHeaders({ headers = {} }: HttpRequest, receiver: string): void {
  const unnamed = Object.keys(headers).find((name) => !/^[!#$%&'*+.^_`|~\w-]+$/.test(name))
  if (unnamed !== undefined) {
    const message = `${JSON.stringify(unnamed)} cannot be the name of a header for ${receiver}`
    throw new DeliveryError(message, { transient: false })
  }
  const broken = Object.entries(headers).find(([, value]) => !/^[\t\x20-\x7e\x80-\xff]*$/.test(value))
  if (broken === undefined) return
  const why = /[\r\n]/.test(broken[1])
    ? 'would hold a line break; does the file of the secret end with one?'
    : 'would hold a character that no header may hold'
  throw new DeliveryError(`the header ${broken[0]} for ${receiver} ${why}`, { transient: false })
}

/** Redirects are not followed: most of them turn what is posted into a question, which is answered and tells nobody. */
function redirected({ status, headers, url }: HttpResponse, receiver: string): DeliveryError {
  const target = headers.location === undefined ? null : URL.parse(headers.location, url)
  const where = target === null ? '' : `: it has moved to ${target.origin}, write that address in the config`
  return new DeliveryError(`${receiver} answered ${status}${where}`, { transient: false })
}

/** Besides what the notifier names: credentials, and everything of the address behind its host that is long enough to be one. */
function secretsOf({ url, headers }: HttpRequest, { secrets }: DeliveryOptions): string[] {
  const { pathname, search, searchParams, username, password } = url
  const parts = [...pathname.split('/'), ...searchParams.values(), username, password]
  const authorization = headers?.authorization ?? ''
  const spoken = [authorization, authorization.replace(/^\w+ /, '')]
  return [...secrets, ...spoken, ...[`${pathname}${search}`, pathname, ...parts].filter((part) => part.length >= 8)]
}

/** The sentence in an answer: the usual fields of an error in JSON, else the first characters of the text. */
function whatItSaid(answer: string): string {
  const parsed = parseJson(answer)
  const fields = ['errorDescription', 'description', 'message', 'detail', 'reason', 'error']
  const sentence = fields.map((field) => parsed?.[field]).find((value) => typeof value === 'string' && value !== '')
  const text = typeof sentence === 'string' ? sentence : answer
  return text.replace(/\s+/g, ' ').trim()
}

// Retry-After (RFC 9110, 10.2.3), with the fractions that Discord sends; then what Discord and Telegram say elsewhere.
function retryAfter(headers: Readonly<Record<string, string>>, answer: string): number | undefined {
  const body = parseJson(answer)
  const parameters = body?.parameters as { retry_after?: unknown } | undefined
  const told = headers['retry-after']
  if (told !== undefined && /[a-z]/i.test(told)) {
    const wait = Date.parse(told) - Date.parse(headers.date ?? '')
    return Number.isNaN(wait) ? undefined : Math.max(0, wait)
  }
  const seconds = [told, body?.retry_after, parameters?.retry_after, headers['x-ratelimit-reset-after']]
    .filter((value) => value !== undefined && value !== '')
    .map(Number)
    .find((value) => value >= 0)
  return seconds === undefined ? undefined : seconds * 1000
}

function parseJson(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined
  } catch {
    return undefined
  }
}
