import assert from 'node:assert/strict'
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import { chmod } from 'node:fs/promises'
import net from 'node:net'
import { test } from 'node:test'
import { type DockerDouble, startDockerDouble } from '../../test/kit/docker-double.ts'
import { Failure } from '../domain/failure.ts'
import { createDockerClient, type DockerClientOptions } from './client.ts'
import { DockerError, hasStatus } from './errors.ts'
import { openEvents } from './events.ts'
import { dockerFailure } from './failure.ts'

function clientOf(double: { endpoint: string }, options: Partial<DockerClientOptions> = {}) {
  return createDockerClient({ endpoint: double.endpoint, home: '/home/nobody', ...options })
}

/** What people are told when the call fails. */
async function failureOf(call: Promise<unknown>): Promise<Failure> {
  const error = await call.then(
    () => assert.fail('it should have failed'),
    (cause: unknown) => dockerFailure(cause, 'docker host "test"'),
  )
  assert.ok(error instanceof Failure, String(error))
  return error
}

for (const [theirs, ours] of [
  ['1.44', '1.44'],
  ['1.51', '1.51'],
  ['1.60', '1.51'],
  ['1.24', '1.24'],
] as const)
  test(`an engine of API ${theirs} is spoken to in ${ours}, agreed once`, async () => {
    await using double = await startDockerDouble({ apiVersion: theirs })
    await using client = clientOf(double)
    await client.request('GET', '/containers/json')
    await client.request('GET', '/containers/json', { query: { all: true, filters: { a: ['b'] }, none: undefined } })
    assert.deepEqual(double.requests, [
      'GET /_ping',
      `GET /v${ours}/containers/json`,
      `GET /v${ours}/containers/json?all=true&filters={"a":["b"]}`,
    ])
  })

test('an engine older than API 1.24 is refused', async () => {
  await using double = await startDockerDouble({ apiVersion: '1.22' })
  await using client = clientOf(double)
  await assert.rejects(client.request('GET', '/containers/json'), /speaks version 1\.22/)
})

test('where _ping is refused, /version is asked; where both are, the engine chooses', async () => {
  await using double = await startDockerDouble({ apiVersion: '1.44' })
  double.refuse = { '/_ping': { status: 403, body: '' } }
  await using first = clientOf(double)
  assert.equal(await first.version(), '1.44')
  double.refuse = { '/_ping': { status: 403, body: '' }, '/version': { status: 403, body: '' } }
  await using second = clientOf(double)
  await second.request('GET', '/containers/json')
  assert.equal(double.requests.at(-1), 'GET /containers/json')
})

test('a fixed version is taken as it is, and one call may have its own', async () => {
  await using double = await startDockerDouble()
  await using client = clientOf(double, { apiVersion: 'v1.30' })
  await client.request('GET', '/containers/json')
  await client.request('GET', '/containers/json', { version: '1.44' })
  assert.deepEqual(double.requests, ['GET /v1.30/containers/json', 'GET /v1.44/containers/json'])
  assert.throws(() => clientOf(double, { apiVersion: 'new' }), Failure)
})

test('an engine that was replaced is asked for its version again', async () => {
  await using double = await startDockerDouble()
  await using client = clientOf(double)
  await client.request('GET', '/containers/json')
  await double.stop()
  await assert.rejects(client.request('GET', '/containers/json'), DockerError)
  await double.start()
  await client.request('GET', '/containers/json')
  assert.equal(double.requests.filter((line) => line === 'GET /_ping').length, 2)
})

test('connections are kept and few', async () => {
  await using double = await startDockerDouble()
  await using client = clientOf(double)
  await Promise.all(Array.from({ length: 100 }, () => client.request('GET', '/containers/json')))
  for (let i = 0; i < 20; i++) await client.request('GET', '/containers/json')
  assert.ok(double.connections() <= 8, String(double.connections()))
})

