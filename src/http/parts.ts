import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Updates } from '../engine/rollout/types.ts'
import type { Engine } from '../engine/types.ts'
import type { Log } from '../lib/log.ts'
import type { Secret } from '../lib/secret.ts'
import type { Store } from '../store/open.ts'
import type { EventStream } from './event-stream.ts'

/** What every route may use. */
export interface HttpParts {
  readonly store: Store
  readonly engine: Engine
  readonly updates: Updates
  readonly log: Log
  readonly now: () => Date
  readonly options: HttpOptions
}

export interface HttpOptions {
  readonly version: string
  /** What `POST /webhook` must bring in `Authorization`. Undefined: anybody may report. */
  readonly webhookSecret?: Secret | undefined
  /** What proves who asks this server to act. Undefined: nobody may over TCP. */
  readonly token?: Secret | undefined
  readonly metrics: MetricsOptions
  /** Live clients at once. Default 2000. */
  readonly mostClients?: number | undefined
  /** How often to look for events that another process wrote. Milliseconds; default 1000. */
  readonly pollMs?: number | undefined
}

interface MetricsOptions {
  /** On the port of the dashboard. */
  readonly enabled: boolean
  /** Default `/metrics`. */
  readonly path?: string | undefined
  /** Bearer token that a scraper must bring. */
  readonly token?: Secret | undefined
}

/** What the listener hands to the routes besides the request. All absent where a test calls the app itself. */
export interface HttpBindings {
  readonly incoming?: IncomingMessage
  readonly outgoing?: ServerResponse
  /** The call came in over the control socket: it is the operator's. */
  readonly operator?: boolean
}

export type HttpEnv = { Bindings: HttpBindings }

export interface RouteParts extends HttpParts {
  readonly stream: EventStream
}
