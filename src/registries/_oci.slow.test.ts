import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { test } from 'node:test'
import { makeCertificate } from '../../test/kit/certificate.ts'
import { answering, image, testClient } from '../../test/kit/registry-client.ts'
import { startRegistryDouble } from '../../test/kit/registry-double.ts'
import type { RegistryOptions } from './_registry.ts'

test('500 unchanged images behind bearer tokens cost one HEAD each and hardly anything else', async () => {
  await using double = await startRegistryDouble({ auth: 'bearer', etags: true })
  await using my = testClient()
  const images = Array.from({ length: 500 }, (_, index) => {
    const name = `library/image-${index}`
    const { digest } = double.push(name, 'latest', { labels: { name } })
    return { reference: image(`${double.host}/${name}:latest`), digest }
  })
  my.client.announce(images.map(({ reference }) => reference))
  const answers = await Promise.all(
    images.map(({ reference, digest }) => my.client.digest(reference, { digest, etag: `"${digest}"` }, {})),
  )
  assert.ok(answers.every(({ unchanged }) => unchanged))
  const { head, token, manifest, ping } = double.counts
  assert.ok(head + token <= 510, `${head} HEADs and ${token} tokens`)
  assert.deepEqual({ head, manifest, ping }, { head: 501, manifest: 0, ping: 0 })
})

test('a second check costs exactly one request an image', async () => {
  await using double = await startRegistryDouble({ auth: 'bearer', etags: true })
  await using my = testClient()
  const { digest } = double.push('a/b', '1', {})
  const reference = image(`${double.host}/a/b:1`)
  await my.client.digest(reference, {}, {})
  const before = double.log.length
  assert.equal((await my.client.digest(reference, { digest }, {})).unchanged, true)
  assert.equal(double.log.length - before, 1)
})

test('a token that has expired is replaced before it is refused', async () => {
  await using double = await startRegistryDouble({ auth: 'bearer', tokenLifetime: 100 })
  await using my = testClient()
  double.push('a/b', '1', {})
  const reference = image(`${double.host}/a/b:1`)
  await my.client.digest(reference, {}, {})
  my.clock.time += 95_000
  await my.client.digest(reference, {}, {})
  assert.deepEqual({ token: double.counts.token, head: double.counts.head }, { token: 2, head: 3 })
})

for (const [name, knobs] of [
  ['a registry that minds only the first scope', { singleScope: true }],
  ['a token server that refuses several scopes', { refusesSharedTokens: true }],
] as const) {
  test(`${name} is asked for one token an image`, async () => {
    await using double = await startRegistryDouble({ auth: 'bearer', ...knobs })
    await using my = testClient()
    const images = ['a', 'b', 'c', 'd', 'e'].map((name) => {
      double.push(`x/${name}`, '1', {})
      return image(`${double.host}/x/${name}:1`)
    })
    my.client.announce(images)
    await Promise.all(images.map((reference) => my.client.digest(reference, {}, {})))
    const before = double.log.length
    await Promise.all(images.map((reference) => my.client.digest(reference, {}, {})))
    assert.equal(double.log.length - before, 5)
    assert.ok(double.counts.token <= 7)
  })
}

test('one anonymous token serves a registry that shares it', async () => {
  await using double = await startRegistryDouble({ auth: 'bearer', anyToken: true })
  await using my = testClient({ members: [{ name: 'oci', summary: '', hosts: [], sharesAnonymousToken: true }] })
  for (const name of ['x/a', 'x/b', 'x/c']) {
    double.push(name, '1', {})
    await my.client.digest(image(`${double.host}/${name}:1`), {}, {})
  }
  assert.equal(double.counts.token, 1)
  assert.ok(!double.log.find(({ kind }) => kind === 'token')?.url.includes('scope'))
})

