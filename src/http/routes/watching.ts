import type { OpenAPIHono } from '@hono/zod-openapi'
import { Failure } from '../../domain/failure.ts'
import { lastCheckRun } from '../../store/checks.ts'
import { lastEventId, latestEvents } from '../../store/events.ts'
import { type ImageState, listImages } from '../../store/images.ts'
import { readInbox } from '../../store/inbox.ts'
import { countDeliveries, listDeliveries } from '../../store/outbox.ts'
import { unacknowledgeUpdate } from '../../store/updates.ts'
import { listWorkloads } from '../../store/workloads.ts'
import * as contract from '../contract.ts'
import type { HttpEnv, RouteParts } from '../parts.ts'
import { nameBetween } from '../raw-path.ts'
import type { Image, Status } from '../schemas.ts'

/** The routes of `/api/v1` that only look, and taking an acknowledgement back. */
export function addWatching(app: OpenAPIHono<HttpEnv>, parts: RouteParts): void {
  const { store, now, stream } = parts
  app.openapi(contract.getStatus, async (c) => c.json(await readStatus(parts), 200))
  app.openapi(contract.getInbox, async (c) => c.json({ items: await readInbox(store.db) }, 200))
  app.openapi(contract.getImages, async (c) => {
    const { status } = c.req.valid('query')
    const states = await listImages(store.db)
    const images = states.filter((state) => status === undefined || state.status === status).map(toImage)
    return c.json({ images }, 200)
  })
  app.openapi(contract.getWorkloads, async (c) => c.json({ workloads: await listWorkloads(store.db) }, 200))
  app.openapi(contract.getEvents, async (c) =>
    c.json({ events: await latestEvents(store.db, c.req.valid('query')) }, 200),
  )
  app.openapi(contract.getDeliveries, async (c) =>
    c.json({ deliveries: await listDeliveries(store.db, c.req.valid('query')) }, 200),
  )
  addNamed(app, parts)
  // These two are routed by hand: a name may hold raw slashes, which `{name}` does not match.
  app.openAPIRegistry.registerPath(contract.unacknowledge)
  app.delete('/api/v1/updates/:image{.+}/ack', async (c) => {
    await unacknowledgeUpdate(store.db, nameBetween(c.req.path, '/api/v1/updates/', '/ack'), now())
    stream.wake()
    return c.body(null, 204)
  })
}

function addNamed(app: OpenAPIHono<HttpEnv>, { engine }: RouteParts): void {
  app.openAPIRegistry.registerPath(contract.getVerdicts)
  app.get('/api/v1/images/:key{.+}/verdicts', async (c) => {
    const key = nameBetween(c.req.path, '/api/v1/images/', '/verdicts')
    const judgement = await engine.explain(key)
    if (judgement === undefined) {
      throw new Failure('not-found', `Nothing is known of an image with the key "${key}".`, {
        remedy: 'Take the key from /api/v1/images.',
      })
    }
    return c.json(judgement)
  })
}

async function readStatus({ store: { db }, engine, options }: RouteParts): Promise<Status> {
  const [images, inbox, deliveries] = [await listImages(db), await readInbox(db), await countDeliveries(db)]
  const { checking, progress, nextCheckAt, failedProviders, channels, rateLimits } = engine.status()
  return {
    version: options.version,
    checking,
    progress,
    nextCheckAt,
    lastCheck: await lastCheckRun(db),
    failedProviders,
    channels,
    rateLimits,
    images: countByStatus(images),
    workloads: (await listWorkloads(db)).length,
    waiting: inbox.filter(({ acknowledged }) => !acknowledged).length,
    failedDeliveries: deliveries.reduce((sum, { state, count }) => (state === 'failed' ? sum + count : sum), 0),
    lastEventId: await lastEventId(db),
  }
}

function countByStatus(images: readonly ImageState[]): Record<string, number> {
  const groups = Map.groupBy(images, ({ status }) => status)
  return Object.fromEntries([...groups].map(([status, members]) => [status, members.length]))
}

function toImage(state: ImageState): Image {
  return {
    key: state.key,
    reference: state.reference,
    platform: state.platform,
    status: state.status,
    reason: state.reason,
    level: state.level ?? undefined,
    current: { tag: state.tag ?? undefined, digest: state.current_digest ?? undefined },
    found: {
      tag: state.found_tag ?? undefined,
      digest: (state.found_tag === null ? state.found_digest : state.found_tag_digest) ?? undefined,
    },
    error: state.error ?? undefined,
    hubLink: state.hub_link ?? undefined,
    checkedAt: state.checked_at,
    answeredAt: state.answered_at ?? undefined,
    staleSince: state.stale_since ?? undefined,
  }
}
