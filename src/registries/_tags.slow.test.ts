import assert from 'node:assert/strict'
import { test } from 'node:test'
import { answering, image, testClient } from '../../test/kit/registry-client.ts'
import { type DoubleOptions, startRegistryDouble } from '../../test/kit/registry-double.ts'
import hub from './hub.ts'

const RECENTLY = '2026-06-01T11:00:00.000Z'
const LONG_AGO = '2026-05-01T11:00:00.000Z'

const OLDEST_FIRST = { name: 'oci', summary: '', hosts: [], listsOldestFirst: true }

async function withTags(tags: readonly string[], options: DoubleOptions = {}) {
  const double = await startRegistryDouble(options)
  for (const tag of tags) double.push('a/b', tag, {})
  return {
    double,
    reference: image(`${double.host}/a/b:1`),
    [Symbol.asyncDispose]: () => double[Symbol.asyncDispose](),
  }
}

const NUMBERED = Array.from({ length: 2500 }, (_, index) => `v${String(index).padStart(5, '0')}`)

for (const [name, options, requests] of [
  ['one after the other', { pageSize: 1000 }, 3],
  ['with absolute links', { pageSize: 1000, absoluteLink: true }, 3],
  ['where the page size is refused', { pageSize: 2000, refusesPageSize: true }, 3],
] as const) {
  test(`all pages of a tag list are read, ${name}`, async () => {
    await using world = await withTags(NUMBERED, options)
    await using my = testClient()
    const answer = await my.client.tags(world.reference, undefined, {})
    assert.deepEqual(answer, { tags: NUMBERED, unchanged: false, isWhole: true })
    assert.equal(world.double.counts.tags, requests)
  })
}

test('names that cannot be tags are dropped', async () => {
  await using world = await withTags(['1', 'bad tag', '-x', '', 'ok'])
  await using my = testClient()
  assert.deepEqual((await my.client.tags(world.reference, undefined, {})).tags, ['1', 'ok'])
})

test('an unchanged list of one page costs one conditional request', async () => {
  await using world = await withTags(['1', '2'], { etags: true })
  await using my = testClient()
  const { tags, etag } = await my.client.tags(world.reference, undefined, {})
  const again = await my.client.tags(world.reference, { tags, etag, listedAt: RECENTLY }, {})
  assert.deepEqual(again, { tags, etag, unchanged: true, isWhole: true })
  assert.equal(world.double.counts.tags, 2)
})

test('the condition of a first page is not used for a list of several', async () => {
  await using world = await withTags(NUMBERED, { etags: true })
  await using my = testClient()
  assert.equal((await my.client.tags(world.reference, undefined, {})).etag, undefined)
})

test('a long list in the order of making is resumed behind the last known tag', async () => {
  const shuffled = NUMBERED.toReversed()
  await using world = await withTags([...shuffled, 'newest'], { byTime: true })
  await using my = testClient({ members: [OLDEST_FIRST] })
  const answer = await my.client.tags(world.reference, { tags: shuffled, listedAt: RECENTLY }, {})
  assert.deepEqual(answer, { tags: [...shuffled, 'newest'], unchanged: false, isWhole: false })
  assert.equal(world.double.counts.tags, 1)
})

for (const [name, known, options] of [
  ['is more than a day old', { tags: NUMBERED.toReversed(), listedAt: LONG_AGO }, { byTime: true }],
  ['is in the order of names, where a new tag may come before the last', { tags: NUMBERED, listedAt: RECENTLY }, {}],
  ['ends with a tag that is gone', { tags: [...NUMBERED.toReversed(), 'gone'], listedAt: RECENTLY }, { byTime: true }],
] as const) {
  test(`the list is read whole when the known one ${name}`, async () => {
    const tags = 'byTime' in options ? NUMBERED.toReversed() : NUMBERED
    await using world = await withTags([...tags, 'newest'], options)
    await using my = testClient({ members: [OLDEST_FIRST] })
    const answer = await my.client.tags(world.reference, known, {})
    assert.equal(answer.isWhole, true)
    assert.deepEqual(answer.tags.toSorted(), [...NUMBERED, 'newest'].toSorted())
  })
}

test('a list without end is given up', async () => {
  await using world = await withTags(['1', '2'], { endlessLink: true })
  await using my = testClient()
  await assert.rejects(my.client.tags(world.reference, undefined, {}), { code: 'unavailable', message: /without end/ })
  assert.ok(world.double.counts.tags <= 4)
})

test('a list that grows beyond all bounds is given up', async () => {
  const tags = Array.from({ length: 100_000 }, (_, n) => `t${n}`)
  const my = answering((url) => {
    const page = Number(url.searchParams.get('page') ?? 0)
    const link = { link: `</v2/a/b/tags/list?page=${page + 1}>; rel="next"` }
    return { status: 200, headers: link, body: JSON.stringify({ tags }) }
  })
  await assert.rejects(my.client.tags(image('reg.test/a/b:1'), undefined, {}), { message: /without end/ })
  assert.ok(my.sent.length <= 6, `${my.sent.length} pages`)
})

