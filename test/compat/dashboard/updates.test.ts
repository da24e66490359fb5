import assert from 'node:assert/strict'
import { request } from 'node:http'
import { test } from 'node:test'
import { sql } from 'kysely'
import { NOW, startApp, type TestApp } from '../../kit/http-app.ts'
import { ENCODED, REPORT } from './_report.ts'

test('S2-16 GET /api/updates is an object by image, with the event inside', async () => {
  await using app = await startApp()
  assert.equal(await (await app.call('GET', '/api/updates')).text(), '{}')
  await app.call('POST', '/webhook', { body: REPORT })
  const response = await app.call('GET', '/api/updates')
  assert.equal(response.status, 200)
  assert.match(response.headers.get('content-type') ?? '', /^application\/json/)
  assert.deepEqual(await response.json(), {
    [REPORT.image]: { event: REPORT, received_at: '2026-03-01T12:34:56Z', acknowledged: false, tag: null },
  })
})

test('S2-17 received_at is RFC 3339 in UTC with whole seconds', async () => {
  await using app = await startApp()
  await app.call('POST', '/webhook', { body: REPORT })
  assert.match((await updateOf(app)).received_at, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/)
})

test('S2-18 acknowledged is false before and true after PATCH, and only that leaves the API', async () => {
  await using app = await startApp()
  await app.call('POST', '/webhook', { body: REPORT })
  assert.equal((await updateOf(app)).acknowledged, false)
  await app.call('PATCH', `/api/updates/${ENCODED}`)
  assert.deepEqual(Object.keys(await updateOf(app)), ['event', 'received_at', 'acknowledged', 'tag'])
  assert.equal((await updateOf(app)).acknowledged, true)
})

test('S2-19 tag is an object or null', async () => {
  await using app = await startApp()
  await app.call('POST', '/webhook', { body: REPORT })
  assert.equal((await updateOf(app)).tag, null)
  await app.call('POST', '/api/tags', { body: { name: 'prod' } })
  await app.call('PUT', '/api/tag-assignments', { body: { image: REPORT.image, tag_id: 1 } })
  assert.deepEqual((await updateOf(app)).tag, { id: 1, name: 'prod' })
})

test('S2-20 PATCH acknowledges with 204 and no body, also a second time', async () => {
  await using app = await startApp()
  await app.call('POST', '/webhook', { body: REPORT })
  for (const _ of [1, 2]) {
    const response = await app.call('PATCH', `/api/updates/${ENCODED}`)
    assert.equal(response.status, 204)
    assert.equal(await response.text(), '')
  }
})

const SPELLINGS = [
  ['registry/org/image:tag', 'registry%2Forg%2Fimage%3Atag'],
  ['registry/org/image:tag', 'registry/org/image:tag'],
  ['registry/org/image:tag', 'registry/org%2fimage:tag?x=1'],
  [`reg:5000/a@sha256:${'0'.repeat(64)}`, `reg:5000/a@sha256:${'0'.repeat(64)}`],
  ['a//b', 'a//b'],
  ['a/../b', 'a/../b'],
  ['./a', './a'],
  ['a%2Fb', 'a%252Fb'],
  ['a b+c', 'a%20b+c'],
  ['größe', 'gr%C3%B6%C3%9Fe'],
  ['a\\b', 'a%5Cb'],
] as const

for (const [image, spelled] of SPELLINGS) {
  test(`S2-21 ${image} is acknowledged as ${spelled} on a real connection`, async () => {
    await using app = await startApp()
    const { port } = await app.listen()
    await app.call('POST', '/webhook', { body: { ...REPORT, image } })
    assert.equal(await rawStatus(port, 'PATCH', `/api/updates/${spelled}`), 204)
    const [update] = Object.values((await (await app.call('GET', '/api/updates')).json()) as Updates)
    assert.equal(update?.acknowledged, true)
  })
}

test('S2-21 the absolute form of a request target, as proxies send it, works too', async () => {
  await using app = await startApp()
  const { port } = await app.listen()
  await app.call('POST', '/webhook', { body: REPORT })
  assert.equal(await rawStatus(port, 'PATCH', `http://dash.example/api/updates/${ENCODED}`), 204)
})

for (const method of ['GET', 'HEAD', 'POST', 'PUT', 'DELETE']) {
  test(`S2-22 ${method} on an update is answered 405`, async () => {
    await using app = await startApp()
    const response = await app.call(method, `/api/updates/${ENCODED}`)
    assert.equal(response.status, 405)
    assert.equal(response.headers.get('allow'), 'PATCH')
  })
}

for (const method of ['POST', 'PUT', 'PATCH', 'DELETE']) {
  test(`${method} /api/updates is answered 405`, async () => {
    await using app = await startApp()
    assert.equal((await app.call(method, '/api/updates')).status, 405)
  })
}

