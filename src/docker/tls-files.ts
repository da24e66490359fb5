import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { Failure } from '../domain/failure.ts'
import type { DockerTls } from './wire.ts'

/**
 * Reads `ca.pem`, `cert.pem` and `key.pem` of a folder, as docker keeps them. Without the authority the system's are
 * trusted.
 * @throws Failure `not-found` when the client certificate is not there, with the path.
 */
export async function readTlsFiles(folder: string, { verify, home }: { verify: boolean; home: string }) {
  const place = folder.replace(/^~(?=\/|$)/, home)
  const ca = await readFile(path.join(place, 'ca.pem'), 'utf8').catch(() => undefined)
  const cert = await readPem(path.join(place, 'cert.pem'))
  const key = await readPem(path.join(place, 'key.pem'))
  return { cert, key, verify, ...(ca === undefined ? {} : { ca }) } satisfies DockerTls
}

async function readPem(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8')
  } catch (cause) {
    throw new Failure('not-found', `The file ${file} cannot be read.`, {
      remedy: 'tlsCertsPath is a folder with ca.pem, cert.pem and key.pem.',
      cause,
    })
  }
}
