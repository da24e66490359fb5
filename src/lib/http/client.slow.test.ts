import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { type AddressInfo, createServer } from 'node:net'
import { after, test } from 'node:test'
import { TLSSocket } from 'node:tls'
import { promisify } from 'node:util'
import { makeCertificate } from '../../../test/kit/certificate.ts'
import { type Handler, startProxyDouble, startWebDouble, type WebOptions } from '../../../test/kit/web-double.ts'
import { createHttpClient } from './client.ts'
import { connectTls } from './connect.ts'
import type { HttpClientOptions, HttpError, HttpRequest } from './types.ts'

const tls = makeCertificate()
const hello: Handler = (_, response) => response.end('hello')
const never: Handler = () => {}

const TRANSPORTS: readonly [name: string, options: WebOptions][] = [
  ['http', {}],
  ['https over HTTP/1.1', { tls }],
  ['https over HTTP/2', { tls, http2: true }],
]

function client(options: Partial<HttpClientOptions> = {}) {
  const made = createHttpClient({ userAgent: 'seaworthy/test', ca: [tls.cert], ...options })
  after(() => made[Symbol.asyncDispose]())
  return made
}

const get = (url: URL | string, more: Partial<HttpRequest> = {}): HttpRequest => ({
  method: 'GET',
  url: new URL(url),
  ...more,
})
const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes)
const kind = (expected: string) => (error: unknown) => {
  assert.equal((error as HttpError).kind, expected, String(error))
  return true
}

for (const [name, options] of TRANSPORTS) {
  test(`what is sent arrives, and what is answered comes back (${name})`, async () => {
    await using server = await startWebDouble((_, response) => {
      response.writeHead(201, { 'X-One': 'a', 'set-cookie': ['b=1', 'c=2'] })
      response.end('answer')
    }, options)
    const url = new URL('/path?query=1', server.url)
    const answer = await client().request({ method: 'POST', url, headers: { 'x-test': 'yes' }, body: 'text' })
    assert.deepEqual(
      [answer.status, text(answer.body), answer.headers['x-one'], answer.headers['set-cookie']],
      [201, 'answer', 'a', 'b=1, c=2'],
    )
    const [seen] = server.seen
    assert.deepEqual([seen?.method, seen?.url, seen?.body], ['POST', '/path?query=1', 'text'])
    assert.deepEqual(
      [seen?.headers['x-test'], seen?.headers['user-agent'], seen?.headers['accept-encoding']],
      ['yes', 'seaworthy/test', undefined],
    )
  })

  test(`many HEADs share few connections (${name})`, async () => {
    await using server = await startWebDouble(hello, options)
    const my = client({ maxConnections: 5 })
    const answers = await Promise.all(
      Array.from({ length: 100 }, () => my.request({ method: 'HEAD', url: server.url })),
    )
    assert.ok(answers.every(({ status, body }) => status === 200 && body.length === 0))
    assert.ok(server.connections.count <= (options.http2 ? 1 : 5), `${server.connections.count} connections`)
  })

  test(`an answer that does not come in time is given up (${name})`, async () => {
    await using server = await startWebDouble(never, options)
    await assert.rejects(client().request(get(server.url, { timeoutMs: 60 })), kind('timeout'))
  })

  test(`an answer that stops in the middle is given up in time (${name})`, async () => {
    await using server = await startWebDouble((_, response) => void response.write('half'), options)
    await assert.rejects(client().request(get(server.url, { timeoutMs: 60 })), kind('timeout'))
  })

  test(`whoever asked may give up (${name})`, async () => {
    const leaving = new AbortController()
    await using server = await startWebDouble(() => leaving.abort(), options)
    const my = client()
    await assert.rejects(my.request(get(server.url, { signal: leaving.signal })), kind('aborted'))
    await assert.rejects(my.request(get(server.url, { signal: leaving.signal })), kind('aborted'))
  })

  test(`a larger answer than allowed is cut off (${name})`, async () => {
    await using server = await startWebDouble((_, response) => response.end('x'.repeat(100_000)), options)
    const my = client()
    await assert.rejects(my.request(get(server.url, { maxBytes: 1000 })), kind('too-large'))
    assert.equal((await my.request(get(server.url, { maxBytes: 100_000 }))).body.length, 100_000)
  })

  test(`a connection that was closed while idle is replaced (${name})`, async () => {
    await using server = await startWebDouble(hello, options)
    const my = client()
    for (let round = 0; round < 3; round++) {
      assert.equal((await my.request(get(server.url))).status, 200)
      for (const socket of server.sockets) socket.destroy()
    }
  })

  test(`an error names the host and nothing of the path (${name})`, async () => {
    await using server = await startWebDouble((request) => request.socket.destroy(), options)
    const url = new URL('/hook/s3cret?token=s3cret', server.url)
    await assert.rejects(client().request({ method: 'POST', url, body: 's3cret' }), (error: HttpError) => {
      assert.equal(error.kind, 'closed')
      assert.ok(error.message.startsWith(server.url.host))
      assert.ok(!JSON.stringify([error.message, error.stack, String(error.cause)]).includes('s3cret'))
      return true
    })
  })
}