for (const name of ['', '%', '%zz', 'a%2', '%ff']) {
  test(`S2-23 PATCH /api/updates/${name} is answered 400`, async () => {
    await using app = await startApp()
    const { port } = await app.listen()
    assert.equal(await rawStatus(port, 'PATCH', `/api/updates/${name}`), 400)
  })
}

test('S2-24 PATCH of an image that nobody reported is answered 404', async () => {
  await using app = await startApp()
  assert.equal((await app.call('PATCH', `/api/updates/${ENCODED}`)).status, 404)
})

test('S2-25 PATCH is answered 500 when the database cannot be written', async () => {
  await using app = await startApp()
  await app.call('POST', '/webhook', { body: REPORT })
  await sql`pragma query_only = 1`.execute(app.store.db)
  assert.equal((await app.call('PATCH', `/api/updates/${ENCODED}`)).status, 500)
})

test('GET /api/updates is answered 500 when the database cannot be read', async () => {
  await using app = await startApp()
  await sql`drop table updates`.execute(app.store.db)
  assert.equal((await app.call('GET', '/api/updates')).status, 500)
})

test("S2-26 acknowledged_at is written as SQLite's datetime('now') writes it, in UTC", async () => {
  await using app = await startApp()
  await app.call('POST', '/webhook', { body: REPORT })
  await app.call('PATCH', `/api/updates/${ENCODED}`)
  const row = await app.store.db.selectFrom('updates').select('acknowledged_at').executeTakeFirstOrThrow()
  assert.equal(row.acknowledged_at, '2026-03-01 12:34:56')
  const { rows } = await sql<{ at: string }>`select datetime(${NOW.toISOString()}) as at`.execute(app.store.db)
  assert.equal(row.acknowledged_at, rows[0]?.at)
})

test('HEAD /api/updates and HEAD /api/tags are answered like GET, without a body', async () => {
  await using app = await startApp()
  const { url } = await app.listen()
  for (const path of ['/api/updates', '/api/tags']) {
    const response = await fetch(url + path, { method: 'HEAD' })
    assert.equal(response.status, 200)
    assert.match(response.headers.get('content-type') ?? '', /^application\/json/)
    assert.equal(await response.text(), '')
  }
})

const ORIGINS = [
  ['no Origin, as curl and Diun send it', {}, 204],
  ['its own origin', { origin: 'http://dash.lan:8080' }, 204],
  ['its own origin over TLS at a proxy', { origin: 'https://dash.lan:8080' }, 204],
  ['a proxy that tells the host', { origin: 'https://dash.example', 'x-forwarded-host': 'dash.example' }, 204],
  ['a browser that vouches', { origin: 'https://dash.example', 'sec-fetch-site': 'same-origin' }, 204],
  ['another host', { origin: 'http://elsewhere.example' }, 403],
  ['another port', { origin: 'http://dash.lan:9090' }, 403],
  ['a sandboxed page', { origin: 'null' }, 403],
  ['another site, told by the browser', { origin: 'https://elsewhere.example', 'sec-fetch-site': 'cross-site' }, 403],
] as const

for (const [what, headers, status] of ORIGINS) {
  test(`a change from ${what} is answered ${status}`, async () => {
    await using app = await startApp()
    await app.call('POST', '/webhook', { body: REPORT })
    const response = await app.call('PATCH', `/api/updates/${ENCODED}`, {
      headers: { host: 'dash.lan:8080', ...headers },
    })
    assert.equal(response.status, status)
  })
}

test('S2-63 S2-77 everybody may look, and no header lets other origins read', async () => {
  await using app = await startApp()
  for (const path of ['/api/updates', '/api/tags', '/']) {
    const response = await app.call('GET', path, { headers: { origin: 'https://elsewhere.example' } })
    assert.equal(response.status, 200)
    assert.deepEqual(
      [...response.headers.keys()].filter((name) => name.startsWith('access-control')),
      [],
    )
  }
})

test('an error is a line of text, or JSON for whoever asks for it', async () => {
  await using app = await startApp()
  const text = await app.call('PATCH', '/api/updates/x')
  assert.match(text.headers.get('content-type') ?? '', /^text\/plain/)
  assert.match(await text.text(), /^Nothing is known about an update of "x"\..*\n$/)
  const json = await app.call('PATCH', '/api/updates/x', { headers: { accept: 'application/json' } })
  assert.match(((await json.json()) as { error: string }).error, /"x"/)
})

type Updates = Record<string, { received_at: string; acknowledged: boolean; tag: unknown }>

async function updateOf(app: TestApp) {
  const updates = (await (await app.call('GET', '/api/updates')).json()) as Updates
  return updates[REPORT.image]!
}

function rawStatus(port: number, method: string, path: string): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const sent = request({ port, host: '127.0.0.1', method, path }, (response) => {
      response.resume()
      resolve(response.statusCode)
    })
    sent.once('error', reject).end()
  })
}