test('a registry that is said to share its anonymous token and does not gets one an image', async () => {
  await using double = await startRegistryDouble({ auth: 'bearer' })
  await using my = testClient({ members: [{ name: 'oci', summary: '', hosts: [], sharesAnonymousToken: true }] })
  for (const name of ['x/a', 'x/b', 'x/c']) {
    const { digest } = double.push(name, '1', {})
    assert.equal((await my.client.digest(image(`${double.host}/${name}:1`), {}, {})).digest, digest)
  }
  assert.deepEqual({ token: double.counts.token, head: double.counts.head }, { token: 4, head: 5 })
})

test('a whole check shares one connection where the registry speaks HTTP/2', async () => {
  await using double = await startRegistryDouble({ auth: 'bearer', tls: makeCertificate(), http2: true })
  await using my = testClient()
  const images = Array.from({ length: 60 }, (_, index) => ({
    ...double.push(`a/b${index}`, '1', { labels: { index: String(index) } }),
    reference: image(`${double.host}/a/b${index}:1`),
  }))
  const answers = await Promise.all(images.map(({ reference }) => my.client.digest(reference, {}, {})))
  assert.deepEqual(
    answers.map(({ digest }) => digest),
    images.map(({ digest }) => digest),
  )
  assert.equal(double.counts.connections, 1)
})

for (const [name, more, isTrusted] of [
  ['is not trusted by itself', {}, false],
  ['is trusted by its file', { caFile: true }, true],
  ['is taken where checks are off', { insecureTls: true }, true],
] as const) {
  test(`a certificate of an authority of one's own ${name}`, async (context) => {
    const tls = makeCertificate()
    await using double = await startRegistryDouble({ tls })
    const folder = mkdtempSync(path.join(tmpdir(), 'ca-'))
    context.after(() => rmSync(folder, { recursive: true }))
    const caFile = path.join(folder, 'ca.pem')
    writeFileSync(caFile, tls.cert)
    const option = {
      ...plainHttp(),
      plainHttp: false,
      ...more,
      ...('caFile' in more ? { caFile } : {}),
    } as RegistryOptions
    await using my = testClient({ options: [option], standIns: { 'registry.test': double.origin } })
    const { digest } = double.push('a/b', '1', {})
    const asked = my.client.digest(image('registry.test/a/b:1'), {}, {})
    if (isTrusted) assert.equal((await asked).digest, digest)
    else await assert.rejects(asked, { code: 'unavailable', remedy: /`caFile` in regopts.*`insecureTLS`/ })
  })
}

for (const [name, knobs, expected] of [
  ['HEAD that is answered 405', { headStatus: 405 }, { head: 1, manifest: 2 }],
  ['HEAD that is answered 404', { headStatus: 404 }, { head: 1, manifest: 2 }],
  ['HEAD that is answered 501', { headStatus: 501 }, { head: 1, manifest: 2 }],
  ['HEAD without a digest', { noDigestHeader: true }, { head: 1, manifest: 2 }],
] as const) {
  test(`${name} is replaced by GET and the hash of what comes, and not tried again`, async () => {
    await using double = await startRegistryDouble(knobs)
    await using my = testClient()
    const { digest } = double.push('a/b', '1', {})
    const reference = image(`${double.host}/a/b:1`)
    assert.equal((await my.client.digest(reference, {}, {})).digest, digest)
    assert.equal((await my.client.digest(reference, {}, {})).digest, digest)
    assert.deepEqual({ head: double.counts.head, manifest: double.counts.manifest }, expected)
  })
}

test('the tag is asked for where a digest is written too, and the digest where it is alone', async () => {
  await using double = await startRegistryDouble()
  await using my = testClient()
  const old = double.push('a/b', '1', { labels: { version: 'old' } }).digest
  const recent = double.push('a/b', '1', { labels: { version: 'new' } }).digest
  assert.equal((await my.client.digest(image(`${double.host}/a/b:1@${old}`), {}, {})).digest, recent)
  assert.equal((await my.client.digest(image(`${double.host}/a/b@${old}`), {}, {})).digest, old)
})

