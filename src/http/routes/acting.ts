import type { OpenAPIHono } from '@hono/zod-openapi'
import { Failure } from '../../domain/failure.ts'
import * as contract from '../contract.ts'
import { operatorOnly, setSecret } from '../credentials.ts'
import type { HttpEnv, RouteParts } from '../parts.ts'

/** The routes of `/api/v1` that make the server do something: only for who proves to be the operator. */
export function addActing(app: OpenAPIHono<HttpEnv>, { engine, log, options, stream }: RouteParts): void {
  const guard = operatorOnly(setSecret(options.token))
  for (const path of ['/api/v1/checks', '/api/v1/deliveries/repeat', '/api/v1/channels/test']) app.post(path, guard)
  app.post('/api/v1/deliveries/:id/repeat', guard)

  app.openapi(contract.startCheck, async (c) => {
    const { image } = c.req.valid('json') ?? {}
    const run = engine.check('manual', { image })
    if (c.req.valid('query').wait === 'true') return c.json(await run, 200)
    run.catch((error: unknown) => log.error({ error, image }, 'A check that was asked for over HTTP failed'))
    return c.json({ checking: true as const, image }, 202)
  })
  app.openapi(contract.repeatDeliveries, async (c) => {
    const repeated = await engine.repeatDeliveries(undefined)
    stream.wake()
    return c.json({ repeated }, 200)
  })
  app.openapi(contract.repeatDelivery, async (c) => {
    const { id } = c.req.valid('param')
    const repeated = await engine.repeatDeliveries(id)
    if (repeated === 0) throw new Failure('not-found', `There is no failed delivery with the id "${id}".`)
    stream.wake()
    return c.json({ repeated }, 200)
  })
  app.openapi(contract.testChannels, async (c) => {
    const { channel } = c.req.valid('json') ?? {}
    return c.json({ told: await engine.testChannels(channel, c.req.raw.signal) }, 200)
  })
}
