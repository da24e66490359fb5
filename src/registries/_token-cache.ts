/** A bearer token and what it is good for. */
export interface Token {
  readonly value: string
  /** Milliseconds since the epoch, with a margin taken off. */
  readonly expiresAt: number
  /** Asked for more than the one repository, or for none in particular. */
  readonly isShared: boolean
  /** A registry took it once. */
  isAccepted: boolean
}

/** The tokens of one registry and one set of credentials, by repository. */
export interface TokenCache {
  get(repository: string): Promise<Token> | undefined
  /** Stands for all these repositories until it expires; forgotten when it fails. */
  set(repositories: readonly string[], token: Promise<Token>): void
  /** Forgets this token; a newer one stays. */
  drop(repository: string, token: Token): void
}

interface Entry {
  readonly token: Promise<Token>
  expiresAt: number
  value?: Token
}

/** Concurrent askers share one request, as what is kept is the promise. */
export function createTokenCache(now: () => Date): TokenCache {
  const entries = new Map<string, Entry>()
  return {
    get(repository) {
      const entry = entries.get(repository)
      return entry !== undefined && entry.expiresAt > now().getTime() ? entry.token : undefined
    },
    set(repositories, token) {
      const entry: Entry = { token, expiresAt: Number.POSITIVE_INFINITY }
      for (const repository of repositories) entries.set(repository, entry)
      const forget = () => {
        for (const repository of repositories) if (entries.get(repository) === entry) entries.delete(repository)
      }
      token.then((value) => {
        entry.value = value
        entry.expiresAt = value.expiresAt
      }, forget)
    },
    drop(repository, token) {
      if (entries.get(repository)?.value === token) entries.delete(repository)
    },
  }
}
