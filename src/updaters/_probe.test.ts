import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import http from 'node:http'
import net from 'node:net'
import os from 'node:os'
import path from 'node:path'
import { after, before, test } from 'node:test'
import { outage, scriptDocker } from '../../test/kit/scripted-docker.ts'
import type { Probe } from '../domain/update-settings.ts'
import { type Connect, probeProblem, tryProbe } from './_probe.ts'

const TCP: Probe = { kind: 'tcp', port: 80 }

/** What listens in the containers: a web server that answers /N with status N (0: nothing), and one that says its line and goes. */
const folder = await mkdtemp(path.join(os.tmpdir(), 'probe-'))
const seen: string[] = []
const web = http.createServer((request, response) => {
  seen.push(`${request.method} ${request.headers.host}${request.url}`)
  const status = Number(request.url?.slice(1).replace(/\?.*/, ''))
  if (status > 0) response.writeHead(status, { location: '/login' }).end('x'.repeat(100_000))
})
const rude = net.createServer((socket) => socket.on('error', () => undefined).end('220 no\r\n'))

before(async () => {
  await new Promise<void>((resolve) => web.listen(`${folder}/web`, resolve))
  await new Promise<void>((resolve) => rude.listen(`${folder}/rude`, resolve))
})
after(async () => {
  web.closeAllConnections()
  await Promise.all([web, rude].map((server) => new Promise((resolve) => server.close(resolve))))
  await rm(folder, { recursive: true })
})

function httpProbe(asked: string): Probe {
  return { kind: 'http', port: 80, path: asked }
}

type Answers = Readonly<Record<string, 'web' | 'rude' | 'refused' | 'silent' | 'no-route'>>

/** A network in which only these places answer. */
function network(answers: Answers): { connect: Connect; tried: string[] } {
  const tried: string[] = []
  const connect: Connect = ({ host, port }, signal) => {
    const place = `${host}:${port}`
    tried.push(place)
    const kind = answers[place] ?? 'no-route'
    if (kind === 'refused') return Promise.reject(Object.assign(new Error('refused'), { code: 'ECONNREFUSED' }))
    if (kind === 'no-route') return Promise.reject(Object.assign(new Error('no route'), { code: 'EHOSTUNREACH' }))
    return new Promise((resolve, reject) => {
      if (kind === 'silent') signal.addEventListener('abort', () => reject(signal.reason))
      else
        net.connect(`${folder}/${kind}`, function connected(this: net.Socket) {
          resolve(this)
        })
    })
  }
  return { connect, tried }
}

interface Shape {
  readonly mode?: string
  readonly addresses?: readonly string[]
  readonly bindings?: Readonly<Record<string, readonly { HostIp: string; HostPort: string }[] | null>>
  readonly ports?: Readonly<Record<string, readonly { HostIp: string; HostPort: string }[] | null>>
}

function container({ mode = 'bridge', addresses = ['172.17.0.2'], bindings = {}, ports = {} }: Shape = {}) {
  const Networks = Object.fromEntries(
    addresses.map((IPAddress, i) => [`net${i}`, { IPAddress, GlobalIPv6Address: '' }]),
  )
  return {
    Id: 'web',
    HostConfig: { NetworkMode: mode, PortBindings: bindings },
    NetworkSettings: { Ports: ports, Networks },
  }
}

interface Trial extends Shape {
  readonly endpoint?: string
  readonly others?: Readonly<Record<string, object>>
  readonly timeoutMs?: number
}

async function attempt(probe: Probe, answers: Answers, { endpoint, others = {}, timeoutMs, ...shape }: Trial = {}) {
  const docker = scriptDocker(({ path: asked }) => others[asked], endpoint)
  const { connect, tried } = network(answers)
  const parts = {
    docker,
    connect,
    signal: new AbortController().signal,
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
  }
  return { ...(await tryProbe(probe, container(shape), parts)), tried }
}

for (const [code, ok] of [
  [200, true],
  [204, true],
  [302, true],
  [399, true],
  [400, false],
  [404, false],
  [500, false],
] as const)
  test(`an HTTP probe that is answered ${code} has ${ok ? 'succeeded' : 'failed'}`, async () => {
    const result = await attempt(httpProbe(`/${code}?deep=1`), { '172.17.0.2:80': 'web' })
    assert.deepEqual([result.ok, result.reachable], [ok, true], result.detail)
    assert.equal(result.detail, `GET http://172.17.0.2:80/${code}?deep=1 answered ${code}`)
    assert.equal(seen.at(-1), `GET 172.17.0.2:80/${code}?deep=1`)
  })

test('a server that takes the connection and says nothing has failed in time', async () => {
  const result = await attempt(httpProbe('/0'), { '172.17.0.2:80': 'web' }, { timeoutMs: 50 })
  assert.deepEqual([result.ok, result.reachable], [false, true])
  assert.match(result.detail, /failed: no answer in time$/)
})

