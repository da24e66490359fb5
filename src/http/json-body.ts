import type { z } from '@hono/zod-openapi'
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

/**
 * The body as the schema says, for routes that are made by hand. No body counts as an empty object.
 * @throws Failure `too-large` or `invalid`.
 */
export async function parseBody<Schema extends z.ZodType>(c: Context, schema: Schema): Promise<z.output<Schema>> {
  const text = await readText(c)
  return parseWith(schema, text === '' ? {} : parse(text))
}

/** @throws Failure `invalid` that names every problem. */
export function parseWith<Schema extends z.ZodType>(schema: Schema, value: unknown): z.output<Schema> {
  const parsed = schema.safeParse(value)
  if (!parsed.success) throw invalidRequest(parsed.error.issues)
  return parsed.data
}

/** The failure of a request that is not as its contract says. */
export function invalidRequest(issues: readonly { path: readonly PropertyKey[]; message: string }[]): Failure {
  const problems = issues.map(({ path, message }) => (path.length === 0 ? message : `${path.join('.')}: ${message}`))
  return new Failure('invalid', `The request is not as it must be: ${problems.join('; ')}.`, {
    remedy: 'See /api/v1/openapi.json.',
  })
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
