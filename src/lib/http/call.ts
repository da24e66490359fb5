import { httpError } from './errors.ts'
import type { HttpError, HttpRequest } from './types.ts'

/** One request on its way to one host, with everything decided. */
export interface Call extends Disposable {
  readonly method: HttpRequest['method']
  readonly url: URL
  readonly headers: Readonly<Record<string, string>>
  readonly body: string | Uint8Array | undefined
  readonly maxBytes: number
  readonly timeoutMs: number
  /** Calls `stop` when the time is up or the asker gives up; at once if that is so already. The last one counts. */
  onCancel(stop: (error: HttpError) => void): void
  /** Waits for something that others may wait for too, and no longer than this call may take. */
  within<T>(shared: Promise<T>): Promise<T>
}

export interface CallOptions {
  readonly headers: Readonly<Record<string, string>>
  readonly timeoutMs: number
  readonly maxBytes: number
  readonly signal?: AbortSignal | undefined
}

/** Starts the clock of a call. Dispose of it when the answer is in. */
export function startCall(
  { method, url, body }: HttpRequest,
  { headers, timeoutMs, maxBytes, signal }: CallOptions,
): Call {
  let stop: (error: HttpError) => void = () => {}
  let cancelled: HttpError | undefined
  const cancel = (error: HttpError) => {
    cancelled ??= error
    stop(cancelled)
  }
  const abort = () => cancel(httpError('aborted', url.host))
  const timer = setTimeout(() => cancel(httpError('timeout', url.host, `${timeoutMs} ms`)), timeoutMs)
  if (signal?.aborted) abort()
  signal?.addEventListener('abort', abort)
  const onCancel = (next: typeof stop) => {
    stop = next
    if (cancelled !== undefined) next(cancelled)
  }
  return {
    method,
    url,
    headers,
    body,
    maxBytes,
    timeoutMs,
    onCancel,
    within: (shared) =>
      new Promise((resolve, reject) => {
        onCancel(reject)
        shared.then(resolve, reject)
      }),
    [Symbol.dispose]() {
      clearTimeout(timer)
      signal?.removeEventListener('abort', abort)
    },
  }
}
