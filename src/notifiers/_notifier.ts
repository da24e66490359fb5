import type { z } from '@hono/zod-openapi'
import type { Entry, Message, Teller } from '../domain/message.ts'
import type { Member } from '../lib/family.ts'
import type { HttpClient, HttpClientOptions } from '../lib/http/types.ts'
import type { Log } from '../lib/log.ts'

/** Sends one rendered message. Throws when it could not; retrying, batching and throttling are the outbox's. */
export interface Notifier extends Partial<AsyncDisposable> {
  send(message: RenderedMessage, signal: AbortSignal): Promise<void>
}

/** A message with the channel's templates filled in. */
export interface RenderedMessage {
  readonly message: Message
  /** The first entry, which is the only one but for a summary. */
  readonly entry: Entry
  readonly teller: Teller
  /** The rendered templates by part: `title`, `body`, `click` … A part whose template is not set is absent. */
  readonly parts: Readonly<Record<string, string>>
  /** Identifies this delivery to the receiver; the same at each try, so that receivers can tell a repetition. */
  readonly deliveryId: string
  readonly at: Date
}

export interface NotifierParts {
  /** A client of its own with the channel's proxy, CA and TLS options; `timeoutMs` is the channel's. */
  readonly http: (
    options: Omit<HttpClientOptions, 'userAgent' | 'proxyFor'> & { proxy?: string | undefined },
  ) => HttpClient
  readonly log: Log
  readonly userAgent: string
  /** The environment that scripts inherit. */
  readonly environment: Readonly<Record<string, string | undefined>>
}

/** Why a delivery failed, and whether another try makes sense. `message` never holds a secret. */
export class DeliveryError extends Error {
  readonly transient: boolean
  /** What the receiver asked us to wait, in milliseconds. */
  readonly retryAfterMs: number | undefined

  constructor(
    message: string,
    { transient, retryAfterMs, cause }: { transient: boolean; retryAfterMs?: number | undefined; cause?: unknown },
  ) {
    super(message, { cause })
    this.name = 'DeliveryError'
    this.transient = transient
    this.retryAfterMs = retryAfterMs
  }
}

/** Which option of the channel holds the template of which part, e.g. `{ title: 'templateTitle', body: 'templateBody' }`. */
export type TemplateParts = Readonly<Record<string, string>>

export interface NotifierMember<Schema extends z.ZodType> extends Member<Schema, NotifierParts, Notifier> {
  readonly templates: TemplateParts
  /** Offers `escapeMarkdown` to its templates (mail and telegram, as in Diun). */
  readonly escapesMarkdown?: boolean
  /** Hands findings on in a form of its own, so that it has no place for what else there is to tell. */
  readonly onlyFindings?: boolean
}

/** Gives a notifier its types. */
export function defineNotifier<Schema extends z.ZodType>(member: NotifierMember<Schema>): NotifierMember<Schema> {
  return member
}