test('kept connections that the engine closed meanwhile are not noticed; what changes something never uses one', async () => {
  await using double = await startDockerDouble()
  await using client = clientOf(double)
  await Promise.all(Array.from({ length: 8 }, () => client.request('GET', '/containers/json')))
  double.closeNextAnswers(8)
  await Promise.all(Array.from({ length: 8 }, () => client.request('GET', '/containers/json')))
  const before = double.connections()
  await assert.rejects(client.request('POST', '/containers/x/start'), (error) => hasStatus(error, 404))
  await assert.rejects(client.request('POST', '/containers/x/start'), (error) => hasStatus(error, 404))
  assert.equal(double.connections(), before + 2)
})

test('an error of the engine carries its status and its own words', async () => {
  await using double = await startDockerDouble()
  await using client = clientOf(double)
  await assert.rejects(client.request('GET', '/images/none/json'), (error) => {
    assert.ok(hasStatus(error, 404))
    assert.equal(error.message, 'No such thing: /images/none/json')
    assert.equal(error.path, '/images/none/json')
    return true
  })
})

const REFUSALS: readonly [method: 'GET' | 'POST', path: string, remedy: RegExp][] = [
  ['GET', '/containers/json', /allow it: CONTAINERS=1\./],
  ['GET', '/images/x/json', /allow it: IMAGES=1\./],
  ['GET', '/events', /allow it: EVENTS=1\./],
  ['POST', '/containers/x/start', /allow it: CONTAINERS=1, POST=1\./],
]

for (const [method, target, remedy] of REFUSALS)
  test(`a socket proxy that refuses ${method} ${target} is told what to allow`, async () => {
    await using double = await startDockerDouble()
    const html = '<html><body><h1>403 Forbidden</h1>\nRequest forbidden by administrative rules.\n</body></html>\n'
    double.refuse = { [target]: { status: 403, body: html } }
    await using client = clientOf(double)
    const failure = await failureOf(client.request(method, target))
    assert.equal(failure.code, 'forbidden')
    assert.match(failure.remedy ?? '', remedy)
  })

test('a missing socket is told with what to start or mount', async () => {
  await using client = createDockerClient({ endpoint: 'unix:///nowhere/docker.sock', home: '/' })
  const failure = await failureOf(client.request('GET', '/containers/json'))
  assert.match(failure.message, /no Docker socket at unix:\/\/\/nowhere/)
  assert.match(failure.remedy ?? '', /mount/)
})

test('a socket on which nobody listens is told as refused', async () => {
  await using double = await startDockerDouble({ tcp: true })
  const { endpoint } = double
  await double.stop()
  await using client = createDockerClient({ endpoint, home: '/' })
  assert.match((await failureOf(client.request('GET', '/_ping'))).message, /Nothing listens/)
})

const AS_ROOT = { skip: process.getuid?.() === 0 && 'runs as root, whom every socket lets in' }
test('a socket without permission is told with the group to join', AS_ROOT, async () => {
  await using double = await startDockerDouble()
  await chmod(double.endpoint.slice('unix://'.length), 0o000)
  await using client = clientOf(double)
  assert.match((await failureOf(client.request('GET', '/_ping'))).remedy ?? '', /group docker/)
})

test('a denied socket is explained by its error code', () => {
  const error = new DockerError('denied', 'connect EACCES', { endpoint: 'unix:///s', method: 'GET', path: '/_ping' })
  const failure = dockerFailure(error, 'here')
  assert.ok(failure instanceof Failure && failure.code === 'forbidden')
  assert.match(failure.remedy ?? '', /group docker/)
})

test('an engine that never answers is a timeout; an abort is the reason of the caller', async () => {
  await using silent = await silentServer()
  await using client = clientOf(silent, { timeoutMs: 50 })
  assert.match((await failureOf(client.request('GET', '/containers/json'))).message, /in time/)
  await assert.rejects(client.stream('GET', '/events'), DockerError)
  const reason = new Error('shut down')
  await using patient = clientOf(silent, { apiVersion: '1.44' })
  const stop = new AbortController()
  const waiting = patient.request('GET', '/containers/json', { signal: stop.signal })
  stop.abort(reason)
  await assert.rejects(waiting, reason)
})

