/**
 * What went wrong between us and the engine. `answer`: it answered with an error, see `status`; everything else: there
 * was no usable answer.
 */
export type DockerErrorKind =
  | 'answer'
  | 'no-socket'
  | 'denied'
  | 'refused'
  | 'dns'
  | 'tls'
  | 'timeout'
  | 'ssh'
  | 'closed'
  | 'protocol'

export interface DockerErrorDetails {
  readonly endpoint: string
  readonly method: string
  /** Without version and query. */
  readonly path: string
  readonly status?: number
  readonly cause?: unknown
}

/** The engine, or the way to it, said no. `message` is the engine's own text where it gave one. */
export class DockerError extends Error {
  readonly kind: DockerErrorKind
  readonly status: number | undefined
  readonly endpoint: string
  readonly method: string
  readonly path: string

  constructor(kind: DockerErrorKind, message: string, details: DockerErrorDetails) {
    super(message, { cause: details.cause })
    this.name = 'DockerError'
    this.kind = kind
    this.status = details.status
    this.endpoint = details.endpoint
    this.method = details.method
    this.path = details.path
  }
}

/** ssh could not be started, or ended before the engine answered; carries what it printed. */
export class SshError extends Error {
  override readonly name = 'SshError'
}

/** Whether the engine answered with that status. */
export function hasStatus(error: unknown, ...statuses: readonly number[]): error is DockerError {
  return error instanceof DockerError && error.status !== undefined && statuses.includes(error.status)
}

const KIND_BY_CODE: Record<string, DockerErrorKind> = {
  ENOENT: 'no-socket',
  ENOTDIR: 'no-socket',
  ENOTSOCK: 'no-socket',
  EACCES: 'denied',
  EPERM: 'denied',
  ECONNREFUSED: 'refused',
  EHOSTUNREACH: 'refused',
  ENETUNREACH: 'refused',
  EHOSTDOWN: 'refused',
  ENOTFOUND: 'dns',
  EAI_AGAIN: 'dns',
  ETIMEDOUT: 'timeout',
  ECONNRESET: 'closed',
  EPIPE: 'closed',
  EPROTO: 'tls',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'tls',
  SELF_SIGNED_CERT_IN_CHAIN: 'tls',
}

/** Turns what a socket, TLS or ssh threw into a `DockerError`. */
export function transportError(cause: unknown, details: Omit<DockerErrorDetails, 'cause' | 'status'>): DockerError {
  const error = cause instanceof Error ? cause : new Error(String(cause))
  return new DockerError(kindOf(error), error.message, { ...details, cause })
}

function kindOf(error: Error): DockerErrorKind {
  if (error instanceof SshError) return 'ssh'
  if (error.name === 'TimeoutError') return 'timeout'
  const code = 'code' in error && typeof error.code === 'string' ? error.code : ''
  const known = KIND_BY_CODE[code]
  if (known !== undefined) return known
  if (/^(?:ERR_SSL_|ERR_TLS_|CERT_|UNABLE_TO_)/.test(code)) return 'tls'
  return code.startsWith('HPE_') ? 'protocol' : 'closed'
}