test('an answer 429 is waited out and everybody slows down', async () => {
  await using double = await startRegistryDouble({
    trouble: { times: 2, status: 429, headers: { 'retry-after': '7' } },
  })
  await using my = testClient()
  const { digest } = double.push('a/b', '1', {})
  assert.equal((await my.client.digest(image(`${double.host}/a/b:1`), {}, {})).digest, digest)
  assert.deepEqual(my.waits, [7000, 7000])
  assert.equal(my.client.counts()[0]?.rateLimited, 2)
  assert.ok((my.client.rateLimits()[0]?.concurrency ?? 99) < 4)
})

test('503 without a time is tried again after 1, 2 and 4 seconds, then reported', async () => {
  await using double = await startRegistryDouble({ trouble: { times: 99, status: 503 } })
  await using my = testClient()
  await assert.rejects(my.client.digest(image(`${double.host}/a/b:1`), {}, {}), {
    code: 'unavailable',
    message: `${double.host} failed to tell tag "1" of a/b (503).`,
  })
  assert.deepEqual(my.waits, [1000, 2000, 4000])
})

test('a pause that is too long to wait for is reported, and nobody asks until it is over', async () => {
  await using double = await startRegistryDouble({
    trouble: { times: 1, status: 429, headers: { 'retry-after': '3600' } },
  })
  await using my = testClient()
  const reference = image(`${double.host}/a/b:1`)
  const expected = { code: 'unavailable', message: /asks to be left alone until 2026-06-01T13:00:00.000Z/ }
  await assert.rejects(my.client.digest(reference, {}, {}), expected)
  await assert.rejects(my.client.digest(reference, {}, {}), expected)
  assert.equal(double.log.length, 1)
  assert.equal(my.client.rateLimits()[0]?.waitUntil, '2026-06-01T13:00:00.000Z')
})

test('a pause that is too long to wait for is told to those who queue already, at once', async () => {
  const found = { status: 200, headers: { 'docker-content-digest': `sha256:${'0'.repeat(64)}` } }
  const my = answering(({ pathname }) =>
    pathname.includes('first') ? found : { status: 429, headers: { 'retry-after': '3600' } },
  )
  await my.client.digest(image('reg.test/a/first:1'), {}, {})
  const asked = Array.from({ length: 50 }, (_, n) => my.client.digest(image(`reg.test/a/b${n}:1`), {}, {}))
  const ended = await Promise.allSettled(asked)
  assert.ok(ended.every((one) => one.status === 'rejected' && /asks to be left alone/.test(String(one.reason))))
  assert.deepEqual(my.waits, [])
  assert.ok(my.sent.length <= 10, `${my.sent.length} requests`)
})

test('a pause beyond all bounds counts as a day', async () => {
  const my = answering(() => ({ status: 429, headers: { 'retry-after': '99999999999999999999' } }))
  await assert.rejects(my.client.digest(image('reg.test/a/b:1'), {}, {}), { code: 'unavailable' })
  assert.equal(my.client.rateLimits()[0]?.waitUntil, '2026-06-02T12:00:00.000Z')
})

for (const [name, body] of [
  ['a page of a portal', '<!doctype html><title>Log in</title>'],
  ['nothing', ''],
  ['JSON of something else', '{"message":"please log in"}'],
] as const) {
  test(`${name} in place of a manifest is never taken for a new image`, async () => {
    const my = answering(() => ({ status: 200, headers: { 'content-type': 'text/html' }, body }))
    await assert.rejects(my.client.digest(image('reg.test/a/b:1'), {}, {}), {
      code: 'unavailable',
      message: 'reg.test sent something that is not a manifest for tag "1" of a/b.',
    })
  })
}

test('a lost connection is tried again', async () => {
  await using double = await startRegistryDouble({ drops: 1 })
  await using my = testClient({ options: [plainHttp()] })
  const { digest } = double.push('a/b', '1', {})
  assert.equal((await my.client.digest(image(`${double.host}/a/b:1`), {}, {})).digest, digest)
})