test('something that is no HTTP server is not taken for an engine', async () => {
  await using server = await silentServer('SSH-2.0-OpenSSH_9.2\r\n')
  await using client = clientOf(server)
  assert.match((await failureOf(client.request('GET', '/_ping'))).message, /does not answer like/)
})

test('a stream that breaks is an error, one that ends is not', async () => {
  await using double = await startDockerDouble()
  await using client = clientOf(double)
  const signal = AbortSignal.timeout(10_000)
  const first = await openEvents(client, { filters: {}, signal })
  assert.match(first.startedAt, /^\d{10}$/)
  double.emit('{"Type":"container","Action":"start","Actor":{"ID":"c"},"time":5}\n')
  const iterator = first.events[Symbol.asyncIterator]()
  assert.equal((await iterator.next()).value?.action, 'start')
  double.endStreams()
  assert.equal((await iterator.next()).done, true)
  const second = await openEvents(client, { filters: { type: ['container'] }, since: '5.000000001', signal })
  assert.match(double.requests.at(-1) ?? '', /\/events\?filters=\{"type":\["container"\]\}&since=5\.000000001$/)
  await double.stop()
  await assert.rejects(collect(second.events), DockerError)
})

// What `ssh … docker system dial-stdio` does: connects its own input and output to the engine's socket.
const DIAL = `
  const socket = require('node:net').connect(process.argv[1])
  process.stdin.pipe(socket).pipe(process.stdout)
`

function fakeSsh(double: DockerDouble, started: (readonly string[])[]) {
  return (command: string, args: readonly string[]): ChildProcessWithoutNullStreams => {
    started.push([command, ...args])
    return spawn(process.execPath, ['-e', DIAL, double.endpoint.slice('unix://'.length)])
  }
}

test('over ssh the engine is spoken to through the input and output of the program', async () => {
  await using double = await startDockerDouble()
  double.images = { big: { Id: 'x'.repeat(300_000) } }
  const started: (readonly string[])[] = []
  await using client = createDockerClient({ endpoint: 'ssh://me@nas', home: '/', spawn: fakeSsh(double, started) })
  const { body } = await client.request('GET', '/images/big/json')
  assert.deepEqual(body, double.images.big)
  await client.request('GET', '/containers/json')
  assert.equal(started.length, 1)
  assert.equal(started[0]?.[0], 'ssh')
  const stream = await openEvents(client, { filters: {}, signal: AbortSignal.timeout(10_000) })
  double.emit('{"Type":"container","Action":"die","time":1}\n')
  const { value } = await stream.events[Symbol.asyncIterator]().next()
  assert.equal(value?.action, 'die')
})

test('what ssh complains about is told', async () => {
  await using client = createDockerClient({
    endpoint: 'ssh://me@nas',
    home: '/',
    spawn: () =>
      spawn(process.execPath, ['-e', 'console.error("me@nas: Permission denied (publickey)."); process.exit(255)']),
  })
  const failure = await failureOf(client.request('GET', '/containers/json'))
  assert.match(failure.message, /Permission denied \(publickey\)/)
})

test('a missing ssh is told', async () => {
  const spawnNothing = () => spawn('/nowhere/ssh', [], { stdio: 'pipe' })
  await using client = createDockerClient({ endpoint: 'ssh://nas', home: '/', spawn: spawnNothing })
  assert.match((await failureOf(client.request('GET', '/_ping'))).message, /ssh cannot be started/)
})

async function silentServer(greeting = '') {
  const sockets = new Set<net.Socket>()
  const server = net.createServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => {})
    if (greeting !== '') socket.end(greeting)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as net.AddressInfo
  return {
    endpoint: `tcp://127.0.0.1:${port}`,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = []
  for await (const item of items) all.push(item)
  return all
}
