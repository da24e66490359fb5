import assert from 'node:assert/strict'
import { statSync, writeFileSync } from 'node:fs'
import { type IncomingMessage, request } from 'node:http'
import { connect } from 'node:net'
import { text } from 'node:stream/consumers'
import { test } from 'node:test'
import { startApp, type TestApp } from '../../test/kit/http-app.ts'
import { until } from '../../test/kit/parts/until.ts'
import { Failure } from '../domain/failure.ts'
import { secretOf } from '../lib/secret.ts'
import { recordEvent } from '../store/events.ts'
import { listen } from './server.ts'

test('the control socket is for this user only and acts without a token', async () => {
  await using app = await startApp({ token: secretOf('t') })
  const { socketPath, port } = await app.listen()
  assert.equal(statSync(socketPath).mode & 0o777, 0o600)
  const response = await send({ socketPath, method: 'POST', path: '/api/v1/deliveries/repeat' })
  assert.equal(response.statusCode, 200)
  const refused = await send({ port, method: 'POST', path: '/api/v1/deliveries/repeat' })
  assert.equal(refused.statusCode, 401)
  assert.deepEqual(app.engine.calls, [['repeat', undefined]])
})

test('a control socket that a dead process left is replaced, one in use is not', async () => {
  await using app = await startApp()
  const { socketPath, [Symbol.asyncDispose]: close } = await app.listen()
  await assert.rejects(listen(app.http, { port: 0, host: '127.0.0.1', socketPath }), (error: unknown) => {
    assert.ok(error instanceof Failure)
    assert.equal(error.where, socketPath)
    return true
  })
  await close()
  writeFileSync(socketPath, '')
  await using again = await listen(app.http, { port: 0, host: '127.0.0.1', socketPath })
  assert.ok(again.port > 0)
})

test('a port in use is told with what to do about it', async () => {
  await using app = await startApp()
  const { port } = await app.listen()
  await assert.rejects(listen(app.http, { port, host: '127.0.0.1' }), (error: unknown) => {
    assert.ok(error instanceof Failure)
    assert.equal(error.where, `port ${port}`)
    assert.match(String(error.remedy), /server\.port/)
    return true
  })
})

test('events come as a stream with what was written after the page was made', async () => {
  await using app = await startApp()
  const { port } = await app.listen()
  await note(app, 'before')
  const stream = await openStream(port)
  assert.match(stream.response.headers['content-type'] ?? '', /^text\/event-stream/)
  assert.equal(stream.response.headers['x-content-type-options'], 'nosniff')
  await app.call('POST', '/webhook', { body: { image: 'a/b:1' } })
  await until(() => stream.events().length > 0, { what: 'the event of the report' })
  const [event] = stream.events()
  assert.deepEqual([event?.id, event?.data.kind, event?.data.subject], [2, 'report.received', 'a/b:1'])
})

test('events that another process wrote come too', async () => {
  await using app = await startApp()
  const { port } = await app.listen()
  const stream = await openStream(port)
  await note(app, 'elsewhere')
  await until(() => stream.events().length > 0, { what: 'the event' })
})

for (const [what, headers, path] of [
  ['the header that browsers send', { 'last-event-id': '2' }, ''],
  ['the query', {}, '?lastEventId=2'],
  ['the header rather than the query', { 'last-event-id': '2' }, '?lastEventId=0'],
] as const) {
  test(`a client that was away gets what it missed, by ${what}`, async () => {
    await using app = await startApp()
    const { port } = await app.listen()
    for (const subject of ['a', 'b', 'c', 'd']) await note(app, subject)
    const stream = await openStream(port, { headers, path })
    await until(() => stream.events().length >= 2, { what: 'the missed events' })
    await note(app, 'e')
    await until(() => stream.events().length >= 3, { what: 'the next event' })
    assert.deepEqual(
      stream.events().map(({ id }) => id),
      [3, 4, 5],
    )
  })
}

test('a client that missed thousands of events gets each of them once, in order, while more are written', async () => {
  await using app = await startApp()
  const { port } = await app.listen()
  const count = 3000
  await app.store.db.transaction().execute(async (within) => {
    for (let n = 0; n < count; n++) await recordEvent(within, { kind: 'image.found', now: new Date() })
  })
  const other = await openStream(port, { path: '?lastEventId=2990' })
  const stream = await openStream(port, { path: '?lastEventId=0' })
  for (let n = 0; n < 20; n++) {
    await note(app, 'more')
    app.http.stream.wake()
  }
  await until(() => stream.events().at(-1)?.id === count + 20, { what: 'the last event' })
  await until(() => other.events().at(-1)?.id === count + 20, { what: 'the last event at the other client' })
  assert.deepEqual(
    stream.events().map(({ id }) => id),
    Array.from({ length: count + 20 }, (_, index) => index + 1),
  )
  assert.deepEqual(
    other.events().map(({ id }) => id),
    Array.from({ length: 30 }, (_, index) => 2991 + index),
  )
})

test('the progress of a pull comes live, without an id, and is not sent again', async () => {
  await using app = await startApp()
  const { port } = await app.listen()
  const stream = await openStream(port)
  await note(app, 'before')
  await until(() => stream.events().length > 0, { what: 'the client to follow' })
  const live = { update: 'u1', workload: 'docker/local/web', progress: { done: 5, total: 10 } }
  app.updates.tell(live)
  const block = `event: progress\ndata: ${JSON.stringify(live)}\n\n`
  await until(() => stream.text().includes(block), { what: 'the progress' })
  const other = await openStream(port, { path: '?lastEventId=0' })
  await until(() => other.events().length > 0, { what: 'the other client to follow' })
  assert.ok(!other.text().includes('progress'))
})

