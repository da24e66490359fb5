import type { OpenAPIHono } from '@hono/zod-openapi'
import * as contract from '../contract-updates.ts'
import type { HttpEnv, RouteParts } from '../parts.ts'
import { nameBetween } from '../raw-path.ts'
import { toWireOutlook, toWirePlan, toWireReport, toWireUpdate } from '../updates-wire.ts'

/** The routes of `/api/v1` that look at updates of workloads. */
export function addRollouts(app: OpenAPIHono<HttpEnv>, { updates }: RouteParts): void {
  app.openapi(contract.getOutlooks, async (c) =>
    c.json({ outlooks: (await updates.outlooks()).map(toWireOutlook) }, 200),
  )
  app.openapi(contract.getRollouts, async (c) => {
    const { open, workload, most } = c.req.valid('query')
    const filter = { workload, most, open: open === undefined ? undefined : open === 'true' }
    const listed = (await updates.list(filter)).map(toWireUpdate)
    return c.json({ updates: listed, paused: await updates.paused() }, 200)
  })
  app.openapi(contract.getRollout, async (c) => c.json(toWireReport(await updates.get(c.req.valid('param').id)), 200))
  // These two are routed by hand: an id may hold raw slashes, which `{id}` does not match.
  app.openAPIRegistry.registerPath(contract.getOutlook)
  app.get('/api/v1/workloads/:id{.+}/outlook', async (c) =>
    c.json(toWireOutlook(await updates.outlook(nameBetween(c.req.path, '/api/v1/workloads/', '/outlook')))),
  )
  app.openAPIRegistry.registerPath(contract.getPlan)
  app.get('/api/v1/workloads/:id{.+}/plan', async (c) =>
    c.json(toWirePlan(await updates.plan(nameBetween(c.req.path, '/api/v1/workloads/', '/plan'), c.req.raw.signal))),
  )
}
