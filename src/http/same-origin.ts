import type { Context, MiddlewareHandler } from 'hono'
import { Failure } from '../domain/failure.ts'
import type { HttpEnv } from './parts.ts'

const READS = new Set(['GET', 'HEAD', 'OPTIONS'])

/** Refuses changes that a page of another origin makes a browser ask for. Programs other than browsers send no `Origin` and pass. */
export function sameOriginOnly(): MiddlewareHandler<HttpEnv> {
  return async (c, next) => {
    if (!READS.has(c.req.method)) requireSameOrigin(c)
    await next()
  }
}

/** @throws Failure `forbidden` when a browser says that the request comes from another origin. */
export function requireSameOrigin(c: Context<HttpEnv>): void {
  const origin = c.req.header('origin')
  if (origin === undefined || c.env?.operator === true) return
  // Browsers set this one themselves; it holds where a proxy rewrites Host (Fetch Metadata, section 2).
  if (c.req.header('sec-fetch-site') === 'same-origin') return
  // A page elsewhere cannot add X-Forwarded-Host without a preflight, which is never granted here.
  const own = [c.req.header('host'), c.req.header('x-forwarded-host')?.split(',')[0]?.trim()]
  const theirs = hostOf(origin)
  if (theirs !== undefined && own.includes(theirs)) return
  throw new Failure('forbidden', 'A page of another origin may not change anything here.', {
    remedy: 'Open the dashboard at the address you use, or have the reverse proxy pass Host or X-Forwarded-Host on.',
  })
}

function hostOf(origin: string): string | undefined {
  return URL.canParse(origin) ? new URL(origin).host : undefined
}
