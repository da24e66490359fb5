import assert from 'node:assert/strict'
import { test } from 'node:test'
import { answering, image, recordingLog, testClient } from '../../test/kit/registry-client.ts'
import { type DoubleOptions, startRegistryDouble } from '../../test/kit/registry-double.ts'
import { secretOf } from '../lib/secret.ts'
import { chooseOptions } from './_access.ts'
import { isTrustedRealm } from './_realm.ts'
import type { RegistryOptions } from './_registry.ts'

const ACCOUNT = { user: 'ann', password: 'pass:word' }

function entry(name: string, more: Partial<RegistryOptions> = {}): RegistryOptions {
  return { name, selector: 'image', insecureTls: false, plainHttp: false, timeoutMs: 0, ...more }
}

const LOGIN = { username: secretOf(ACCOUNT.user), password: secretOf(ACCOUNT.password) }

async function asked(knobs: DoubleOptions, parts: Parameters<typeof testClient>[0] = {}, regopt?: string) {
  await using double = await startRegistryDouble(knobs)
  await using my = testClient(parts)
  const { digest } = double.push('a/b', '1', {})
  const answer = await my.client.digest(image(`${double.host}/a/b:1`), {}, { regopt })
  assert.equal(answer.digest, digest)
  return double.log
}

test('user and password are sent as Basic where the registry wants that', async () => {
  const log = await asked({ auth: 'basic', account: ACCOUNT }, { options: [entry('', LOGIN)] })
  assert.equal(log.at(-1)?.headers.authorization, `Basic ${btoa('ann:pass:word')}`)
})

test('user and password buy a token where the registry wants that, and go nowhere else', async () => {
  const log = await asked({ auth: 'bearer', account: ACCOUNT }, { options: [entry('', LOGIN)] })
  const kinds = log.map(({ kind, headers }) => `${kind} ${headers.authorization?.split(' ')[0] ?? ''}`.trim())
  assert.deepEqual(kinds, ['head', 'token Basic', 'head Bearer'])
  assert.match(log[1]?.url ?? '', /^\/token\?account=ann&service=double&scope=repository:a\/b:pull$/)
})

test('an identity token is exchanged by POST', async () => {
  const credentials = { kind: 'identity', token: 'refresh-me', source: 'x' } as const
  const dockerConfig = { find: async () => ({ key: 'x', credentials }) }
  const log = await asked({ auth: 'bearer', identityToken: 'refresh-me' }, { dockerConfig })
  const token = log.find(({ kind }) => kind === 'token')
  assert.equal(token?.method, 'POST')
  const form = new URLSearchParams(token?.body)
  assert.deepEqual(
    ['grant_type', 'service', 'scope'].map((name) => form.get(name)),
    ['refresh_token', 'double', 'repository:a/b:pull'],
  )
})

test('a realm may have a query of its own', async () => {
  await using double = await startRegistryDouble({ auth: 'bearer' })
  await using my = testClient()
  double.knobs.realm = `${double.origin}/token?tenant=1`
  double.push('a/b', '1', {})
  await my.client.digest(image(`${double.host}/a/b:1`), {}, {})
  assert.match(double.log.find(({ kind }) => kind === 'token')?.url ?? '', /^\/token\?tenant=1&service=double&scope=/)
})

test('credentials that are refused are named by where they come from, never by what they are', async () => {
  const options = [entry('', { ...LOGIN, password: secretOf('wrong-one') })]
  await assert.rejects(
    asked({ auth: 'bearer', account: ACCOUNT }, { options }),
    (error: Error & { remedy: string }) => {
      assert.match(error.remedy, /Check the regopts entry ""/)
      assert.ok(!`${error.stack}${error.remedy}${JSON.stringify(error)}`.includes('wrong-one'))
      return true
    },
  )
})

