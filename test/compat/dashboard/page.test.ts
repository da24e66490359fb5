import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Assets } from '../../../src/http/assets.ts'
import { startApp } from '../../kit/http-app.ts'

const ASSETS: Assets = new Map([
  ['/index.html', asset('text/html; charset=utf-8', '<h1>page</h1>')],
  ['/assets/app-1a2b3c4d.js', { ...asset('text/javascript; charset=utf-8', 'go()'), immutable: true }],
])

const BROWSER = 'text/html,application/xhtml+xml,*/*;q=0.8'

const PATHS = [
  ['GET', '/', '*/*', 200, 'text/html'],
  ['HEAD', '/', '*/*', 200, 'text/html'],
  ['GET', '/', 'application/json', 200, 'text/html'],
  ['GET', '/index.html', BROWSER, 200, 'text/html'],
  ['GET', '/assets/app-1a2b3c4d.js', '*/*', 200, 'text/javascript'],
  ['GET', '/fleet', BROWSER, 200, 'text/html'],
  ['GET', '/images/docker.io/library/nginx:1.27', BROWSER, 200, 'text/html'],
  ['GET', '/fleet', undefined, 200, 'text/html'],
  ['GET', '/fleet', 'application/json', 404, undefined],
  ['GET', '/assets/missing.js', BROWSER, 404, 'text/plain'],
  ['GET', '/../package.json', BROWSER, 404, 'text/plain'],
  ['GET', '/%2e%2e/package.json', BROWSER, 404, 'text/plain'],
  ['POST', '/fleet', BROWSER, 404, 'text/plain'],
  ['POST', '/', BROWSER, 405, 'text/plain'],
  ['GET', '/api', BROWSER, 404, 'text/plain'],
  ['GET', '/api/nothing', BROWSER, 404, 'text/plain'],
  ['GET', '/api/v1/nothing', BROWSER, 404, 'application/json'],
  ['GET', '/webhook/', BROWSER, 404, 'text/plain'],
] as const

for (const [method, target, accept, status, type] of PATHS) {
  test(`S2-40 ${method} ${target} for ${accept ?? 'anything'} is answered ${status}`, async () => {
    await using app = await startApp({ assets: ASSETS })
    const headers: Record<string, string> = accept === undefined ? {} : { accept }
    const response = await app.call(method, target, { headers })
    assert.equal(response.status, status)
    if (type !== undefined) assert.ok(response.headers.get('content-type')?.startsWith(type))
  })
}

test('S2-40 a file whose name holds a hash is kept for ever, the page is asked about each time', async () => {
  await using app = await startApp({ assets: ASSETS })
  const script = await app.call('GET', '/assets/app-1a2b3c4d.js')
  assert.match(script.headers.get('cache-control') ?? '', /immutable/)
  const page = await app.call('GET', '/')
  assert.equal(page.headers.get('cache-control'), 'no-cache')
  const etag = page.headers.get('etag')!
  const again = await app.call('GET', '/', { headers: { 'if-none-match': `W/${etag}` } })
  assert.equal(again.status, 304)
  assert.equal(await again.text(), '')
})

test('the page may load nothing from elsewhere, run nothing inline and be framed by nobody', async () => {
  await using app = await startApp()
  const page = await app.call('GET', '/')
  assert.match(page.headers.get('content-security-policy') ?? '', /^default-src 'self'.*frame-ancestors 'none'/)
  assert.equal(page.headers.get('x-content-type-options'), 'nosniff')
  assert.equal(page.headers.get('referrer-policy'), 'no-referrer')
  const html = await page.text()
  assert.ok(!/style=|<style|<script(?![^>]*src=)| on\w+=/i.test(html))
  for (const [, link = ''] of html.matchAll(/(?:href|src)="([^"]+)"/g)) {
    assert.equal((await app.call('GET', link)).status, 200, link)
  }
})

test('without the files of the dashboard the API answers all the same', async () => {
  await using app = await startApp({ assets: new Map() })
  assert.equal((await app.call('GET', '/')).status, 404)
  assert.equal((await app.call('GET', '/api/updates')).status, 200)
})

function asset(type: string, content: string) {
  return { type, immutable: false, read: async () => Buffer.from(content) }
}
