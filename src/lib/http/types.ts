/** The only way out for registries and notifiers. One instance holds one pool of connections. */
export interface HttpClient extends AsyncDisposable {
  /** Resolves with any status; rejects with `HttpError` when there is no answer. Redirects are returned, not followed, unless `redirects` is set. */
  request(request: HttpRequest): Promise<HttpResponse>
}

export interface HttpRequest {
  readonly method: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  readonly url: URL
  /** Names in lower case. */
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string | Uint8Array
  readonly signal?: AbortSignal | undefined
  /** Whole request, from the first byte out to the last byte in. Milliseconds; the client's own default when absent. */
  readonly timeoutMs?: number | undefined
  /** More than this many bytes in the answer is an error. Default 16 MiB. */
  readonly maxBytes?: number
  /** How many redirects to follow; `authorization` and `cookie` never go to another host. Default 0. */
  readonly redirects?: number
}

export interface HttpResponse {
  readonly status: number
  /** Names in lower case; repeated ones joined with `, `. */
  readonly headers: Readonly<Record<string, string>>
  readonly body: Uint8Array
  /** Where the answer came from, after redirects. */
  readonly url: URL
}

export interface HttpClientOptions {
  readonly userAgent: string
  /** PEM; trusted besides the system's authorities. */
  readonly ca?: readonly string[]
  /** PEM pair of the client certificate. */
  readonly cert?: string
  readonly key?: string
  /** Accept any certificate. */
  readonly insecure?: boolean
  /** Proxy by target; undefined = direct. See `proxyFromEnvironment`. */
  readonly proxyFor?: (url: URL) => URL | undefined
  /** Connections per host. Default 20. */
  readonly maxConnections?: number
  /** Default 30 000 ms. */
  readonly timeoutMs?: number
}

export type HttpErrorKind =
  | 'refused'
  | 'dns'
  | 'tls'
  | 'timeout'
  | 'aborted'
  | 'closed'
  | 'too-large'
  | 'protocol'
  | 'proxy'

/** No usable answer. The text names the host only: paths and queries may hold secrets. */
export class HttpError extends Error {
  readonly kind: HttpErrorKind
  readonly host: string

  constructor(kind: HttpErrorKind, host: string, message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'HttpError'
    this.kind = kind
    this.host = host
  }
}