test('an id from the future is of another database: the stream goes on from now', async () => {
  await using app = await startApp()
  const { port } = await app.listen()
  const stream = await openStream(port, { path: '?lastEventId=999999' })
  await note(app, 'a')
  await until(() => stream.events().length > 0, { what: 'the event' })
  assert.equal(stream.events()[0]?.id, 1)
})

test('a client that takes nothing is let go, the others are served', async () => {
  await using app = await startApp()
  const { port } = await app.listen()
  const stream = await openStream(port)
  const stuck = connect(port, '127.0.0.1')
  await new Promise((resolve) => stuck.once('connect', resolve))
  stuck.pause()
  stuck.on('error', () => undefined)
  stuck.write('GET /api/v1/events HTTP/1.1\r\nHost: x\r\nAccept: text/event-stream\r\n\r\n')
  await until(() => app.http.stream.clients() === 2, { what: 'both clients' })
  const data = { filling: 'x'.repeat(256 * 1024) }
  await until(
    async () => {
      await recordEvent(app.store.db, { kind: 'image.found', data, now: new Date() })
      app.http.stream.wake()
      return app.http.stream.clients() === 1
    },
    { what: 'the stuck client to be let go' },
  )
  const sent = stream.events().length
  await note(app, 'after')
  await until(() => stream.events().length > sent, { what: 'the next event' })
  stuck.destroy()
})

test('events that are written while the server closes harm nobody', async () => {
  await using app = await startApp()
  const { port } = await app.listen()
  const stream = await openStream(port)
  await note(app, 'before')
  await until(() => stream.events().length > 0, { what: 'the client to follow' })
  stream.response.pause()
  app.http.stream.close()
  await note(app, 'after')
  app.http.stream.wake()
  await new Promise(setImmediate)
  stream.response.destroy()
})

test('a client that reads slowly leaves no listeners behind', async () => {
  const warnings: Error[] = []
  const warn = (warning: Error) => warnings.push(warning)
  process.on('warning', warn)
  await using app = await startApp()
  const { port } = await app.listen()
  const data = { filling: 'x'.repeat(600) }
  await app.store.db.transaction().execute(async (within) => {
    for (let n = 0; n < 8000; n++) await recordEvent(within, { kind: 'image.found', data, now: new Date() })
  })
  const response = await send({
    port,
    path: '/api/v1/events?lastEventId=0',
    headers: { accept: 'text/event-stream' },
  })
  let last = ''
  for await (const chunk of response) {
    last = (last + chunk).slice(-3000)
    if (last.includes('id: 8000\n')) break
  }
  process.off('warning', warn)
  assert.deepEqual(warnings, [])
})

test('more clients than are allowed are sent away for a while', async () => {
  await using app = await startApp({ mostClients: 1 })
  const { port } = await app.listen()
  const first = await openStream(port)
  const { response } = await openStream(port)
  assert.deepEqual([response.statusCode, response.headers['retry-after']], [503, '10'])
  first.response.destroy()
  await until(() => app.http.stream.clients() === 0, { what: 'the first client to leave' })
  assert.equal((await openStream(port)).response.statusCode, 200)
})

test('closing the server ends the streams and frees the port', async () => {
  await using app = await startApp()
  const { port, [Symbol.asyncDispose]: close } = await app.listen()
  const { response } = await openStream(port)
  const ended = new Promise((resolve) => response.once('close', resolve))
  await close()
  await ended
  assert.equal(app.http.stream.clients(), 0)
  await assert.rejects(send({ port, path: '/' }), { code: 'ECONNREFUSED' })
})

test('a request without a valid target or host does no harm', async () => {
  await using app = await startApp()
  const { port } = await app.listen()
  for (const head of [
    'GET * HTTP/1.1\r\nHost: x',
    'GET /\\ HTTP/1.1\r\nHost: x',
    'GET / HTTP/1.1\r\nHost: a b',
    'GET / HTTP/1.0',
  ]) {
    const socket = connect(port, '127.0.0.1')
    socket.end(`${head}\r\nConnection: close\r\n\r\n`)
    assert.match(await text(socket), /^HTTP\/1\.1 [24]\d\d /)
  }
  assert.equal((await send({ port, path: '/healthcheck' })).statusCode, 200)
})

interface Sent {
  readonly id: number
  readonly data: { readonly kind: string; readonly subject?: string }
}

async function openStream(
  port: number,
  { headers = {}, path = '' }: { headers?: Record<string, string>; path?: string } = {},
) {
  const response = await send({
    port,
    path: `/api/v1/events${path}`,
    headers: { accept: 'text/event-stream', ...headers },
  })
  let received = ''
  response.setEncoding('utf8').on('data', (chunk: string) => {
    received += chunk
  })
  response.on('error', () => undefined)
  return {
    response,
    text: () => received,
    events: (): Sent[] =>
      [...received.matchAll(/^id: (\d+)\ndata: (.*)\n\n/gm)].map(([, id, data]) => ({
        id: Number(id),
        data: JSON.parse(data!),
      })),
  }
}

function send(options: object): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    request({ host: '127.0.0.1', agent: false, ...options }, resolve)
      .once('error', reject)
      .end()
  })
}

async function note(app: TestApp, subject: string): Promise<void> {
  await recordEvent(app.store.db, { kind: 'image.found', subject, now: new Date() })
}
