import { z } from '@hono/zod-openapi'
import { Failure } from './schemas.ts'

/** How many of a list, the newest first. */
export const most = z.coerce.number().int().min(1).max(500).default(50).openapi({ type: 'integer' })

export const failures = { default: { description: 'What went wrong.', content: jsonOf(Failure) } }

/** Filled only for routes that make the server act. */
export const operator = [{ token: [] }]

/** A body or an answer in JSON. */
export function jsonOf<Schema extends z.ZodType>(schema: Schema) {
  return { 'application/json': { schema } }
}
