import type { Context } from 'hono'
import { Failure } from '../domain/failure.ts'

const MOST_BYTES = 1024 * 1024

/**
 * The JSON object of a request's body, whatever its content type says.
 * @throws Failure `too-large` over 1 MiB, `invalid` when it is not a JSON object.
 */
export async function readJsonObject(c: Context): Promise<Record<string, unknown>> {
  const text = await readText(c)
  const value = parse(text)
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new Failure('invalid', 'The body must be a JSON object.')
  }
  return value as Record<string, unknown>
}

async function readText(c: Context): Promise<string> {
  const declared = c.req.header('content-length')
  if (Number(declared ?? 0) > MOST_BYTES) throw tooLarge()
  if (declared !== undefined) return await c.req.text()
  const chunks: Uint8Array[] = []
  let bytes = 0
  for await (const chunk of c.req.raw.body ?? []) {
    bytes += chunk.byteLength
    if (bytes > MOST_BYTES) throw tooLarge()
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw new Failure('invalid', 'The body is not valid JSON.', { cause })
  }
}

function tooLarge(): Failure {
  return new Failure('too-large', 'The body is larger than 1 MiB.')
}
