import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sql } from 'kysely'
import { startApp, type TestApp } from '../../kit/http-app.ts'
import { REPORT } from './_report.ts'

test('S2-27 GET /api/tags is a list by id, empty at first', async () => {
  await using app = await startApp()
  assert.equal(await (await app.call('GET', '/api/tags')).text(), '[]')
  await create(app, 'zebra')
  await create(app, 'apple')
  assert.deepEqual(await tagsOf(app), [
    { id: 1, name: 'zebra' },
    { id: 2, name: 'apple' },
  ])
})

test('S2-28 POST /api/tags is answered 201 with id and name, the name trimmed', async () => {
  await using app = await startApp()
  const response = await create(app, '  prod ')
  assert.equal(response.status, 201)
  assert.deepEqual(await response.json(), { id: 1, name: 'prod' })
})

const NAMES = [
  ['an empty name', { name: '' }],
  ['a blank name', { name: ' \t' }],
  ['no name', {}],
  ['a number for a name', { name: 5 }],
  ['null for a name', { name: null }],
  ['101 characters', { name: 'ä'.repeat(101) }],
  ['a list', []],
  ['half an object', '{"name":'],
  ['nothing', ''],
] as const

for (const [what, body] of NAMES) {
  test(`S2-29 a tag with ${what} is answered 400`, async () => {
    await using app = await startApp()
    assert.equal((await app.call('POST', '/api/tags', { body })).status, 400)
    assert.deepEqual(await tagsOf(app), [])
  })
}

test('a name of 100 characters is taken, and capitals make another tag', async () => {
  await using app = await startApp()
  for (const name of ['ä'.repeat(100), 'prod', 'Prod']) assert.equal((await create(app, name)).status, 201)
})

test('S2-30 the same name again is answered 409, also when both come at once', async () => {
  await using app = await startApp()
  const both = await Promise.all([create(app, 'prod'), create(app, 'prod')])
  assert.deepEqual(both.map(({ status }) => status).sort(), [201, 409])
  assert.equal((await create(app, ' prod')).status, 409)
  assert.equal((await tagsOf(app)).length, 1)
})

test('S2-31 POST /api/tags is answered 500 when the database cannot be written', async () => {
  await using app = await startApp()
  await sql`pragma query_only = 1`.execute(app.store.db)
  assert.equal((await create(app, 'prod')).status, 500)
})

for (const method of ['PUT', 'PATCH', 'DELETE']) {
  test(`${method} /api/tags is answered 405`, async () => {
    await using app = await startApp()
    assert.equal((await app.call(method, '/api/tags')).status, 405)
  })
}

test('S2-32 DELETE of a tag is answered 204, and its id is never given again', async () => {
  await using app = await startApp()
  await create(app, 'prod')
  assert.equal((await app.call('DELETE', '/api/tags/1')).status, 204)
  assert.deepEqual(await (await create(app, 'prod')).json(), { id: 2, name: 'prod' })
})

const IDS = [
  ['abc', 400],
  ['1.5', 400],
  ['', 400],
  ['1%20', 400],
  ['99999999999999999999', 400],
  ['%zz', 400],
  ['-1', 404],
  ['0', 404],
  ['2', 404],
  ['%31', 204],
] as const

for (const [id, status] of IDS) {
  test(`S2-33 DELETE /api/tags/${id} is answered ${status}`, async () => {
    await using app = await startApp()
    await create(app, 'prod')
    assert.equal((await app.call('DELETE', `/api/tags/${id}`)).status, status)
  })
}

for (const method of ['GET', 'POST', 'PUT', 'PATCH']) {
  test(`S2-33 ${method} on a tag is answered 405, whatever its id`, async () => {
    await using app = await startApp()
    for (const id of ['1', 'abc']) assert.equal((await app.call(method, `/api/tags/${id}`)).status, 405)
  })
}

test('S2-33 DELETE of a tag is answered 500 when the database cannot be written', async () => {
  await using app = await startApp()
  await create(app, 'prod')
  await sql`pragma query_only = 1`.execute(app.store.db)
  assert.equal((await app.call('DELETE', '/api/tags/1')).status, 500)
})

test('S2-34 deleting a tag takes it from its images', async () => {
  await using app = await startApp()
  await app.call('POST', '/webhook', { body: REPORT })
  await create(app, 'prod')
  await assign(app, { image: REPORT.image, tag_id: 1 })
  await app.call('DELETE', '/api/tags/1')
  assert.equal(await assignedTo(app, REPORT.image), null)
  assert.deepEqual(await app.store.db.selectFrom('tag_assignments').selectAll().execute(), [])
})