const PUBLISHED = {
  '80/tcp': [
    { HostIp: '0.0.0.0', HostPort: '8080' },
    { HostIp: '::', HostPort: '8080' },
  ],
}
const ELSEWHERE = 'tcp://nas:2375'

const PLACES: readonly [
  name: string,
  trial: Trial,
  answers: Answers,
  tried: string[],
  ok: boolean,
  reachable: boolean,
][] = [
  ['its own address', {}, { '172.17.0.2:80': 'web' }, ['172.17.0.2:80'], true, true],
  ['nobody listens yet', {}, { '172.17.0.2:80': 'refused' }, ['172.17.0.2:80'], false, true],
  ['no way there', {}, {}, ['172.17.0.2:80'], false, false],
  ['no answer at all', { timeoutMs: 30 }, { '172.17.0.2:80': 'silent' }, ['172.17.0.2:80'], false, false],
  [
    'every network',
    { addresses: ['10.0.0.2', '10.1.0.2'] },
    { '10.1.0.2:80': 'web' },
    ['10.0.0.2:80', '10.1.0.2:80'],
    true,
    true,
  ],
  [
    'the published port where the address is out of reach',
    { bindings: PUBLISHED },
    { '127.0.0.1:8080': 'web' },
    ['172.17.0.2:80', '127.0.0.1:8080'],
    true,
    true,
  ],
  [
    'the port that the engine has chosen',
    {
      addresses: [],
      bindings: { '80/tcp': [{ HostIp: '', HostPort: '' }] },
      ports: { '80/tcp': [{ HostIp: '10.9.9.9', HostPort: '32768' }] },
    },
    { '10.9.9.9:32768': 'web' },
    ['10.9.9.9:32768'],
    true,
    true,
  ],
  [
    'the published port of another machine first and only',
    { endpoint: ELSEWHERE, bindings: PUBLISHED },
    { '172.17.0.2:80': 'web' },
    ['nas:8080'],
    false,
    false,
  ],
  [
    'the address behind another machine where nothing is published',
    { endpoint: ELSEWHERE },
    { '172.17.0.2:80': 'web' },
    ['172.17.0.2:80'],
    true,
    true,
  ],
  [
    'the network of the host',
    { mode: 'host', addresses: [''] },
    { '127.0.0.1:80': 'web' },
    ['127.0.0.1:80'],
    true,
    true,
  ],
  [
    'the network of another host',
    { mode: 'host', endpoint: 'ssh://me@nas' },
    { 'nas:80': 'web' },
    ['nas:80'],
    true,
    true,
  ],
  [
    'the one whose network it shares',
    {
      mode: 'container:vpn',
      addresses: [],
      others: { '/containers/vpn/json': container({ addresses: ['10.5.0.1'] }) },
    },
    { '10.5.0.1:80': 'web' },
    ['10.5.0.1:80'],
    true,
    true,
  ],
  ['the one whose network it shares is gone', { mode: 'container:vpn' }, {}, [], false, false],
  ['no address', { addresses: [] }, {}, [], false, false],
]

for (const [name, trial, answers, tried, ok, reachable] of PLACES)
  test(`a probe finds: ${name}`, async () => {
    const result = await attempt(TCP, answers, trial)
    assert.deepEqual([result.tried, result.ok, result.reachable], [tried, ok, reachable], result.detail)
  })

test('a published port that closes at once has nobody behind it; a container that closes at once is there', async () => {
  const behind = await attempt(TCP, { '127.0.0.1:8080': 'rude' }, { bindings: PUBLISHED, addresses: [] })
  assert.deepEqual([behind.ok, behind.detail], [false, 'a connection to 127.0.0.1:8080 was closed at once'])
  assert.equal((await attempt(TCP, { '172.17.0.2:80': 'rude' })).ok, true)
  assert.equal((await attempt(TCP, { '127.0.0.1:8080': 'web' }, { bindings: PUBLISHED, addresses: [] })).ok, true)
})

test('an engine that is away is a failed try, an abort is not', async () => {
  const docker = scriptDocker(() => {
    throw outage()
  })
  const signal = new AbortController().signal
  const exec: Probe = { kind: 'exec', command: ['true'] }
  assert.deepEqual(await tryProbe(exec, container(), { docker, signal }), {
    ok: false,
    reachable: false,
    detail: 'connect ECONNREFUSED',
  })
  const aborted = AbortSignal.abort(new Error('enough'))
  await assert.rejects(tryProbe(exec, container(), { docker, signal: aborted }), /enough/)
})

test('only a container without a network cannot be probed from outside', () => {
  assert.match(probeProblem(container({ mode: 'none' }), TCP) ?? '', /tcp probe.*without a network.*exec/)
  assert.equal(probeProblem(container({ mode: 'none' }), { kind: 'exec', command: ['true'] }), undefined)
  assert.equal(probeProblem(container({ mode: 'none' }), undefined), undefined)
  for (const mode of ['bridge', 'host', 'container:vpn', 'default', 'my-net'])
    assert.equal(probeProblem(container({ mode, addresses: [] }), httpProbe('/')), undefined)
})
