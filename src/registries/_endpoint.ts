import { type HttpClient, HttpError, type HttpRequest, type HttpResponse } from '../lib/http/types.ts'
import { type Authenticator, type Authorization, type AuthParts, createAuthenticator } from './_auth.ts'
import { failureOfConnection, type Subject } from './_errors.ts'
import type { Host } from './_host.ts'
import type { Operation } from './_operation.ts'

/** The API of one registry as one account sees it. */
export interface Endpoint {
  /** Resolves with any status but those that a login mends. @throws Failure */
  ask(question: Question): Promise<HttpResponse>
  /** `https://registry-1.docker.io/`, with the scheme that has turned out to work. */
  readonly base: URL
  /** What this registry turned out not to do. */
  readonly quirks: Quirks
}

export interface Quirks {
  head: 'unknown' | 'works' | 'refused'
  refusesPageSize: boolean
}

export interface Question {
  readonly method: 'GET' | 'HEAD'
  /** A path behind the API's host, or a whole URL that the registry gave. */
  readonly url: string | URL
  readonly headers?: Readonly<Record<string, string>>
  readonly subject: Subject
  readonly operation: Operation
}

export interface EndpointParts extends Omit<AuthParts, 'base' | 'send' | 'coming'> {
  readonly apiHost: string
  /** To be tried in this order. */
  readonly schemes: readonly ('http' | 'https')[]
  readonly client: HttpClient
  readonly hostOf: (host: string) => Host
  readonly announced: () => Iterable<string>
}

const REDIRECTS = 4
/** Without a token, with one for many, with a fresh one, with one of its own. */
const MOST_ATTEMPTS = 4
// What a server says to headers that are too long.
const TOO_LONG = new Set([400, 413, 431])

export function createEndpoint(parts: EndpointParts): Endpoint {
  const { apiHost, schemes, client, hostOf, announced } = parts
  const state: State = { scheme: 0, hasAnswered: false, first: undefined, wanted: new Map() }
  const bases = schemes.map((scheme) => new URL(`${scheme}://${apiHost}/`))
  const baseOf = () => bases[state.scheme]!
  const auth = createAuthenticator({
    ...parts,
    base: baseOf,
    coming: function* () {
      yield* state.wanted.keys()
      yield* announced()
    },
    send: async (request, { subject, operation }) => {
      try {
        return await hostOf(request.url.host).send(request, { client, operation, subject })
      } catch (error) {
        throw failureOfConnection(error, subject)
      }
    },
  })
  const context: Context = { parts, state, auth, baseOf }
  return {
    quirks: { head: 'unknown', refusesPageSize: false },
    get base() {
      return baseOf()
    },
    async ask(question) {
      const { repository } = question.subject
      state.wanted.set(repository, (state.wanted.get(repository) ?? 0) + 1)
      try {
        return await askInTurn(question, context)
      } finally {
        const left = (state.wanted.get(repository) ?? 1) - 1
        if (left === 0) state.wanted.delete(repository)
        else state.wanted.set(repository, left)
      }
    },
  }
}

interface State {
  scheme: number
  hasAnswered: boolean
  /** Under way as long as it is not known how the registry wants to be talked to. */
  first: Promise<unknown> | undefined
  /** Repositories that are being asked for, with how often. */
  readonly wanted: Map<string, number>
}

interface Context {
  readonly parts: EndpointParts
  readonly state: State
  readonly auth: Authenticator
  readonly baseOf: () => URL
}

/** The first question finds out scheme and login; the others wait for it, so that only one is refused. */
async function askInTurn(question: Question, context: Context): Promise<HttpResponse> {
  const { state } = context
  while (state.first !== undefined) {
    await state.first
    question.operation.signal?.throwIfAborted()
  }
  if (state.hasAnswered) return await askLoggedIn(question, context)
  const asked = askLoggedIn(question, context)
  const done = () => {
    state.first = undefined
  }
  state.first = asked.then(done, done)
  return await asked
}

async function askLoggedIn(question: Question, context: Context): Promise<HttpResponse> {
  const { auth } = context
  let authorization = isOwn(question.url, context) ? await auth.authorize(question) : {}
  for (let attempt = 1; ; attempt++) {
    const response = await send(question, authorization, context)
    if (!isRefusal(response.status, authorization) || !isOwn(response.url, context)) {
      if (response.status < 400) auth.accepted(authorization, question)
      return response
    }
    if (attempt === MOST_ATTEMPTS) return response
    authorization = await auth.again(response, authorization, question)
  }
}

function isRefusal(status: number, { token }: Authorization): boolean {
  return status === 401 || (token?.isShared === true && (status === 403 || TOO_LONG.has(status)))
}

// Credentials are for the registry itself, not for where it sends us.
function isOwn(url: string | URL, { baseOf }: Context): boolean {
  return typeof url === 'string' || url.origin === baseOf().origin
}

async function send(question: Question, { header }: Authorization, context: Context): Promise<HttpResponse> {
  const { parts, state, baseOf } = context
  const { method, url, headers, operation, subject } = question
  const target = typeof url === 'string' ? new URL(url, baseOf()) : url
  const request: HttpRequest = {
    method,
    url: target,
    headers: header === undefined ? { ...headers } : { ...headers, authorization: header },
    redirects: REDIRECTS,
  }
  const isTrial = !state.hasAnswered && state.scheme < parts.schemes.length - 1
  try {
    const response = await parts
      .hostOf(target.host)
      .send(request, { client: parts.client, operation, subject, isTrial })
    state.hasAnswered = true
    return response
  } catch (error) {
    if (!isTrial || !(error instanceof HttpError) || ['aborted', 'dns'].includes(error.kind)) {
      throw failureOfConnection(error, subject)
    }
    state.scheme++
    return await send(question, { ...(header === undefined ? {} : { header }) }, context)
  }
}
