import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sql } from 'kysely'
import { secretOf } from '../../../src/lib/secret.ts'
import { startApp } from '../../kit/http-app.ts'
import { ENCODED, REPORT } from './_report.ts'

const SECRET = 'correct horse battery'

type Updates = Record<
  string,
  { event: typeof REPORT; received_at: string; acknowledged: boolean; tag: { id: number; name: string } | null }
>

test('S2-1 POST /webhook takes what Diun sends', async () => {
  await using app = await startApp()
  const response = await app.call('POST', '/webhook', { body: REPORT })
  assert.equal(response.status, 200)
  assert.equal(await response.text(), '')
})

const OFFERS = [
  ['the secret itself', SECRET, 200],
  ['the secret behind Bearer', `Bearer ${SECRET}`, 200],
  ['nothing', undefined, 401],
  ['an empty text', '', 401],
  ['a wrong one', 'wrong', 401],
  ['a prefix of it', SECRET.slice(0, -1), 401],
  ['something longer', `${SECRET}x`, 401],
  ['the same in capitals', SECRET.toUpperCase(), 401],
  ['Bearer alone', 'Bearer ', 401],
] as const

for (const [what, authorization, status] of OFFERS) {
  test(`S2-2 S2-3 S2-7 with a secret set, ${what} in Authorization is answered ${status}`, async () => {
    await using app = await startApp({ webhookSecret: secretOf(SECRET) })
    const headers: Record<string, string> = authorization === undefined ? {} : { authorization }
    const response = await app.call('POST', '/webhook', { body: REPORT, headers })
    assert.equal(response.status, status)
    assert.equal((await updatesOf(app))[REPORT.image] !== undefined, status === 200)
    assert.ok(!(await response.text()).includes(SECRET))
  })
}

test('S2-4 without a secret anybody may report, and the log says so once', async () => {
  for (const webhookSecret of [undefined, secretOf('')]) {
    await using app = await startApp({ webhookSecret })
    assert.equal((await app.call('POST', '/webhook', { body: REPORT })).status, 200)
    assert.equal((await app.call('POST', '/webhook', { body: REPORT })).status, 200)
    assert.equal(
      app.log.filter(({ level, message }) => level === 'warn' && message.includes('WEBHOOK_SECRET')).length,
      1,
    )
  }
})

test('S2-4 with a secret the log does not warn', async () => {
  await using app = await startApp({ webhookSecret: secretOf(SECRET) })
  assert.deepEqual(app.log, [])
})

test('S2-5 every field that was sent comes back', async () => {
  await using app = await startApp()
  await app.call('POST', '/webhook', { body: REPORT })
  assert.deepEqual((await updatesOf(app))[REPORT.image]?.event, REPORT)
  const row = await app.store.db.selectFrom('updates').selectAll().executeTakeFirstOrThrow()
  assert.deepEqual([row.ctn_name, row.ctn_id, row.ctn_state, row.ctn_status], Object.values(REPORT.metadata))
})

test('S2-6 the answer has no body and says so', async () => {
  await using app = await startApp()
  const { url } = await app.listen()
  const response = await fetch(`${url}/webhook`, { method: 'POST', body: JSON.stringify(REPORT) })
  assert.equal(response.headers.get('content-length'), '0')
  assert.equal(await response.text(), '')
})

for (const method of ['GET', 'HEAD', 'PUT', 'DELETE', 'PATCH', 'OPTIONS']) {
  test(`S2-8 ${method} /webhook is answered 405 with the secret and 401 without`, async () => {
    await using app = await startApp({ webhookSecret: secretOf(SECRET) })
    const response = await app.call(method, '/webhook', { headers: { authorization: SECRET } })
    assert.equal(response.status, 405)
    assert.equal(response.headers.get('allow'), 'POST')
    assert.equal((await app.call(method, '/webhook')).status, 401)
  })
}

for (const [what, body] of [
  ['without an image', {}],
  ['with an empty image', { ...REPORT, image: '' }],
  ['with a number for an image', { ...REPORT, image: 5 }],
  ['with null for an image', { ...REPORT, image: null }],
] as const) {
  test(`S2-9 a report ${what} is answered 400`, async () => {
    await using app = await startApp()
    assert.equal((await app.call('POST', '/webhook', { body })).status, 400)
    assert.deepEqual(await updatesOf(app), {})
  })
}

for (const body of [
  '{',
  '',
  '[]',
  '"x"',
  'null',
  'nonsense',
  JSON.stringify({ ...REPORT, hostname: [] }),
  JSON.stringify({ ...REPORT, metadata: 'x' }),
]) {
  test(`S2-10 the body ${JSON.stringify(body).slice(0, 30)} is answered 400`, async () => {
    await using app = await startApp()
    assert.equal((await app.call('POST', '/webhook', { body })).status, 400)
  })
}

test('a body over 1 MiB is answered 413, whether its length is announced or not', async () => {
  await using app = await startApp()
  const { url } = await app.listen()
  const body = JSON.stringify({ ...REPORT, hostname: 'x'.repeat(1024 * 1024) })
  const announced = await fetch(`${url}/webhook`, { method: 'POST', body })
  assert.equal(announced.status, 413)
  const stream = new Blob([body]).stream()
  const chunked = await fetch(`${url}/webhook`, { method: 'POST', body: stream, duplex: 'half' } as RequestInit)
  assert.equal(chunked.status, 413)
  assert.equal((await fetch(`${url}/api/updates`)).status, 200)
})

