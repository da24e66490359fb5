import { z } from '@hono/zod-openapi'
import { Failure } from '../domain/failure.ts'
import type { HttpRequest } from '../lib/http/types.ts'
import type { AuthParts, AuthQuestion } from './_auth.ts'
import type { Challenge } from './_challenge.ts'
import { basicHeader, type Credentials } from './_credentials.ts'
import { failureOfStatus, type Subject } from './_errors.ts'
import { readJson } from './_json.ts'
import { isTrustedRealm } from './_realm.ts'
import type { Token } from './_token-cache.ts'

/** The token server understood and said no; asking for less may help. */
export class TokenRefused extends Error {
  readonly failure: Failure

  constructor(failure: Failure) {
    super(failure.message, { cause: failure })
    this.name = 'TokenRefused'
    this.failure = failure
  }
}

export interface TokenOptions {
  readonly challenge: Challenge | undefined
  readonly question: AuthQuestion
  readonly parts: AuthParts
}

/** What a header can hold (RFC 9110, 11.2: token68, taken generously). */
const TokenText = z
  .string()
  .regex(/^[\x21-\x7e]*$/)
  .nullish()
const TokenAnswer = z.object({
  token: TokenText,
  access_token: TokenText,
  expires_in: z.coerce.number().positive().nullish().catch(undefined),
})
const DEFAULT_LIFETIME_S = 60
const LONGEST_MARGIN_S = 10
const CLIENT_ID = 'seaworthy'

/**
 * Gets one token that may pull all these repositories; for none, one without a scope.
 * @throws Failure, TokenRefused
 */
export async function requestToken(
  repositories: readonly string[],
  { challenge, question, parts }: TokenOptions,
): Promise<Token> {
  const { subject } = question
  const { realm, service } = realmOf(challenge, subject, parts)
  const scopes = repositories.map((repository) => `repository:${repository}:pull`)
  const request = tokenRequest({ realm, service, scopes, credentials: await parts.credentials() })
  const { status, body } = await parts.send(request, question)
  if (status !== 200) {
    const failure = failureOfStatus(status, { ...subject, what: 'a token for the image' })
    throw status >= 400 && status < 500 && status !== 429 ? new TokenRefused(failure) : failure
  }
  const answer = readJson(TokenAnswer, body)
  const value = answer?.token || answer?.access_token
  if (!value) {
    throw new Failure('unavailable', `${realm.host} gave no token for ${subject.repository}.`, {
      remedy: 'Check that the registry and its token server are set up for each other.',
    })
  }
  const lifetime = answer?.expires_in || DEFAULT_LIFETIME_S
  const margin = Math.min(lifetime / 10, LONGEST_MARGIN_S)
  const expiresAt = parts.now().getTime() + (lifetime - margin) * 1000
  return { value, expiresAt, isShared: scopes.length !== 1, isAccepted: false }
}

export interface TokenQuestion {
  readonly realm: URL
  readonly service: string | undefined
  readonly scopes: readonly string[]
  readonly credentials: Credentials | undefined
}

/**
 * The request for a token (distribution, token authentication: `GET` with Basic or without credentials; OAuth 2: `POST`
 * with a refresh token). A realm may have a query of its own.
 */
export function tokenRequest({ realm, service, scopes, credentials }: TokenQuestion): HttpRequest {
  if (credentials?.kind === 'identity') {
    const form = new URLSearchParams({
      grant_type: 'refresh_token',
      client_id: CLIENT_ID,
      refresh_token: credentials.token,
    })
    if (service !== undefined) form.set('service', service)
    if (scopes.length > 0) form.set('scope', scopes.join(' '))
    const headers = { 'content-type': 'application/x-www-form-urlencoded', accept: 'application/json' }
    return { method: 'POST', url: realm, headers, body: form.toString() }
  }
  const basic = basicHeader(credentials)
  const account = credentials === undefined ? [] : [`account=${encodeURIComponent(credentials.username)}`]
  const named = service === undefined ? [] : [`service=${encodeURIComponent(service)}`]
  const query = [...account, ...named, ...scopes.map((scope) => `scope=${encodeScope(scope)}`)].join('&')
  const url = new URL(realm)
  url.search = [url.search.slice(1), query].filter((part) => part !== '').join('&')
  return {
    method: 'GET',
    url,
    headers: { accept: 'application/json', ...(basic === undefined ? {} : { authorization: basic }) },
    redirects: 2,
  }
}

// Colon, slash and comma may stand in a query as they are (RFC 3986, 3.4); more repositories fit in then.
function encodeScope(scope: string): string {
  return encodeURIComponent(scope).replace(/%3A|%2F|%2C/g, decodeURIComponent)
}

function realmOf(challenge: Challenge | undefined, { registry }: Subject, parts: AuthParts) {
  const realm = URL.parse(challenge?.params.realm ?? '')
  if (realm === null) {
    throw new Failure('unavailable', `${registry} asks for a login and does not say where.`, {
      remedy: 'Check how the registry is set up: its token realm must be a URL.',
    })
  }
  realm.username = ''
  realm.password = ''
  const base = parts.base()
  if (!isTrustedRealm({ realm, registry: base, name: registry, trusted: parts.trustedHosts })) {
    throw new Failure(
      'forbidden',
      `${registry} asks for a login at ${realm.origin}, which is not known to belong to it.`,
      {
        remedy: `If it is right, name ${realm.host} in \`tokenHosts\` of a regopts entry for ${registry}; plain http is never used from https.`,
      },
    )
  }
  return { realm, service: challenge?.params.service }
}