test('a host that is gone is asked once for many images', async () => {
  await using my = testClient()
  const references = Array.from({ length: 50 }, (_, index) => image(`127.0.0.1:1/a/b${index}:1`))
  const results = await Promise.allSettled(references.map((reference) => my.client.digest(reference, {}, {})))
  assert.ok(results.every(({ status }) => status === 'rejected'))
  assert.match(
    String((results[9] as PromiseRejectedResult).reason),
    /127\.0\.0\.1:1 cannot be reached \(ECONNREFUSED\): could not ask for tag "1" of a\/b9/,
  )
  assert.ok(my.sent.length < 10, `${my.sent.length} requests`)
})

test('what is left of the allowance is told, and little of it makes us careful', async () => {
  const headers = { 'ratelimit-limit': '100;w=21600', 'ratelimit-remaining': '3;w=21600' }
  await using double = await startRegistryDouble({ headers })
  await using my = testClient()
  double.push('a/b', '1', {})
  await my.client.digest(image(`${double.host}/a/b:1`), {}, {})
  const [limit] = my.client.rateLimits()
  assert.deepEqual(limit, { host: double.host, limit: 100, remaining: 3, windowSeconds: 21_600, concurrency: 2 })
})

test('no more requests are under way than allowed', async () => {
  await using double = await startRegistryDouble({ latencyMs: 2 })
  await using my = testClient({ maxConcurrency: 6 })
  double.push('a/b', '1', {})
  const reference = image(`${double.host}/a/b:1`)
  await Promise.all(Array.from({ length: 100 }, () => my.client.digest(reference, {}, {})))
  assert.equal(double.counts.mostAtOnce, 6)
  assert.ok(double.counts.connections <= 8)
})

test('a tag that does not exist, a private image and a forbidden one are told apart', async () => {
  await using double = await startRegistryDouble({ auth: 'bearer', forbidden: new Set(['a/secret']) })
  await using my = testClient()
  double.push('a/b', '1', {})
  double.push('a/secret', '1', {})
  await assert.rejects(my.client.digest(image(`${double.host}/a/b:2`), {}, {}), {
    code: 'not-found',
    message: `${double.host} does not have tag "2" of a/b (404).`,
  })
  await assert.rejects(my.client.digest(image(`${double.host}/a/secret:1`), {}, {}), {
    code: 'unauthorized',
    remedy: /regopts, or by `docker login/,
  })
})

test('a registry on this machine may speak plain http', async () => {
  await using double = await startRegistryDouble()
  await using my = testClient()
  const { digest } = double.push('a/b', '1', {})
  assert.equal((await my.client.digest(image(`${double.host}/a/b:1`), {}, {})).digest, digest)
  const before = my.sent.length
  await my.client.digest(image(`${double.host}/a/b:1`), {}, {})
  assert.equal(my.sent.length - before, 1)
})

test('a registry elsewhere is never asked over plain http unless that is allowed', async () => {
  await using double = await startRegistryDouble()
  const { digest } = double.push('a/b', '1', {})
  const standIns = { 'registry.test': double.origin }
  await using strict = testClient({ standIns })
  await strict.client.digest(image('registry.test/a/b:1'), {}, {})
  assert.deepEqual(
    strict.sent.map(({ url }) => url.protocol),
    ['https:'],
  )
  await using free = testClient({ standIns, options: [plainHttp()] })
  assert.equal((await free.client.digest(image('registry.test/a/b:1'), {}, {})).digest, digest)
  assert.deepEqual(
    free.sent.map(({ url }) => url.protocol),
    ['http:'],
  )
})

test('whoever asked may give up while waiting', async () => {
  await using double = await startRegistryDouble({ latencyMs: 60_000 })
  await using my = testClient()
  const leaving = new AbortController()
  const asked = my.client.digest(image(`${double.host}/a/b:1`), {}, { signal: leaving.signal })
  const queued = my.client.digest(image(`${double.host}/a/c:1`), {}, { signal: leaving.signal })
  leaving.abort()
  await assert.rejects(asked)
  await assert.rejects(queued)
})

function plainHttp() {
  return { name: '', selector: 'image', insecureTls: false, plainHttp: true, timeoutMs: 0 } as const
}