for (const [name, challenge] of [
  ['without a challenge', ''],
  ['with a challenge we do not know', 'Negotiate'],
  ['with Basic only, and no credentials are at hand', 'Basic realm="x"'],
] as const) {
  test(`a refusal ${name} is reported after one request`, async () => {
    await using double = await startRegistryDouble({ auth: 'bearer', challenge })
    await using my = testClient()
    await assert.rejects(my.client.digest(image(`${double.host}/a/b:1`), {}, {}), { code: 'unauthorized' })
    assert.equal(double.log.length, 1)
  })
}

test('credentials are not carried to a realm elsewhere', async () => {
  await using thief = await startRegistryDouble()
  await using double = await startRegistryDouble({
    auth: 'bearer',
    realm: `${thief.origin.replace('127.0.0.1', 'localhost')}/token`,
  })
  await using my = testClient({ options: [entry('', LOGIN)] })
  await assert.rejects(my.client.digest(image(`${double.host}/a/b:1`), {}, {}), {
    code: 'forbidden',
    message: /asks for a login at http:\/\/localhost:\d+, which is not known to belong to it/,
    remedy: /tokenHosts/,
  })
  assert.equal(thief.log.length, 0)
})

for (const [realm, registry, name, trusted, expected] of [
  ['https://ghcr.io/token', 'https://ghcr.io', 'ghcr.io', [], true],
  ['https://auth.docker.io/token', 'https://registry-1.docker.io', 'docker.io', [], true],
  ['https://gitlab.example.com/jwt/auth', 'https://registry.example.com:5050', 'registry.example.com:5050', [], true],
  ['https://gitlab.com/jwt/auth', 'https://registry.gitlab.com', 'registry.gitlab.com', [], true],
  ['https://auth.example.com/t', 'https://example.com', 'example.com', [], true],
  ['https://ghcr.io/token', 'https://lscr.io', 'lscr.io', ['ghcr.io'], true],
  ['https://ghcr.io/token', 'https://lscr.io', 'lscr.io', [], false],
  ['https://evil.io/token', 'https://ghcr.io', 'ghcr.io', [], false],
  ['https://notghcr.io/token', 'https://ghcr.io', 'ghcr.io', [], false],
  ['https://io/token', 'https://ghcr.io', 'ghcr.io', [], false],
  ['http://ghcr.io/token', 'https://ghcr.io', 'ghcr.io', [], false],
  ['http://127.0.0.1:5001/token', 'http://127.0.0.1:5000', '127.0.0.1:5000', [], true],
  ['http://10.0.0.6/token', 'http://10.0.0.5', '10.0.0.5', [], false],
  ['file:///etc/passwd', 'http://10.0.0.5', '10.0.0.5', [], false],
  ['https://other.github.io/token', 'https://mine.github.io', 'mine.github.io', [], false],
  ['https://other.co.uk/token', 'https://mine.co.uk', 'mine.co.uk', [], false],
  ['https://auth.mine.co.uk/token', 'https://registry.mine.co.uk', 'registry.mine.co.uk', [], true],
  ['https://other.duckdns.org/token', 'https://mine.duckdns.org', 'mine.duckdns.org', [], false],
  ['https://duckdns.org/token', 'https://mine.duckdns.org', 'mine.duckdns.org', [], false],
  ['https://auth.mine.duckdns.org/token', 'https://mine.duckdns.org', 'mine.duckdns.org', [], true],
  ['https://x.s3.eu-west-1.amazonaws.com/t', 'https://y.s3.eu-west-1.amazonaws.com', 'y', [], false],
] as const) {
  test(`the realm ${realm} is ${expected ? '' : 'not '}trusted for ${name}`, () => {
    const question = { realm: new URL(realm), registry: new URL(registry), name, trusted }
    assert.equal(isTrustedRealm(question), expected)
  })
}

for (const [name, answer] of [
  ['with a null beside it', { token: null, access_token: 'good', expires_in: null }],
  ['with a lifetime written as text', { token: 'good', expires_in: '300' }],
] as const) {
  test(`a token ${name} is used`, async () => {
    const my = answering((url) => {
      if (url.pathname === '/token') return { status: 200, body: JSON.stringify(answer) }
      return { status: 401, headers: { 'www-authenticate': 'Bearer realm="https://reg.test/token"' } }
    })
    await assert.rejects(my.client.digest(image('reg.test/a/b:1'), {}, {}), { code: 'unauthorized' })
    assert.ok(my.sent.some(({ headers }) => headers?.authorization === 'Bearer good'))
  })
}

