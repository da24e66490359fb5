import { HttpError, type HttpErrorKind } from './types.ts'

const KIND_BY_CODE: Readonly<Record<string, HttpErrorKind>> = {
  ECONNREFUSED: 'refused',
  EHOSTUNREACH: 'refused',
  ENETUNREACH: 'refused',
  EHOSTDOWN: 'refused',
  EADDRNOTAVAIL: 'refused',
  ENOTFOUND: 'dns',
  EAI_AGAIN: 'dns',
  EAI_FAIL: 'dns',
  ETIMEDOUT: 'timeout',
  EPROTO: 'tls',
}

const TLS_CODE =
  /^(?:CERT_|UNABLE_TO_|ERR_TLS_|ERR_SSL_|ERR_OSSL_|SELF_SIGNED_|DEPTH_ZERO_|HOSTNAME_MISMATCH|INVALID_CA)/

const TEXT: Readonly<Record<HttpErrorKind, string>> = {
  refused: 'cannot be reached',
  dns: 'has no address',
  tls: 'has no certificate that is trusted, or no TLS',
  timeout: 'did not answer in time',
  aborted: 'was no longer asked: cancelled',
  closed: 'closed the connection',
  'too-large': 'sent a larger answer than allowed',
  protocol: 'does not speak proper HTTP',
  proxy: 'cannot be reached through the proxy',
}

/** Says what a failure of Node's network code means. Its text names the host and Node's own code, never a path. */
export function toHttpError(error: unknown, host: string): HttpError {
  if (error instanceof HttpError) return error
  const code = codeOf(error)
  const kind = kindOf(code)
  return new HttpError(kind, host, `${host} ${TEXT[kind]}${code === '' ? '' : ` (${code})`}`, { cause: error })
}

/** An error with the standard text of its kind; `detail` must not hold anything secret. */
export function httpError(kind: HttpErrorKind, host: string, detail = ''): HttpError {
  return new HttpError(kind, host, `${host} ${TEXT[kind]}${detail === '' ? '' : ` (${detail})`}`)
}

export function codeOf(error: unknown): string {
  const code = (error as { code?: unknown } | undefined)?.code
  return typeof code === 'string' ? code : ''
}

function kindOf(code: string): HttpErrorKind {
  const known = KIND_BY_CODE[code]
  if (known !== undefined) return known
  if (TLS_CODE.test(code)) return 'tls'
  return code.startsWith('HPE_') || code.startsWith('ERR_HTTP_') ? 'protocol' : 'closed'
}