test('a body of any content type, and one that is sent in chunks, is read', async () => {
  await using app = await startApp()
  const { url } = await app.listen()
  const body = JSON.stringify(REPORT)
  const headers = { 'content-type': 'text/plain' }
  assert.equal((await fetch(`${url}/webhook`, { method: 'POST', body, headers })).status, 200)
  const stream = new Blob([body]).stream()
  const chunked = await fetch(`${url}/webhook`, { method: 'POST', body: stream, duplex: 'half' } as RequestInit)
  assert.equal(chunked.status, 200)
})

test('S2-11 when the database cannot be written the answer is 500, and only the log says why', async () => {
  await using app = await startApp()
  await sql`pragma query_only = 1`.execute(app.store.db)
  const response = await app.call('POST', '/webhook', { body: REPORT })
  assert.equal(response.status, 500)
  assert.ok(!/readonly|sqlite/i.test(await response.text()))
  const [line] = app.log.filter(({ level }) => level === 'error')
  assert.match(String(line?.fields.error), /readonly/)
})

test('S2-12 a second report of an image takes the place of the first', async () => {
  await using app = await startApp()
  await app.call('POST', '/webhook', { body: REPORT })
  await app.call('POST', '/webhook', { body: { ...REPORT, hostname: 'other' } })
  const updates = await updatesOf(app)
  assert.deepEqual(Object.keys(updates), [REPORT.image])
  assert.equal(updates[REPORT.image]?.event.hostname, 'other')
})

test('S2-13 a new report waits again, even when the last one was acknowledged', async () => {
  await using app = await startApp()
  await app.call('POST', '/webhook', { body: REPORT })
  await app.call('PATCH', `/api/updates/${ENCODED}`)
  assert.equal((await updatesOf(app))[REPORT.image]?.acknowledged, true)
  await app.call('POST', '/webhook', { body: REPORT })
  assert.equal((await updatesOf(app))[REPORT.image]?.acknowledged, false)
})

test('S2-14 what a second report lacks is empty, and a time that is not known is the zero time', async () => {
  await using app = await startApp()
  await app.call('POST', '/webhook', { body: REPORT })
  await app.call('POST', '/webhook', { body: { image: REPORT.image, created: null, metadata: null } })
  assert.deepEqual((await updatesOf(app))[REPORT.image]?.event, {
    diun_version: '',
    hostname: '',
    status: '',
    provider: '',
    image: REPORT.image,
    hub_link: '',
    mime_type: '',
    digest: '',
    created: '0001-01-01T00:00:00Z',
    platform: '',
    metadata: { ctn_names: '', ctn_id: '', ctn_state: '', ctn_status: '' },
  })
})

test('S2-15 the tag of an image survives a new report', async () => {
  await using app = await startApp()
  await app.call('POST', '/webhook', { body: REPORT })
  const made = await app.call('POST', '/api/tags', { body: { name: 'prod' } })
  const tag = (await made.json()) as { id: number; name: string }
  await app.call('PUT', '/api/tag-assignments', { body: { image: REPORT.image, tag_id: tag.id } })
  await app.call('POST', '/webhook', { body: REPORT })
  assert.deepEqual((await updatesOf(app))[REPORT.image]?.tag, tag)
})

test('further metadata is kept and comes back with the four fields', async () => {
  await using app = await startApp()
  const metadata = { ...REPORT.metadata, ctn_command: '"nginx"', owner: 'ops', nested: { a: [1] } }
  await app.call('POST', '/webhook', { body: { ...REPORT, metadata, unknown: true } })
  assert.deepEqual((await updatesOf(app))[REPORT.image]?.event, { ...REPORT, metadata })
})

test('an image named __proto__ is a row like any other', async () => {
  await using app = await startApp()
  await app.call('POST', '/webhook', { body: '{"image":"__proto__","metadata":{"__proto__":"x"}}' })
  const text = await (await app.call('GET', '/api/updates')).text()
  assert.match(text, /^\{"__proto__":\{"event":.*"metadata":\{"__proto__":"x"/)
})

test('S2-64 a report leaves a line in the log, without the secret', async () => {
  await using app = await startApp({ webhookSecret: secretOf(SECRET) })
  await app.call('POST', '/webhook', { body: REPORT, headers: { authorization: SECRET } })
  assert.deepEqual(app.log, [
    {
      level: 'info',
      fields: { image: REPORT.image, status: 'update', hostname: 'nas' },
      message: 'A report was received',
    },
  ])
})

test('S2-42 two hundred reports at once are all taken', async () => {
  await using app = await startApp()
  const { url } = await app.listen()
  const post = async (index: number) => {
    const body = JSON.stringify({ ...REPORT, image: `docker.io/library/nginx:${index}` })
    return (await fetch(`${url}/webhook`, { method: 'POST', body })).status
  }
  const statuses = await Promise.all(Array.from({ length: 200 }, (_, index) => post(index)))
  assert.deepEqual(
    statuses,
    Array.from({ length: 200 }, () => 200),
  )
  assert.equal(Object.keys(await updatesOf(app)).length, 200)
})

test('a page of another origin cannot report, although it needs no secret', async () => {
  await using app = await startApp()
  const headers = { origin: 'https://elsewhere.example', host: 'seaworthy.lan:8080' }
  assert.equal((await app.call('POST', '/webhook', { body: REPORT, headers })).status, 403)
})

async function updatesOf(app: Awaited<ReturnType<typeof startApp>>): Promise<Updates> {
  return (await (await app.call('GET', '/api/updates')).json()) as Updates
}