test('a list that goes on at another host is not followed', async () => {
  await using other = await startRegistryDouble()
  await using world = await withTags(['1'], {
    auth: 'bearer',
    endlessLink: true,
    foreignLink: `${other.origin}/v2/a/b/tags/list`,
  })
  await using my = testClient()
  await assert.rejects(my.client.tags(world.reference, undefined, {}), {
    code: 'forbidden',
    message: /at another host/,
  })
  assert.equal(other.log.length, 0)
})

test('pages at the host that a registry sends us to are read there, without the credentials', async () => {
  await using other = await withTags(['1', '2', '3'], { pageSize: 1 })
  await using world = await withTags(['1'], { auth: 'bearer', tagsAt: other.double.origin })
  await using my = testClient()
  assert.deepEqual((await my.client.tags(world.reference, undefined, {})).tags, ['1', '2', '3'])
  assert.deepEqual(
    other.double.log.map(({ headers }) => headers.authorization),
    [undefined, undefined, undefined],
  )
})

async function hubWorld(options: DoubleOptions = {}) {
  const double = await startRegistryDouble({ ...options })
  for (let index = 0; index < 250; index++) {
    const pushedAt = new Date(Date.parse('2026-05-01T00:00:00Z') + index * 3_600_000).toISOString()
    double.push('library/nginx', `1.${index}`, { pushedAt })
  }
  const my = testClient({
    members: [hub, { name: 'oci', summary: '', hosts: [] }],
    standIns: { 'registry-1.docker.io': double.origin, 'hub.docker.com': double.origin },
  })
  const tags = Array.from({ length: 250 }, (_, index) => `1.${index}`).sort()
  return {
    double,
    my,
    tags,
    async [Symbol.asyncDispose]() {
      await my[Symbol.asyncDispose]()
      await double[Symbol.asyncDispose]()
    },
  }
}

test('Docker Hub is asked for the newest tags only, back to what is known', async () => {
  await using world = await hubWorld()
  world.double.push('library/nginx', '1.27.0', { pushedAt: '2026-06-01T11:30:00Z' })
  const answer = await world.my.client.tags(image('nginx'), { tags: world.tags, listedAt: RECENTLY }, {})
  assert.deepEqual(answer.tags, [...world.tags, '1.27.0'].sort())
  assert.equal(answer.pushedAt?.['1.27.0'], '2026-06-01T11:30:00.000Z')
  assert.deepEqual([answer.unchanged, answer.isWhole], [false, false])
  assert.deepEqual([world.double.counts.hub, world.double.counts.tags], [1, 0])
})

test('Docker Hub is read page by page until the first known tag', async () => {
  await using world = await hubWorld()
  const listedAt = '2026-05-31T13:00:00.000Z'
  for (let index = 0; index < 150; index++) {
    const pushedAt = new Date(Date.parse('2026-06-01T00:00:00Z') + index * 60_000).toISOString()
    world.double.push('library/nginx', `2.${index}`, { pushedAt })
  }
  const answer = await world.my.client.tags(image('nginx'), { tags: world.tags, listedAt }, {})
  assert.equal(answer.tags.length, 400)
  assert.deepEqual([world.double.counts.hub, world.double.counts.tags], [2, 0])
})

test('a push that Docker Hub told late is found behind one it told in time', async () => {
  await using world = await hubWorld()
  for (let index = 0; index < 99; index++)
    world.double.push('library/nginx', `2.${index}`, { pushedAt: '2026-06-01T11:30:00Z' })
  world.double.push('library/nginx', '1.7', { pushedAt: '2026-06-01T10:58:00Z' })
  world.double.push('library/nginx', 'late', { pushedAt: '2026-06-01T10:50:00Z' })
  const answer = await world.my.client.tags(image('nginx'), { tags: world.tags, listedAt: RECENTLY }, {})
  assert.ok(answer.tags.includes('late'))
})

test('the first list of Docker Hub comes from the registry, with the newest push times', async () => {
  await using world = await hubWorld()
  const answer = await world.my.client.tags(image('nginx'), undefined, {})
  assert.deepEqual([answer.tags, answer.isWhole], [world.tags, true])
  assert.equal(Object.keys(answer.pushedAt ?? {}).length, 100)
  assert.deepEqual([world.double.counts.hub, world.double.counts.tags], [1, 1])
})

test("the registry's own list stands in where Docker Hub's API fails", async () => {
  await using world = await hubWorld({ hubFails: true })
  const answer = await world.my.client.tags(image('nginx'), { tags: ['1.0'], listedAt: RECENTLY }, {})
  assert.deepEqual(answer, { tags: world.tags, unchanged: false, isWhole: true })
})

test('Docker Hub that moved a known tag and has no new one says so', async () => {
  await using world = await hubWorld()
  world.double.push('library/nginx', '1.7', { pushedAt: '2026-06-01T11:45:00Z' })
  const answer = await world.my.client.tags(image('nginx'), { tags: world.tags, listedAt: RECENTLY }, {})
  assert.equal(answer.unchanged, true)
  assert.equal(answer.pushedAt?.['1.7'], '2026-06-01T11:45:00.000Z')
})
