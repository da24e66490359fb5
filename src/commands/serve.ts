import path from 'node:path'
import { openApp } from '../app.ts'
import type { Config } from '../config/schema.ts'
import { createHttpApp, type HttpApp } from '../http/app.ts'
import { listAssets } from '../http/assets.ts'
import { type Listening, listen } from '../http/server.ts'
import { VERSION } from '../version.ts'
import type { CommandContext } from './_command.ts'
import { controlSocketPath } from './_control.ts'
import { EXIT } from './_exit-codes.ts'

/** `seaworthy serve`: watches, tells and answers HTTP until it is stopped by a signal. */
export async function serve(context: CommandContext, options: { config?: string }): Promise<number> {
  const loaded = await context.load(options.config)
  const { config } = loaded
  const stopping = new AbortController()
  const signal = AbortSignal.any([context.signal, stopping.signal])
  await using app = await openApp(context, loaded, { quiet: false })
  const { log } = app
  log.info(
    { version: VERSION, config: loaded.source.file ?? 'none, the defaults are used', database: config.db.path },
    'Seaworthy starts',
  )
  for (const note of loaded.notes) log.warn({ file: note.file, line: note.line, key: note.path }, note.message)
  if (loaded.channels.length === 0) log.warn({}, 'No channel is configured: what is found shows on the page only')
  const http = createHttpApp({
    store: app.store,
    engine: app.engine,
    updates: app.updates,
    log,
    now: () => new Date(),
    assets: listAssets(path.join(import.meta.dirname, '..', '..', 'web')),
    options: {
      version: VERSION,
      webhookSecret: config.server.webhookSecret,
      token: config.server.token,
      metrics: { enabled: true, path: metricsPath(config), token: config.metrics.token },
    },
  })
  await using listening = await listen(http, {
    port: config.server.port,
    host: config.server.host,
    socketPath: controlSocketPath(loaded.config.db.path),
  })
  log.info({ url: listening.url }, 'Listening')
  await using metrics = await listenForMetrics(http, config)
  if (metrics !== undefined) log.info({ url: `${metrics.url}${config.metrics.path}` }, 'Metrics are served')
  await app.run(signal)
  log.info({}, 'Stopping')
  return EXIT.ok
}

/** Metrics on a port of their own, where one is asked for that is not the dashboard's. */
async function listenForMetrics(http: HttpApp, { metrics, server }: Config): Promise<Listening | undefined> {
  const { host, port } = addressOf(metrics.addr)
  if (!metrics.enabled || port === server.port) return undefined
  return await listen(http.metricsAt(metrics.path), { port, host })
}

/** Where the dashboard's own port serves metrics: always, for those who look there. */
function metricsPath({ metrics, server }: Config): string {
  return metrics.enabled && addressOf(metrics.addr).port === server.port ? metrics.path : '/metrics'
}

/** The parts of `host:port`, `:port` or `[::1]:port`. */
function addressOf(addr: string): { host: string; port: number } {
  const colon = addr.lastIndexOf(':')
  return { host: addr.slice(0, colon).replace(/^\[|\]$/g, ''), port: Number(addr.slice(colon + 1)) }
}