test('a server that goes away loses no request', async () => {
  await using server = await startWebDouble(hello, { tls, http2: true })
  const my = client()
  await my.request(get(server.url))
  for (const session of server.sessions) session.goaway()
  const answers = await Promise.all(Array.from({ length: 5 }, () => my.request(get(server.url))))
  assert.ok(answers.every(({ status }) => status === 200))
  assert.equal(server.connections.count, 2)
})

for (const [times, outcome] of [
  [1, 'succeeds'],
  [2, 'fails'],
] as const) {
  test(`a stream that is refused ${times} times ${outcome}`, async () => {
    let left = times as number
    await using server = await startWebDouble(
      (_, response) => {
        if (left-- > 0) (response as never as { stream: { close(code: number): void } }).stream.close(7)
        else response.end('hello')
      },
      { tls, http2: true },
    )
    const asked = client().request({ method: 'POST', url: server.url, body: 'x' })
    if (outcome === 'fails') await assert.rejects(asked, kind('closed'))
    else assert.equal((await asked).status, 200)
  })
}

test('a connection that is reset before anybody uses it harms nobody', async () => {
  const server = createServer((raw) => {
    const secured = new TLSSocket(raw, { ...tls, isServer: true })
    secured.on('error', () => {}).on('data', () => raw.resetAndDestroy())
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  after(() => server.close())
  const url = new URL(`https://localhost:${(server.address() as AddressInfo).port}/`)
  const options = { tls: { ca: tls.cert }, protocols: ['h2'], proxy: undefined, timeoutMs: 5000 }
  const socket = await connectTls({ url, ...options })
  socket.write('x')
  await new Promise((resolve) => socket.once('close', resolve))
})

test('user and password of an address are sent as they are where they cannot be decoded', async () => {
  await using server = await startWebDouble(hello)
  const url = new URL(server.url)
  url.username = 'ann'
  await client().request(get(url.href.replace('ann@', 'an%20n:100%@')))
  assert.equal(server.seen[0]?.headers.authorization, `Basic ${btoa('an n:100%')}`)
})

test('a server that wants HTTP/1.1 after all gets it', async () => {
  await using server = await startWebDouble(
    (request, response) => {
      if (request.httpVersion === '1.1') response.end('old')
      else (response as never as { stream: { close(code: number): void } }).stream.close(13)
    },
    { tls, http2: true },
  )
  const my = client()
  assert.equal(text((await my.request(get(server.url))).body), 'old')
  assert.equal(text((await my.request(get(server.url))).body), 'old')
  assert.equal(server.seen.length, 3)
})

test('after silence a new HTTP/2 connection is made', async () => {
  let isSilent = true
  await using server = await startWebDouble((_, response) => void (isSilent || response.end('hello')), {
    tls,
    http2: true,
  })
  const my = client()
  // Long enough for the connection itself, also on a busy machine.
  await assert.rejects(my.request(get(server.url, { timeoutMs: 400 })), kind('timeout'))
  isSilent = false
  assert.equal((await my.request(get(server.url))).status, 200)
  assert.equal(server.connections.count, 2)
})

const SECRETS = { authorization: 'Bearer s3cret', cookie: 'session=s3cret', 'x-plain': 'kept' }

test('credentials follow a redirect on the same host and not to another', async () => {
  await using far = await startWebDouble(hello)
  await using near = await startWebDouble((request, response) => {
    const location = { '/a': '/b', '/b': new URL('/c', far.url).href }[request.url ?? ''] ?? '/'
    response.writeHead(307, { location }).end()
  })
  const answer = await client().request(get(new URL('/a', near.url), { headers: SECRETS, redirects: 2 }))
  assert.equal(answer.url.href, new URL('/c', far.url).href)
  assert.deepEqual(
    near.seen.map(({ headers }) => headers.authorization),
    ['Bearer s3cret', 'Bearer s3cret'],
  )
  const { authorization, cookie, host, 'x-plain': plain } = far.seen[0]?.headers ?? {}
  assert.deepEqual([authorization, cookie, plain, host], [undefined, undefined, 'kept', far.url.host])
})

test('credentials that were dropped do not come back when the way leads home', async () => {
  await using home: Awaited<ReturnType<typeof startWebDouble>> = await startWebDouble((request, response) => {
    if (request.url === '/end') response.end()
    else response.writeHead(302, { location: far.url.href }).end()
  })
  await using far = await startWebDouble((_, response) =>
    response.writeHead(302, { location: new URL('/end', home.url).href }).end(),
  )
  await client().request(get(home.url, { headers: SECRETS, redirects: 5 }))
  assert.deepEqual(
    home.seen.map(({ headers }) => headers.authorization),
    ['Bearer s3cret', undefined],
  )
})

test('a redirect from https to plain http is refused', async () => {
  await using plain = await startWebDouble(hello)
  await using secure = await startWebDouble(
    (_, response) => response.writeHead(302, { location: plain.url.href }).end(),
    { tls },
  )
  await assert.rejects(client().request(get(secure.url, { redirects: 3 })), kind('protocol'))
  assert.equal(plain.seen.length, 0)
})

test('redirects are returned by default, and followed only so often', async () => {
  await using server = await startWebDouble((_, response) => response.writeHead(302, { location: '/again' }).end())
  const my = client()
  assert.equal((await my.request(get(server.url))).status, 302)
  await assert.rejects(my.request(get(server.url, { redirects: 3 })), kind('protocol'))
  assert.equal(server.seen.length, 5)
})

for (const [status, method, expected] of [
  [303, 'POST', 'GET '],
  [302, 'POST', 'GET '],
  [307, 'POST', 'POST body'],
  [308, 'PUT', 'PUT body'],
  [302, 'HEAD', 'HEAD '],
] as const) {
  test(`a ${method} that is redirected with ${status} becomes "${expected.trim()}"`, async () => {
    await using server = await startWebDouble((request, response) => {
      if (request.url === '/end') response.end()
      else response.writeHead(status, { location: '/end' }).end()
    })
    await client().request({ method, url: server.url, redirects: 1, ...(method === 'HEAD' ? {} : { body: 'body' }) })
    assert.equal(`${server.seen[1]?.method} ${server.seen[1]?.body}`, expected)
  })
}

test('what is sent is not sent on to another host', async () => {
  await using far = await startWebDouble(hello)
  await using near = await startWebDouble((_, response) => response.writeHead(307, { location: far.url.href }).end())
  await assert.rejects(
    client().request({ method: 'POST', url: near.url, body: 'refresh', redirects: 3 }),
    kind('protocol'),
  )
  assert.equal(far.seen.length, 0)
})

test('a certificate of an unknown authority is refused, unless that is asked for', async () => {
  await using server = await startWebDouble(hello, { tls })
  await assert.rejects(client({ ca: [] }).request(get(server.url)), kind('tls'))
  assert.equal((await client({ ca: [], insecure: true }).request(get(server.url))).status, 200)
})

test('a certificate for another name is refused', async () => {
  const other = makeCertificate('other')
  await using server = await startWebDouble(hello, { tls: other })
  await assert.rejects(client({ ca: [other.cert] }).request(get(server.url)), kind('tls'))
})

test('a client certificate is shown where it is wanted', async () => {
  await using server = await startWebDouble(hello, {
    tls: { ...tls, ca: tls.cert, requestCert: true, rejectUnauthorized: true },
  })
  assert.equal((await client(tls).request(get(server.url))).status, 200)
  await assert.rejects(client().request(get(server.url)))
})

test('what goes wrong on the way is told apart', async () => {
  const my = client()
  await using plain = await startWebDouble(hello)
  const garbage = createServer((socket) => socket.end('garbage\r\n\r\n')).listen(0, '127.0.0.1')
  after(() => garbage.close())
  const port = await new Promise((resolve) =>
    garbage.once('listening', () => resolve((garbage.address() as { port: number }).port)),
  )
  await assert.rejects(my.request(get('http://127.0.0.1:1/')), kind('refused'))
  await assert.rejects(my.request(get('https://127.0.0.1:1/')), kind('refused'))
  await assert.rejects(my.request(get('https://nowhere.invalid/')), kind('dns'))
  await assert.rejects(my.request(get(plain.url.href.replace('http:', 'https:'))), kind('tls'))
  await assert.rejects(my.request(get(`http://127.0.0.1:${port}/`)), kind('protocol'))
  await assert.rejects(my.request(get('ftp://127.0.0.1/')), kind('protocol'))
})

for (const [name, options] of TRANSPORTS.slice(1)) {
  test(`a proxy opens a tunnel and sees no more than host and port (${name})`, async () => {
    await using server = await startWebDouble(hello, options)
    await using proxy = await startProxyDouble()
    const way = new URL(proxy.url.href.replace('//', '//ann:pw@'))
    const my = client({ proxyFor: () => way })
    await Promise.all([1, 2, 3].map(() => my.request(get(server.url, { headers: SECRETS }))))
    assert.deepEqual(proxy.tunnels[0], { target: server.url.host, authorization: `Basic ${btoa('ann:pw')}` })
    assert.equal(server.seen[0]?.headers['proxy-authorization'], undefined)
    assert.equal(proxy.seen.length, 0)
  })
}

test('a proxy is asked for the whole URL of plain http', async () => {
  await using proxy = await startProxyDouble()
  const way = new URL(proxy.url.href.replace('//', '//ann:pw@'))
  const answer = await client({ proxyFor: () => way }).request(get('http://registry.test:5000/v2/?n=1'))
  assert.equal(text(answer.body), 'by proxy')
  const [seen] = proxy.seen
  assert.deepEqual(
    [seen?.url, seen?.headers.host, seen?.headers['proxy-authorization']],
    ['http://registry.test:5000/v2/?n=1', 'registry.test:5000', `Basic ${btoa('ann:pw')}`],
  )
})

for (const status of [403, 407]) {
  test(`a proxy that answers ${status} is blamed`, async () => {
    await using proxy = await startProxyDouble(status)
    await assert.rejects(
      client({ proxyFor: () => proxy.url }).request(get('https://registry.test/')),
      (error: HttpError) => {
        assert.match(error.message, new RegExp(`registry.test .* answered ${status}`))
        return kind('proxy')(error)
      },
    )
  })
}

test('a proxy that is not there is blamed', async () => {
  const my = client({ proxyFor: () => new URL('http://127.0.0.1:1') })
  await assert.rejects(my.request(get('https://registry.test/')), kind('proxy'))
  await assert.rejects(my.request(get('http://registry.test/')), kind('proxy'))
})

test('a process with idle connections can exit', async () => {
  await using first = await startWebDouble(hello, { tls, http2: true })
  await using second = await startWebDouble(hello, { tls })
  const script = `
    import { createHttpClient } from ${JSON.stringify(new URL('./client.ts', import.meta.url).href)}
    const client = createHttpClient({ userAgent: 'x', insecure: true })
    for (const url of process.argv.slice(1)) await client.request({ method: 'GET', url: new URL(url) })
    console.log('done')`
  const args = ['--input-type=module', '-e', script, first.url.href, second.url.href]
  const { stdout } = await promisify(execFile)(process.execPath, args, { timeout: 15_000 })
  assert.equal(stdout, 'done\n')
})

test('nothing is left under way when the client is disposed of', async () => {
  await using server = await startWebDouble(never, { tls, http2: true })
  const my = createHttpClient({ userAgent: 'x', insecure: true })
  const asked = my.request({ method: 'POST', url: server.url, body: 'x' })
  while (server.seen.length === 0) await new Promise((resolve) => setImmediate(resolve))
  await my[Symbol.asyncDispose]()
  await assert.rejects(asked, kind('closed'))
})
