/** What one answer says about the allowance. */
export interface Allowance {
  readonly limit?: number
  readonly remaining?: number
  readonly windowSeconds?: number
}

/** Reads `RateLimit-Limit: 100;w=21600` and its siblings (draft-ietf-httpapi-ratelimit-headers-03, and `X-RateLimit-…`). */
export function readAllowance(headers: Readonly<Record<string, string>>): Allowance | undefined {
  const limit = readQuota(headers['ratelimit-limit'] ?? headers['x-ratelimit-limit'])
  const remaining = readQuota(headers['ratelimit-remaining'] ?? headers['x-ratelimit-remaining'])
  if (limit === undefined && remaining === undefined) return undefined
  const windowSeconds = limit?.windowSeconds ?? remaining?.windowSeconds
  return {
    ...(limit === undefined ? {} : { limit: limit.count }),
    ...(remaining === undefined ? {} : { remaining: remaining.count }),
    ...(windowSeconds === undefined ? {} : { windowSeconds }),
  }
}

/** Whoever asks for more is asked again after this: a slip of theirs must not shut them out for ever. */
const LONGEST_PAUSE_MS = 24 * 60 * 60_000

/**
 * How long `Retry-After` asks to wait: seconds or a date (RFC 9110, 10.2.3). Milliseconds, a day at most; undefined when
 * it says nothing.
 */
export function readRetryAfter(headers: Readonly<Record<string, string>>, now: Date): number | undefined {
  const text = headers['retry-after']?.trim()
  if (text === undefined) return undefined
  if (/^\d+(?:\.\d+)?$/.test(text)) return Math.min(LONGEST_PAUSE_MS, Number(text) * 1000)
  // A date names its month; `Date.parse` takes much else for one.
  const time = /[a-z]{3}/i.test(text) ? Date.parse(text) : Number.NaN
  return Number.isNaN(time) ? undefined : Math.min(LONGEST_PAUSE_MS, Math.max(0, time - now.getTime()))
}

function readQuota(text: string | undefined): { count: number; windowSeconds?: number } | undefined {
  const [, count, window] = /^\s*(\d+)(?:.*?;\s*w=(\d+))?/.exec(text ?? '') ?? []
  if (count === undefined) return undefined
  return { count: Number(count), ...(window === undefined ? {} : { windowSeconds: Number(window) }) }
}
