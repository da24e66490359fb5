import { Failure, type FailureCode } from '../domain/failure.ts'
import { DockerError, type DockerErrorKind } from './errors.ts'

type Explain = (error: DockerError) => { code: FailureCode; message: string; remedy?: string }

/**
 * What a `DockerError` means for the people who run us, with what they can do about it; any other error is given back
 * as it is. `where` names the place in their words: `docker host "nas"`.
 */
export function dockerFailure(error: unknown, where?: string): unknown {
  if (!(error instanceof DockerError)) return error
  const { code, message, remedy } = EXPLAIN[error.kind](error)
  return new Failure(code, message, { where, remedy, cause: error })
}

const EXPLAIN: Record<DockerErrorKind, Explain> = {
  'no-socket': ({ endpoint }) => ({
    code: 'unavailable',
    message: `There is no Docker socket at ${endpoint}.`,
    remedy:
      'Start Docker; when this runs in a container, mount the socket: -v /var/run/docker.sock:/var/run/docker.sock.',
  }),
  denied: ({ endpoint }) => ({
    code: 'forbidden',
    message: `The Docker socket ${endpoint} may not be opened by this user.`,
    remedy:
      'Add the user to the group docker; in a container, add the group of the socket (group_add) or use a socket proxy.',
  }),
  refused: ({ endpoint }) => ({
    code: 'unavailable',
    message: `Nothing listens at ${endpoint}.`,
    remedy: 'Start Docker and check the address; the port is usually 2376 with TLS and 2375 without.',
  }),
  dns: ({ endpoint }) => ({
    code: 'unavailable',
    message: `The host of ${endpoint} cannot be found by name.`,
    remedy: 'Check the name and, when this runs in a container, that both are in one network.',
  }),
  tls: ({ endpoint, message }) => ({
    code: 'unavailable',
    message: `No secure connection to ${endpoint}: ${lastLine(message)}.`,
    remedy: 'Check that ca.pem, cert.pem and key.pem in tlsCertsPath belong to this engine and have not expired.',
  }),
  timeout: ({ endpoint, method, path }) => ({
    code: 'unavailable',
    message: `${endpoint} did not answer ${method} ${path} in time.`,
    remedy: 'See whether `docker ps` answers there; a firewall or an overloaded host can be the reason.',
  }),
  ssh: ({ endpoint, message }) => ({
    code: 'unavailable',
    message: `No way to ${endpoint}: ${message}`,
    remedy:
      'Try `ssh HOST docker system dial-stdio` as this user; it needs a key without a passphrase and a known host.',
  }),
  closed: ({ endpoint, method, path }) => ({
    code: 'unavailable',
    message: `${endpoint} closed the connection on ${method} ${path}.`,
    remedy: 'Check that it is a Docker Engine and, where it wants TLS, that tlsCertsPath is set.',
  }),
  protocol: ({ endpoint, message }) => ({
    code: 'unavailable',
    message: `${endpoint} does not answer like a Docker Engine: ${lastLine(message)}.`,
    remedy: 'Check the address; a port with TLS needs tlsCertsPath or https://.',
  }),
  answer: explainAnswer,
}

const CODE_BY_STATUS: Record<number, FailureCode> = {
  400: 'invalid',
  401: 'unauthorized',
  403: 'forbidden',
  404: 'not-found',
  405: 'unsupported',
  409: 'conflict',
  501: 'unsupported',
}

function explainAnswer(error: DockerError): ReturnType<Explain> {
  const { endpoint, method, path, status = 0, message } = error
  const code = CODE_BY_STATUS[status] ?? 'unavailable'
  if (status === 403)
    return {
      code,
      message: `${endpoint} does not allow ${method} ${path}.`,
      remedy: `Where a socket proxy stands before Docker, allow it: ${permissionsFor(method, path).join(', ')}.`,
    }
  if (/HTTP request to an HTTPS server/i.test(message))
    return { code, message: `${endpoint} wants TLS.`, remedy: 'Set tlsCertsPath, or write the address as https://.' }
  if (/client version .* is too (?:old|new)/i.test(message))
    return { code: 'unsupported', message: `${endpoint}: ${message}.`, remedy: 'Remove or change apiVersion.' }
  return { code, message: `${endpoint} answered ${method} ${path} with ${status}: ${lastLine(message)}.` }
}

/** The switches that the common socket proxies have for a call: one for each family of paths, and one for all writing. */
function permissionsFor(method: string, path: string): readonly string[] {
  const family = /^\/_?([a-z]+)/.exec(path)?.[1]?.toUpperCase()
  const reads = method === 'GET' || method === 'HEAD'
  return [...(family === undefined ? [] : [`${family}=1`]), ...(reads ? [] : ['POST=1'])]
}

function lastLine(text: string): string {
  return (text.trim().split('\n').at(-1) ?? '').replace(/\.$/, '')
}
