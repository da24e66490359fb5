/** Requests by kind. */
export interface Counts {
  ping: number
  token: number
  head: number
  manifest: number
  blob: number
  tags: number
  hub: number
  other: number
  connections: number
  /** Most requests under way at once. */
  mostAtOnce: number
}

export interface Knobs {
  auth: 'none' | 'basic' | 'bearer'
  /** Of a registry with accounts; without it anybody gets a token. */
  account?: { readonly user: string; readonly password: string } | undefined
  identityToken?: string | undefined
  latencyMs: number
  /** Seconds; as `expires_in`. */
  tokenLifetime: number
  /** Only the first `scope` of a token request counts. */
  singleScope: boolean
  /** Token requests for several repositories, or for none, are refused. */
  refusesSharedTokens: boolean
  /** Any token opens every repository. */
  anyToken: boolean
  realm?: string | undefined
  challenge?: string | undefined
  /** What HEAD is answered with, where it does not work. */
  headStatus?: number
  noDigestHeader: boolean
  etags: boolean
  lies: boolean
  /** So many answers are this status first. */
  trouble: { times: number; status: number; headers?: Record<string, string> }
  pageSize: number
  refusesPageSize: boolean
  endlessLink: boolean
  foreignLink?: string | undefined
  absoluteLink: boolean
  byTime: boolean
  /** Tag lists are somewhere else. */
  tagsAt?: string | undefined
  /** Blobs are somewhere else. */
  blobsAt?: string | undefined
  headers: Record<string, string>
  /** The next so many requests lose their connection. */
  drops: number
  /** Repositories that nobody may pull. */
  forbidden: Set<string>
  hubFails: boolean
}

export const defaultKnobs = (): Knobs => ({
  auth: 'none',
  latencyMs: 0,
  tokenLifetime: 300,
  singleScope: false,
  refusesSharedTokens: false,
  anyToken: false,
  noDigestHeader: false,
  etags: false,
  lies: false,
  trouble: { times: 0, status: 429 },
  pageSize: 1000,
  refusesPageSize: false,
  endlessLink: false,
  absoluteLink: false,
  byTime: false,
  headers: {},
  drops: 0,
  forbidden: new Set(),
  hubFails: false,
})
