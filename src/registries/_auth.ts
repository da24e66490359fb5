import type { HttpRequest, HttpResponse } from '../lib/http/types.ts'
import { type Challenge, parseChallenges } from './_challenge.ts'
import { basicHeader, type Credentials } from './_credentials.ts'
import { failureOfStatus, type Subject } from './_errors.ts'
import type { Operation } from './_operation.ts'
import { requestToken, TokenRefused } from './_token.ts'
import { createTokenCache, type Token, type TokenCache } from './_token-cache.ts'

/** Logs in to one registry with one set of credentials, or with none. */
export interface Authenticator {
  /** What to send along; no header as long as the registry has not asked for one. */
  authorize(question: AuthQuestion): Promise<Authorization>
  /** What to send after a refusal, when there is something else to try. @throws Failure `unauthorized` when not. */
  again(refusal: HttpResponse, used: Authorization, question: AuthQuestion): Promise<Authorization>
  /** The registry took it. The token that is needed after it is asked for meanwhile. */
  accepted(used: Authorization, question: AuthQuestion): void
}

export interface Authorization {
  readonly header?: string
  readonly token?: Token
  /** Comes in place of a token for many repositories that was refused. */
  readonly replacesShared?: boolean
}

export interface AuthQuestion {
  readonly subject: Subject
  readonly operation: Operation
}

export interface AuthParts {
  readonly registry: string
  /** Where the API answers, with the scheme in use. */
  readonly base: () => URL
  readonly trustedHosts: readonly string[]
  readonly sharesAnonymousToken: boolean
  readonly credentials: () => Promise<Credentials | undefined>
  /** Repositories that are going to be asked for, so that one token can cover them. */
  readonly coming: () => Iterable<string>
  readonly send: (request: HttpRequest, question: AuthQuestion) => Promise<HttpResponse>
  readonly now: () => Date
}

const LONGEST_URL = 4000
const FOR_ALL = '*'

export function createAuthenticator(parts: AuthParts): Authenticator {
  const tokens = createTokenCache(parts.now)
  const state: State = { challenge: undefined, sharesTokens: true }
  const context: Context = { parts, state, tokens }
  return {
    authorize: (question) => authorize(question, context),
    async again(refusal, used, question) {
      const refused = () => failureOfStatus(refusal.status, question.subject)
      const challenge = chooseChallenge(refusal.headers['www-authenticate'])
      const { token } = used
      if (used.header === undefined) {
        state.challenge = challenge ?? state.challenge
        const next = await authorize(question, context)
        if (next.header === undefined) throw refused()
        return next
      }
      if (token === undefined || used.replacesShared || !(token.isAccepted || token.isShared)) throw refused()
      tokens.drop(question.subject.repository, token)
      const isOutdated = token.isAccepted && (challenge?.params.error === 'invalid_token' || !token.isShared)
      if (isOutdated) return await authorize(question, context)
      return { ...bearer(await ownToken(question, context)), replacesShared: true }
    },
    accepted({ token, replacesShared }, question) {
      if (token?.isShared && !token.isAccepted) fetchNext(question, context)
      if (token !== undefined) token.isAccepted = true
      // The shared token was refused and the single one works: this registry does not do tokens for many.
      if (replacesShared) state.sharesTokens = false
    },
  }
}

interface State {
  challenge: Challenge | undefined
  sharesTokens: boolean
}

interface Context {
  readonly parts: AuthParts
  readonly state: State
  readonly tokens: TokenCache
}

/** Bearer before Basic, where a registry offers both. */
function chooseChallenge(header: string | undefined): Challenge | undefined {
  const offered = parseChallenges(header ?? '')
  const bearer = offered.find(({ scheme, params }) => scheme === 'bearer' && params.realm !== undefined)
  return bearer ?? offered.find(({ scheme }) => scheme === 'basic')
}

async function authorize(question: AuthQuestion, context: Context): Promise<Authorization> {
  const { challenge } = context.state
  if (challenge === undefined) return {}
  if (challenge.scheme === 'bearer') return bearer(await anyToken(question, context))
  const header = basicHeader(await context.parts.credentials())
  return header === undefined ? {} : { header }
}

function bearer(token: Token): Authorization {
  return { header: `Bearer ${token.value}`, token }
}

async function anyToken(question: AuthQuestion, context: Context): Promise<Token> {
  const { parts, state, tokens } = context
  const { repository } = question.subject
  const kept = tokens.get(repository)
  if (kept !== undefined) return await kept.catch(() => ownToken(question, context))
  if (!state.sharesTokens) return await ownToken(question, context)
  const isForAll = parts.sharesAnonymousToken && (await parts.credentials()) === undefined
  const shared = tokens.get(isForAll ? FOR_ALL : repository)
  if (shared !== undefined) return await shared.catch(() => ownToken(question, context))
  const repositories = isForAll ? [] : batchAround(repository, context)
  const asked = fetchToken(repositories, question, context)
  tokens.set(isForAll ? [FOR_ALL] : repositories, asked)
  if (repositories.length === 1) return await asked
  return await asked.catch((error: unknown) => {
    if (state.sharesTokens) throw error
    return ownToken(question, context)
  })
}

async function ownToken(question: AuthQuestion, context: Context): Promise<Token> {
  const { repository } = question.subject
  const kept = await context.tokens.get(repository)?.catch(() => undefined)
  if (kept !== undefined && !kept.isShared) return kept
  const asked = fetchToken([repository], question, context)
  context.tokens.set([repository], asked)
  return await asked
}

/** Has the token for those that come behind this repository's batch at hand when it is their turn, so that nobody waits for it. */
function fetchNext(question: AuthQuestion, context: Context): void {
  const { parts, state, tokens } = context
  if (!state.sharesTokens || tokens.get(FOR_ALL) !== undefined) return
  const order = [...parts.coming()]
  const behind = order.slice(order.lastIndexOf(question.subject.repository) + 1)
  const next = behind.find((repository) => tokens.get(repository) === undefined)
  if (next === undefined) return
  const repositories = batchAround(next, context, behind)
  // Who needs it hears of a failure, and asks for a token of its own.
  if (repositories.length > 1) tokens.set(repositories, fetchToken(repositories, question, context))
}

/** The repository and those that come after it, as many as one URL holds. */
function batchAround(
  repository: string,
  { parts, tokens }: Context,
  coming: Iterable<string> = parts.coming(),
): string[] {
  const batch = new Set([repository])
  let length = 300
  for (const other of coming) {
    if (batch.has(other) || tokens.get(other) !== undefined) continue
    length += other.length + '&scope=repository::pull'.length
    if (length > LONGEST_URL) break
    batch.add(other)
  }
  return [...batch]
}

async function fetchToken(repositories: readonly string[], question: AuthQuestion, context: Context): Promise<Token> {
  const { parts, state } = context
  const token = requestToken(repositories, { challenge: state.challenge, question, parts })
  return await token.catch((error: unknown) => {
    const isRefused = error instanceof TokenRefused
    if (isRefused && repositories.length !== 1) state.sharesTokens = false
    throw isRefused ? error.failure : error
  })
}
