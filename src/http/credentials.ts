import { createHash, timingSafeEqual } from 'node:crypto'
import type { Context, MiddlewareHandler } from 'hono'
import { Failure } from '../domain/failure.ts'
import type { Secret } from '../lib/secret.ts'
import type { HttpEnv } from './parts.ts'

/**
 * Whether an `Authorization` header brings the secret, as it is or behind `Bearer`. Hashes are compared, so that neither
 * content nor length shows in the time it takes; both forms are always tried.
 */
export function bringsSecret(header: string | undefined, secret: Secret): boolean {
  // A file ends with a line break, which no header can hold.
  const wanted = secret.reveal().replace(/\r?\n$/, '')
  const given = header ?? ''
  const [raw, bearer] = [isEqual(given, wanted), isEqual(given.replace(/^bearer +/i, ''), wanted)]
  return wanted !== '' && (raw || bearer)
}

/** A secret that is set; an empty one counts as none. */
export function setSecret(secret: Secret | undefined): Secret | undefined {
  return secret === undefined || secret.reveal() === '' ? undefined : secret
}

/** Lets pass who proves to be the operator: by the token, or by coming over the control socket. */
export function operatorOnly(token: Secret | undefined): MiddlewareHandler<HttpEnv> {
  return async (c, next) => {
    requireOperator(c, token)
    await next()
  }
}

function requireOperator(c: Context<HttpEnv>, token: Secret | undefined): void {
  if (c.env?.operator === true) return
  if (token === undefined) {
    throw new Failure(
      'forbidden',
      'This server acts over the network only for those who bring its token, and none is set.',
      {
        remedy:
          'Set server.token (SEAWORTHY_SERVER_TOKEN) and send it as "Authorization: Bearer …", or use the seaworthy command on the machine itself.',
      },
    )
  }
  if (bringsSecret(c.req.header('authorization'), token)) return
  throw new Failure('unauthorized', 'The token is missing or wrong.', {
    remedy: 'Send the value of server.token as "Authorization: Bearer …".',
  })
}

function isEqual(a: string, b: string): boolean {
  return timingSafeEqual(digest(a), digest(b))
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}
