import { Failure } from '../domain/failure.ts'
import type { HttpBindings } from './parts.ts'

/**
 * The path as the client wrote it: not decoded, not normalised, without the query. Image names hold `/`, `:` and `@`, so
 * whoever takes a name out of a path must be the only one to decode it.
 */
export function rawPathOf(request: Request, { env }: { env?: HttpBindings | undefined } = {}): string {
  const target = env?.incoming?.url ?? request.url
  // The absolute form of RFC 9112, section 3.2.2, which proxies send.
  const path = target.startsWith('/') ? target : target.replace(/^[a-z]+:\/\/[^/?#]*/i, '')
  const end = path.search(/[?#]/)
  return (end < 0 ? path : path.slice(0, end)) || '/'
}

/**
 * What follows `prefix` in a raw path, percent-decoded once.
 * @throws Failure `invalid` when it is empty or no valid percent-encoding.
 */
export function nameAfter(prefix: string, rawPath: string): string {
  const name = decodeName(rawPath.slice(prefix.length))
  if (name === '') throw new Failure('invalid', `The path ends where a name is expected, behind ${prefix}.`)
  return name
}

function decodeName(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch (cause) {
    throw new Failure('invalid', 'The path holds a broken percent-encoding.', { cause })
  }
}

/** What stands between the two in a raw path, percent-decoded once. @throws Failure `invalid`. */
export function nameBetween(rawPath: string, before: string, after: string): string {
  return decodeName(rawPath.slice(before.length, -after.length))
}