test('S2-35 PUT /api/tag-assignments is answered 204, also before the image was ever reported', async () => {
  await using app = await startApp()
  await create(app, 'prod')
  assert.equal((await assign(app, { image: REPORT.image, tag_id: 1 })).status, 204)
  await app.call('POST', '/webhook', { body: REPORT })
  assert.deepEqual(await assignedTo(app, REPORT.image), { id: 1, name: 'prod' })
})

const ASSIGNMENTS = [
  ['no tag_id', { image: 'x' }, 400],
  ['null for tag_id', { image: 'x', tag_id: null }, 400],
  ['text for tag_id', { image: 'x', tag_id: '1' }, 400],
  ['a fraction for tag_id', { image: 'x', tag_id: 1.5 }, 400],
  ['a tag_id beyond all numbers', '{"image":"x","tag_id":1e300}', 400],
  ['no image', { tag_id: 1 }, 400],
  ['an empty image', { image: '', tag_id: 1 }, 400],
  ['a list', [], 400],
  ['half an object', '{', 400],
  ['nothing', '', 400],
  ['the tag 0', { image: 'x', tag_id: 0 }, 404],
  ['a tag that does not exist', { image: 'x', tag_id: 2 }, 404],
] as const

for (const [what, body, status] of ASSIGNMENTS) {
  test(`S2-36 an assignment with ${what} is answered ${status}`, async () => {
    await using app = await startApp()
    await create(app, 'prod')
    assert.equal((await assign(app, body)).status, status)
  })
}

test('S2-36 PUT is answered 500 when the database cannot be written', async () => {
  await using app = await startApp()
  await create(app, 'prod')
  await sql`pragma query_only = 1`.execute(app.store.db)
  assert.equal((await assign(app, { image: 'x', tag_id: 1 })).status, 500)
})

test('S2-37 an image has one tag: the last one it was given', async () => {
  await using app = await startApp()
  await create(app, 'prod')
  await create(app, 'test')
  await assign(app, { image: 'x', tag_id: 1 })
  await assign(app, { image: 'x', tag_id: 2 })
  const [row, ...others] = await app.store.db.selectFrom('tag_assignments').selectAll().execute()
  assert.deepEqual([row?.image, row?.tag_id, others.length], ['x', 2, 0])
})

test('S2-38 DELETE takes the image from the body or, where a proxy drops that, from the query', async () => {
  await using app = await startApp()
  await create(app, 'prod')
  for (const [target, body] of [
    ['/api/tag-assignments', { image: 'a/b:1' }],
    ['/api/tag-assignments?image=a%2Fb%3A1', undefined],
  ] as const) {
    await assign(app, { image: 'a/b:1', tag_id: 1 })
    assert.equal((await app.call('DELETE', target, { body })).status, 204)
    assert.deepEqual(await app.store.db.selectFrom('tag_assignments').selectAll().execute(), [])
  }
})

test('S2-38 DELETE of an assignment that is not there is answered 204', async () => {
  await using app = await startApp()
  assert.equal((await app.call('DELETE', '/api/tag-assignments', { body: { image: 'x' } })).status, 204)
})

for (const body of ['', '{', '[]', '{}', '{"image":""}', '{"image":1}']) {
  test(`S2-39 DELETE of an assignment with the body ${body} is answered 400`, async () => {
    await using app = await startApp()
    assert.equal((await app.call('DELETE', '/api/tag-assignments', { body })).status, 400)
  })
}

test('S2-39 DELETE of an assignment is answered 500 when the database cannot be written', async () => {
  await using app = await startApp()
  await sql`pragma query_only = 1`.execute(app.store.db)
  assert.equal((await app.call('DELETE', '/api/tag-assignments', { body: { image: 'x' } })).status, 500)
})

for (const method of ['GET', 'HEAD', 'POST', 'PATCH']) {
  test(`${method} /api/tag-assignments is answered 405`, async () => {
    await using app = await startApp()
    assert.equal((await app.call(method, '/api/tag-assignments')).status, 405)
  })
}

async function create(app: TestApp, name: string): Promise<Response> {
  return await app.call('POST', '/api/tags', { body: { name } })
}

async function assign(app: TestApp, body: unknown): Promise<Response> {
  return await app.call('PUT', '/api/tag-assignments', { body })
}

async function tagsOf(app: TestApp): Promise<unknown[]> {
  return (await (await app.call('GET', '/api/tags')).json()) as unknown[]
}

async function assignedTo(app: TestApp, image: string): Promise<unknown> {
  const updates = (await (await app.call('GET', '/api/updates')).json()) as Record<string, { tag: unknown }>
  return updates[image]?.tag
}
