import { createHash } from 'node:crypto'
import { existsSync, readdirSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import path from 'node:path'
import type { OpenAPIHono } from '@hono/zod-openapi'
import type { Context } from 'hono'
import { methodNotAllowed, unknownPath } from './failure-response.ts'
import type { HttpEnv } from './parts.ts'

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json',
  '.webmanifest': 'application/manifest+json',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.ico': 'image/x-icon',
  '.woff2': 'font/woff2',
}

/** Here programs ask; a page would mislead them. */
const OF_PROGRAMS = /^\/(?:api|webhook|metrics|healthcheck)(?:\/|$)/

interface Asset {
  readonly type: string
  /** Its name holds a hash of its content, so it can be kept for ever. */
  readonly immutable: boolean
  read(): Promise<Uint8Array>
}

/** The files of the dashboard by the path they are served at. What is not in it is not served. */
export type Assets = ReadonlyMap<string, Asset>

/** Lists the files under `folder` once; hidden ones and unknown types are left out, as is everything when there is no such folder. */
export function listAssets(folder: string): Assets {
  const assets = new Map<string, Asset>()
  if (!existsSync(folder)) return assets
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    const type = TYPES[path.extname(entry.name)]
    const file = path.join(entry.parentPath, entry.name)
    const at = `/${path.relative(folder, file).split(path.sep).join('/')}`
    if (!entry.isFile() || type === undefined || at.includes('/.')) continue
    assets.set(at, { type, immutable: /[-.][\w-]{8,}\.\w+$/.test(entry.name), read: () => readFile(file) })
  }
  return assets
}

/** Serves the dashboard: its files, and its page for every other path that a browser opens. To be added last. */
export function addAssets(app: OpenAPIHono<HttpEnv>, assets: Assets): void {
  app.all('*', async (c) => {
    const asset = assetFor(c, assets)
    if (asset === undefined) return unknownPath(c)
    if (c.req.method !== 'GET' && c.req.method !== 'HEAD') return methodNotAllowed(c, ['GET', 'HEAD'])
    return await serve(c, asset)
  })
}

function assetFor(c: Context, assets: Assets): Asset | undefined {
  const at = c.req.path
  if (OF_PROGRAMS.test(at)) return undefined
  const exact = assets.get(at === '/' ? '/index.html' : at)
  if (exact !== undefined) return exact
  const isRead = c.req.method === 'GET' || c.req.method === 'HEAD'
  return isRead && !hasExtension(at) && acceptsHtml(c.req.header('accept')) ? assets.get('/index.html') : undefined
}

/** `/app.js` is a file that is missing; `/images/nginx:1.27` is a place in the dashboard. */
function hasExtension(at: string): boolean {
  return /\.[a-z][a-z0-9]{0,10}$/i.test(at)
}

function acceptsHtml(accept: string | undefined): boolean {
  return accept === undefined || /text\/html|text\/\*|\*\/\*/.test(accept)
}

async function serve(c: Context, asset: Asset): Promise<Response> {
  const content = await asset.read()
  const etag = `"${createHash('sha256').update(content).digest('base64url').slice(0, 22)}"`
  const headers = {
    etag,
    'cache-control': asset.immutable ? 'public, max-age=31536000, immutable' : 'no-cache',
  }
  if (knows(c.req.header('if-none-match'), etag)) return c.body(null, 304, headers)
  return c.body(content as Uint8Array<ArrayBuffer>, 200, {
    ...headers,
    'content-type': asset.type,
    'content-length': String(content.byteLength),
  })
}

/** RFC 9110, section 13.1.2: weak comparison. */
function knows(header: string | undefined, etag: string): boolean {
  const known = (header ?? '').split(',').map((item) => item.trim().replace(/^W\//, ''))
  return known.includes(etag) || known.includes('*')
}