for (const [name, body] of [
  ['that no header can hold', JSON.stringify({ token: 'a\r\nx: y' })],
  ['on a page of a portal', '<html>Welcome!</html>'],
] as const) {
  test(`a token ${name} is none, and nothing of it is told`, async () => {
    const my = answering((url) => {
      if (url.pathname === '/token') return { status: 200, body }
      return { status: 401, headers: { 'www-authenticate': 'Bearer realm="https://reg.test/token"' } }
    })
    await assert.rejects(my.client.digest(image('reg.test/a/b:1'), {}, {}), {
      code: 'unavailable',
      message: 'reg.test gave no token for a/b.',
    })
  })
}

test('a realm that brings a user of its own is asked without it', async () => {
  const realm = 'https://us%zer:pass@reg.test/token'
  const my = answering((url) => {
    if (url.pathname === '/token') return { status: 200, body: '{"token":"good"}' }
    return { status: 401, headers: { 'www-authenticate': `Bearer realm="${realm}"` } }
  })
  await assert.rejects(my.client.digest(image('reg.test/a/b:1'), {}, {}), { code: 'unauthorized' })
  const asked = my.sent.find(({ url }) => url.pathname === '/token')
  assert.deepEqual([asked?.url.username, asked?.url.password, asked?.headers?.authorization], ['', '', undefined])
})

const ENTRIES = [
  entry('docker.io'),
  entry('docker.io/crazymax'),
  entry('mine', { selector: 'name' }),
  entry('ghcr.io/owner'),
]
for (const [text, regopt, expected] of [
  ['crazymax/diun', undefined, 'docker.io'],
  ['nginx', 'mine', 'docker.io'],
  ['ghcr.io/owner/app', 'mine', 'mine'],
  ['ghcr.io/owner/app', undefined, 'ghcr.io/owner'],
  ['ghcr.io/other/app', undefined, undefined],
  ['quay.io/a/b', 'docker.io', undefined],
  ['docker.io.evil.example/x/y', undefined, undefined],
  ['docker.io:8443/x/y', undefined, undefined],
  ['ghcr.io/owner-two/app', undefined, 'ghcr.io/owner'],
] as const) {
  test(`${text} with regopt ${regopt} uses the entry ${expected}, the first of the list that fits`, () => {
    assert.equal(chooseOptions(ENTRIES, image(text), regopt)?.name, expected)
  })
}

test('a regopt that does not exist is warned about once', async () => {
  const warnings: string[] = []
  await using double = await startRegistryDouble()
  await using my = testClient({ log: recordingLog(warnings) })
  double.push('a/b', '1', {})
  const reference = image(`${double.host}/a/b:1`)
  await my.client.digest(reference, {}, { regopt: 'gone' })
  await my.client.digest(reference, {}, { regopt: 'gone' })
  assert.equal(warnings.length, 1)
  assert.match(warnings[0] ?? '', /no regopts entry named "gone"/)
})

test('an operation that takes longer than its entry allows is given up', async () => {
  await using double = await startRegistryDouble({ latencyMs: 60_000 })
  await using my = testClient({ options: [entry('', { timeoutMs: 30, plainHttp: true })] })
  await assert.rejects(my.client.digest(image(`${double.host}/a/b:1`), {}, {}), {
    code: 'unavailable',
    message: /did not answer in time/,
  })
})

test('a file of authorities that cannot be read is named', async () => {
  await using my = testClient({ options: [entry('', { caFile: '/nowhere/ca.pem' })] })
  await assert.rejects(my.client.digest(image('registry.test/a/b:1'), {}, {}), {
    code: 'invalid',
    message: 'The file "/nowhere/ca.pem" cannot be read.',
  })
})
