import { Failure, type FailureCode } from '../domain/failure.ts'
import { HttpError, type HttpErrorKind } from '../lib/http/types.ts'

/** What was asked, for the words of an error. */
export interface Subject {
  /** As people write it: `docker.io`. */
  readonly registry: string
  readonly repository: string
  /** `tag "1.27"`, `the tag list`. */
  readonly what: string
  /** Where the credentials in use come from; undefined = none. */
  readonly credentials?: string | undefined
}

const CODE_BY_STATUS: Readonly<Record<number, FailureCode>> = {
  401: 'unauthorized',
  403: 'forbidden',
  404: 'not-found',
}

/** Turns an answer that is no success into a failure that names registry, repository, status and what to do. */
export function failureOfStatus(status: number, subject: Subject): Failure {
  const code = CODE_BY_STATUS[status] ?? 'unavailable'
  return new Failure(
    code,
    `${subject.registry} ${verdictOf(status)} ${subject.what} of ${subject.repository} (${status}).`,
    {
      remedy: remedyOf(status, subject),
    },
  )
}

/** Turns a connection's failure into one for people. An abort passes through as what it is. */
export function failureOfConnection(error: unknown, { registry, repository, what }: Subject): unknown {
  if (!(error instanceof HttpError) || error.kind === 'aborted') return error
  const asked = registry === error.host ? '' : ` for ${registry}`
  return new Failure('unavailable', `${error.message}: could not ask${asked} for ${what} of ${repository}.`, {
    remedy: CONNECTION_REMEDY[error.kind],
    cause: error,
  })
}

/** The registry asked for a pause that is too long to sit out. */
export function failureOfPause(host: string, until: Date, { repository }: Subject): Failure {
  return new Failure(
    'unavailable',
    `${host} asks to be left alone until ${until.toISOString()}; ${repository} was not asked for.`,
    {
      remedy: 'Check less often, or log in: registries allow more to those they know.',
    },
  )
}

export function failureOfTimeout(timeoutMs: number, { registry, repository, what }: Subject): Failure {
  return new Failure('unavailable', `${registry} did not tell ${what} of ${repository} within ${timeoutMs / 1000} s.`, {
    remedy: 'Raise `timeout` of the regopts entry for this registry.',
  })
}

const CONNECTION_REMEDY: Readonly<Partial<Record<HttpErrorKind, string>>> = {
  refused:
    'Check that the registry runs and that host and port are right; set `insecureTLS` if it speaks plain http only.',
  dns: 'Check the spelling of the host and the name server of this machine.',
  tls: 'Give its authority as `caFile` in regopts, or skip the check with `insecureTLS`.',
  timeout: 'Check the way to the registry: network, firewall, proxy.',
  closed: 'It is tried again at the next check.',
  proxy: 'Check HTTPS_PROXY and NO_PROXY, or `proxy` in regopts.',
}

function verdictOf(status: number): string {
  if (status === 401) return 'wants a login for'
  if (status === 403) return 'does not allow us to see'
  if (status === 404) return 'does not have'
  if (status === 429) return 'had too many requests to tell'
  return status >= 500 ? 'failed to tell' : 'does not answer for'
}

function remedyOf(status: number, { registry, credentials }: Subject): string {
  if (status === 401 || status === 403)
    return credentials === undefined
      ? loginRemedy(registry)
      : `Check the ${credentials}: user, password and what they may read.`
  if (status === 404) {
    const login =
      credentials === undefined
        ? ' A private repository may look as if it did not exist: log in with regopts or `docker login`.'
        : ''
    return `Check the spelling of name and tag.${login}`
  }
  if (status === 429) return 'Check less often, or log in: registries allow more to those they know.'
  return status >= 500 ? 'It is tried again at the next check.' : 'Check that this host is a container registry.'
}

function loginRemedy(registry: string): string {
  return `It is private, or does not exist. Give credentials in regopts, or by \`docker login ${registry}\`.`
}
