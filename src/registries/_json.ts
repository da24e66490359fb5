import type { z } from '@hono/zod-openapi'

/** Reads a body as JSON of a known shape; undefined when it is neither. */
export function readJson<Schema extends z.ZodType>(schema: Schema, body: Uint8Array): z.output<Schema> | undefined {
  let content: unknown
  try {
    content = JSON.parse(new TextDecoder().decode(body))
  } catch {
    return undefined
  }
  const parsed = schema.safeParse(content)
  return parsed.success ? parsed.data : undefined
}
