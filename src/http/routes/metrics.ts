import type { OpenAPIHono } from '@hono/zod-openapi'
import { Failure } from '../../domain/failure.ts'
import { bringsSecret, setSecret } from '../credentials.ts'
import type { HttpEnv, RouteParts } from '../parts.ts'

/** The metrics for Prometheus, for who brings their token where one is set. */
export function addMetrics(app: OpenAPIHono<HttpEnv>, parts: RouteParts, path: string): void {
  const secret = setSecret(parts.options.metrics.token)
  app.get(path, async (c) => {
    if (secret !== undefined && !bringsSecret(c.req.header('authorization'), secret)) {
      throw new Failure('unauthorized', 'The token for metrics is missing or wrong.')
    }
    const { renderMetrics } = await import('../metrics.ts')
    const { contentType, text } = await renderMetrics(parts)
    return c.body(text, 200, { 'content-type': contentType })
  })
}
