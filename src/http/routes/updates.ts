import type { OpenAPIHono } from '@hono/zod-openapi'
import { acknowledgeUpdate, type ListedUpdate, listUpdates } from '../../store/updates.ts'
import { methodNotAllowed } from '../failure-response.ts'
import type { HttpEnv, RouteParts } from '../parts.ts'
import { nameAfter } from '../raw-path.ts'

/** What a time that was never set looks like to the contract's clients. */
const NO_TIME = '0001-01-01T00:00:00Z'

/** `/api/updates` of the dashboard contract: what was reported, and acknowledging it. */
export function addUpdates(app: OpenAPIHono<HttpEnv>, { store, now, stream }: RouteParts): void {
  app.all('/api/updates', async (c) => {
    if (c.req.method !== 'GET' && c.req.method !== 'HEAD') return methodNotAllowed(c, ['GET', 'HEAD'])
    const updates = await listUpdates(store.db)
    return c.json(Object.fromEntries(updates.map((update) => [update.row.image, toWire(update)])))
  })
  app.all('/api/updates/*', async (c) => {
    if (c.req.method !== 'PATCH') return methodNotAllowed(c, ['PATCH'])
    await acknowledgeUpdate(store.db, nameAfter('/api/updates/', c.req.path), now())
    stream.wake()
    return c.body(null, 204)
  })
}

function toWire({ row, metadata, tag }: ListedUpdate) {
  return {
    event: {
      diun_version: row.diun_version,
      hostname: row.hostname,
      status: row.status,
      provider: row.provider,
      image: row.image,
      hub_link: row.hub_link,
      mime_type: row.mime_type,
      digest: row.digest,
      created: row.created === '' ? NO_TIME : row.created,
      platform: row.platform,
      metadata: {
        ...metadata,
        ctn_names: row.ctn_name,
        ctn_id: row.ctn_id,
        ctn_state: row.ctn_state,
        ctn_status: row.ctn_status,
      },
    },
    received_at: row.received_at,
    acknowledged: row.acknowledged_at !== null,
    tag,
  }
}
