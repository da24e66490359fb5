import { Failure } from '../domain/failure.ts'

/** Where a Docker Engine listens. */
export type Endpoint =
  | { readonly kind: 'unix'; readonly path: string }
  | {
      readonly kind: 'tcp'
      readonly host: string
      readonly port: number
      readonly tls: boolean
      /** What a reverse proxy puts before every path; empty or `/docker`. */
      readonly basePath: string
    }
  | {
      readonly kind: 'ssh'
      readonly host: string
      readonly user?: string
      readonly port?: number
      /** The socket on the other side, where it is not the default one. */
      readonly socket?: string
    }

export interface EndpointOptions {
  /** Client certificates were given, so that `tcp://` means TLS. */
  readonly hasTls: boolean
  /** Stands for `~` in `unix://~/…`. */
  readonly home: string
}

const PLAIN_PORT = 2375
const TLS_PORT = 2376
const REMEDY = 'Write it as unix:///var/run/docker.sock, tcp://host:2376 or ssh://user@host.'

/**
 * Reads an endpoint as the docker command line takes it in `DOCKER_HOST`, and `http(s)://` besides. A path alone is a
 * socket.
 * @throws Failure `invalid` or, for Windows pipes, `unsupported`.
 */
export function parseEndpoint(text: string, options: EndpointOptions): Endpoint {
  if (text.startsWith('/')) return { kind: 'unix', path: text }
  const [, scheme, rest] = /^([a-z]+):\/\/(.*)$/i.exec(text) ?? []
  if (scheme === undefined || rest === undefined || rest === '') throw malformed(text, 'it has no scheme')
  switch (scheme.toLowerCase()) {
    case 'unix':
      return { kind: 'unix', path: socketPath(text, rest, options.home) }
    case 'tcp':
      return overNetwork(text, options.hasTls)
    case 'http':
      return overNetwork(text, false)
    case 'https':
      return overNetwork(text, true)
    case 'ssh':
      return overSsh(text)
    case 'npipe':
      throw new Failure('unsupported', `Windows named pipes ("${text}") cannot be reached.`, {
        remedy: 'Expose the engine over TCP with TLS or over ssh and give that address.',
      })
    default:
      throw malformed(text, `"${scheme}" is not a way to reach a Docker Engine`)
  }
}

function socketPath(text: string, rest: string, home: string): string {
  const path = rest.startsWith('~/') ? `${home}/${rest.slice(2)}` : rest
  if (!path.startsWith('/')) throw malformed(text, 'the path of the socket must begin with /')
  return path
}

function overNetwork(text: string, tls: boolean): Endpoint {
  const url = parseUrl(text)
  if (url.hostname === '') throw malformed(text, 'it names no host')
  if (url.username !== '' || url.password !== '') throw malformed(text, 'user and password have no use here')
  return {
    kind: 'tcp',
    host: url.hostname.replace(/^\[(.*)\]$/, '$1'),
    port: url.port === '' ? defaultPort(text, tls) : Number(url.port),
    tls,
    basePath: url.pathname.replace(/\/+$/, ''),
  }
}

function defaultPort(text: string, tls: boolean): number {
  if (/^tcp:/i.test(text)) return tls ? TLS_PORT : PLAIN_PORT
  return tls ? 443 : 80
}

// What ends up on the command line of ssh must not be able to become an option, nor, on the other side, shell text.
const SSH_WORD = /^[A-Za-z0-9_][A-Za-z0-9_.@-]*$/
const SSH_HOST = /^(?:[A-Za-z0-9_][A-Za-z0-9_.-]*|[0-9a-fA-F:.]+)$/
const SSH_SOCKET = /^\/[\w./-]+$/

function overSsh(text: string): Endpoint {
  const url = parseUrl(text)
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1')
  if (url.password !== '') throw malformed(text, 'ssh takes a key, not a password')
  if (!SSH_HOST.test(host)) throw malformed(text, `"${host}" is not a host name`)
  const user = url.username
  if (user !== '' && !SSH_WORD.test(user)) throw malformed(text, `"${user}" is not a user name`)
  const socket = url.pathname === '/' ? '' : url.pathname
  if (socket !== '' && !SSH_SOCKET.test(socket)) throw malformed(text, `"${socket}" is not the path of a socket`)
  return {
    kind: 'ssh',
    host,
    ...(user === '' ? {} : { user }),
    ...(url.port === '' ? {} : { port: Number(url.port) }),
    ...(socket === '' ? {} : { socket }),
  }
}

function parseUrl(text: string): URL {
  // Under a scheme that URL does not know, default ports are not dropped and hosts are not rewritten.
  const neutral = text.replace(/^[a-z]+:/i, 'docker:')
  const url = URL.parse(neutral)
  // The parser's own error would quote the address.
  if (url === null) throw malformed(text, 'host or port cannot be read')
  return url
}

function malformed(text: string, why: string): Failure {
  // A password may stand there, even where none is taken.
  const shown = text.replace(/\/\/.*@/s, '//***@')
  return new Failure('invalid', `"${shown}" is not the address of a Docker Engine: ${why}.`, { remedy: REMEDY })
}
