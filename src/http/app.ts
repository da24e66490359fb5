import { OpenAPIHono } from '@hono/zod-openapi'
import { bodyLimit } from 'hono/body-limit'
import { sql } from 'kysely'
import { Failure } from '../domain/failure.ts'
import { type Assets, addAssets } from './assets.ts'
import { createEventStream, type EventStream } from './event-stream.ts'
import { failureResponse } from './failure-response.ts'
import { invalidRequest } from './json-body.ts'
import type { HttpEnv, HttpParts, RouteParts } from './parts.ts'
import { rawPathOf } from './raw-path.ts'
import { addActing } from './routes/acting.ts'
import { addChanging } from './routes/changing.ts'
import { addMetrics } from './routes/metrics.ts'
import { addRollouts } from './routes/rollouts.ts'
import { addUpdates } from './routes/updates.ts'
import { addUserTags } from './routes/user-tags.ts'
import { addWatching } from './routes/watching.ts'
import { addWebhook } from './routes/webhook.ts'
import { sameOriginOnly } from './same-origin.ts'
import { SECURITY_HEADERS } from './security-headers.ts'

const MOST_CLIENTS = 2000
const MOST_BODY_BYTES = 1024 * 1024

/** Everything that answers HTTP; `listen` puts it on a port. */
export interface HttpApp {
  readonly app: OpenAPIHono<HttpEnv>
  readonly stream: EventStream
  /** Only the metrics, for a port of their own. */
  metricsAt(path: string): ListenApp
}

/** What `listen` needs of it. */
export type ListenApp = Pick<HttpApp, 'app' | 'stream'>

/** Makes the routes: the dashboard contract, our own API, metrics, health and the dashboard itself (`assets`, see `listAssets`). */
export function createHttpApp({ assets, ...parts }: HttpParts & { readonly assets: Assets }): HttpApp {
  const { store, engine, updates, log, options } = parts
  const { mostClients = MOST_CLIENTS, pollMs } = options
  const stream = createEventStream({ db: store.db, engine, updates, log, mostClients, pollMs })
  const routeParts: RouteParts = { ...parts, stream }
  const app = new OpenAPIHono<HttpEnv>({
    getPath: (request, input) => rawPathOf(request, input),
    defaultHook: (result) => {
      if (!result.success) throw invalidRequest(result.error.issues)
    },
  })
  app.onError((error, c) => failureResponse(c, error, log))
  app.use(async (c, next) => {
    await next()
    for (const [name, value] of Object.entries(SECURITY_HEADERS)) c.res.headers.set(name, value)
  })
  addWebhook(app, routeParts)
  app.use('/api/*', sameOriginOnly())
  addUpdates(app, routeParts)
  addUserTags(app, routeParts)
  addOwnApi(app, routeParts)
  addHealthcheck(app, routeParts)
  if (options.metrics.enabled) addMetrics(app, routeParts, options.metrics.path ?? '/metrics')
  addAssets(app, assets)
  return { app, stream, metricsAt: (path) => metricsApp(routeParts, path) }
}

function metricsApp(parts: RouteParts, path: string): ListenApp {
  const app = new OpenAPIHono<HttpEnv>()
  app.onError((error, c) => failureResponse(c, error, parts.log))
  addMetrics(app, parts, path)
  return { app, stream: { ...parts.stream, accepts: () => false, close() {} } }
}

function addOwnApi(app: OpenAPIHono<HttpEnv>, parts: RouteParts): void {
  app.use(
    '/api/v1/*',
    bodyLimit({
      maxSize: MOST_BODY_BYTES,
      onError: () => {
        throw new Failure('too-large', 'The body is larger than 1 MiB.')
      },
    }),
    async (c, next) => {
      await next()
      c.res.headers.set('cache-control', 'no-store')
    },
  )
  addActing(app, parts)
  addWatching(app, parts)
  addChanging(app, parts)
  addRollouts(app, parts)
  app.openAPIRegistry.registerComponent('securitySchemes', 'token', { type: 'http', scheme: 'bearer' })
  app.get('/api/v1/openapi.json', (c) =>
    c.json(
      app.getOpenAPI31Document({ openapi: '3.1.0', info: { title: 'Seaworthy', version: parts.options.version } }),
    ),
  )
}

function addHealthcheck(app: OpenAPIHono<HttpEnv>, { store, log, options }: RouteParts): void {
  app.get('/healthcheck', async (c) => {
    try {
      await sql`select 1 from setting limit 1`.execute(store.db)
      return c.json({ status: 'ok', version: options.version })
    } catch (error) {
      log.error({ error }, 'The database does not answer')
      return c.json({ status: 'failing', error: 'The database does not answer.' }, 503)
    }
  })
}
