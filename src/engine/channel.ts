import type { Message } from '../domain/message.ts'

/** A notifier with its options and templates, ready to be told. Made in `app.ts`. */
export interface Channel extends Partial<AsyncDisposable> {
  readonly name: string
  /** Name of the notifier. */
  readonly notifier: string
  /** Is told of findings only, not of how updates end. */
  readonly onlyFindings?: boolean
  /** Renders and sends. Rejects with a `DeliveryError`, or with anything else that another try will not mend. */
  send(message: Message, delivery: { id: string; signal: AbortSignal }): Promise<void>
}
