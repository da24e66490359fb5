import { readFileSync } from 'node:fs'
import { inspect } from 'node:util'

/** A value that prints as `***` wherever it ends up: logs, errors, JSON, templates. Only `reveal()` gives it out. */
export interface Secret {
  /** The value as it is now. A secret kept in a file is read at each call, so that a rotated one is picked up. Throws when the file is gone. */
  reveal(): string
  toString(): string
  toJSON(): string
}

const MASK = '***'

/** Makes a secret from a value that is at hand. */
export function secretOf(value: string): Secret {
  return mask(() => value)
}

/** Makes a secret that is read from `path` at each use, byte for byte, without trimming. */
export function secretInFile(path: string): Secret {
  return mask(() => readFileSync(path, 'utf8'))
}

function mask(reveal: () => string): Secret {
  const secret = { reveal, toString: () => MASK, toJSON: () => MASK, [inspect.custom]: () => MASK }
  // Not enumerable: a spread or a structured log must not find the way in.
  for (const key of Object.keys(secret)) Object.defineProperty(secret, key, { enumerable: false })
  return secret
}
