import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import type { Engine, EngineStatus } from '../../src/engine/types.ts'
import { createHttpApp, type HttpApp } from '../../src/http/app.ts'
import { type Assets, listAssets } from '../../src/http/assets.ts'
import type { HttpOptions } from '../../src/http/parts.ts'
import { type Listening, listen } from '../../src/http/server.ts'
import type { Log } from '../../src/lib/log.ts'
import { openStore, type Store } from '../../src/store/open.ts'
import { type MadeUpUpdates, madeUpUpdates, outlookOf } from './updates.ts'

export interface LoggedLine {
  readonly level: string
  readonly fields: Readonly<Record<string, unknown>>
  readonly message: string
}

export interface TestApp extends AsyncDisposable {
  readonly store: Store
  readonly http: HttpApp
  readonly engine: MadeUpEngine
  /** Knows one workload, `docker/local/web`. */
  readonly updates: MadeUpUpdates
  readonly log: readonly LoggedLine[]
  /** Calls a route without a network. */
  call(method: string, target: string, request?: CallOptions): Promise<Response>
  /** Puts the app on a free port (and on a control socket in a folder of its own). */
  listen(): Promise<Listening & { readonly socketPath: string }>
}

export interface CallOptions {
  readonly body?: unknown
  readonly headers?: Record<string, string>
  readonly operator?: boolean
}

/** An engine that does nothing but note what it was asked. */
export interface MadeUpEngine extends Engine {
  readonly calls: unknown[][]
  state: EngineStatus
  /** What the next calls answer; a failure is thrown. */
  repeated: number
  failure: Error | undefined
}

export const NOW = new Date('2026-03-01T12:34:56.789Z')

/** The HTTP side of the program over a store of its own. `file`: on disk instead of in memory. */
export async function startApp(
  options: Partial<HttpOptions> & { file?: string; assets?: Assets } = {},
): Promise<TestApp> {
  const { file = ':memory:', assets = listAssets(path.join(import.meta.dirname, '../../web')), ...rest } = options
  const store = await openStore(file, { now: () => NOW })
  const lines: LoggedLine[] = []
  const engine = madeUpEngine()
  const updates = madeUpUpdates(outlookOf('web'))
  const http = createHttpApp({
    store,
    engine,
    updates,
    log: noteIn(lines),
    now: () => NOW,
    options: { version: '1.2.3', metrics: { enabled: true }, pollMs: 10, ...rest },
    assets,
  })
  const open: AsyncDisposable[] = []
  const folder = mkdtempSync(path.join(tmpdir(), 'http-app-'))
  return {
    store,
    http,
    engine,
    updates,
    log: lines,
    call: async (method, target, { body, headers = {}, operator = false } = {}) =>
      await http.app.request(
        target,
        { method, headers, ...(body === undefined ? {} : { body: asText(body) }) },
        { operator },
      ),
    async listen() {
      const socketPath = path.join(folder, 'control.sock')
      const listening = await listen(http, { port: 0, host: '127.0.0.1', socketPath })
      open.push(listening)
      return Object.assign(listening, { socketPath })
    },
    async [Symbol.asyncDispose]() {
      for (const listening of open) await listening[Symbol.asyncDispose]()
      http.stream.close()
      await store[Symbol.asyncDispose]()
      rmSync(folder, { recursive: true })
    },
  }
}

function madeUpEngine(): MadeUpEngine {
  const calls: unknown[][] = []
  const note = (...call: unknown[]) => {
    calls.push(call)
    if (engine.failure !== undefined) throw engine.failure
  }
  const engine: MadeUpEngine = {
    calls,
    state: {
      version: '1.2.3',
      checking: false,
      progress: undefined,
      nextCheckAt: undefined,
      failedProviders: [],
      channels: [],
      rateLimits: [],
      registryCounts: [],
    },
    repeated: 1,
    failure: undefined,
    async check(cause, { image } = {}) {
      note('check', cause, image)
      const at = NOW.toISOString()
      return {
        id: 7,
        cause,
        startedAt: at,
        finishedAt: at,
        counts: { current: 1 },
        findings: [],
        problems: [],
        failedProviders: [],
      }
    },
    status: () => engine.state,
    async explain(key) {
      note('explain', key)
      if (!key.startsWith('docker.io/')) return undefined
      return {
        chosen: '1.27',
        verdicts: [{ tag: '1.27', verdict: 'chosen', code: 'chosen', reason: 'It is the newest.' }],
      }
    },
    async testChannels(channel) {
      note('test', channel)
      return [channel ?? 'all']
    },
    async repeatDeliveries(id) {
      note('repeat', id)
      return engine.repeated
    },
    onEvent: () => () => undefined,
  }
  return engine
}

function noteIn(lines: LoggedLine[]): Log {
  const at = (level: string) => (fields: object, message: string) => {
    lines.push({ level, fields: fields as Record<string, unknown>, message })
  }
  const log: Log = { error: at('error'), warn: at('warn'), info: at('info'), debug: at('debug'), child: () => log }
  return log
}

function asText(body: unknown): string {
  return typeof body === 'string' ? body : JSON.stringify(body)
}
