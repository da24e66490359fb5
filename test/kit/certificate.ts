import { readFileSync } from 'node:fs'
import path from 'node:path'

export interface Certificate {
  readonly cert: string
  readonly key: string
}

/** A self-made certificate and its key: for this machine, or for `other.test`. They lie in test/fixtures, so that quick tests need no program to make them. */
export function makeCertificate(name: 'localhost' | 'other' = 'localhost'): Certificate {
  const read = (kind: string): string =>
    readFileSync(path.join(import.meta.dirname, '..', 'fixtures', `${name}.${kind}.pem`), 'utf8')
  return { cert: read('cert'), key: read('key') }
}
