import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type DockerDouble, type DoubleContainer, startDockerDouble } from '../../test/kit/docker-double.ts'
import { PROVIDER_PARTS, testProvider } from '../../test/kit/provider.ts'
import { Failure } from '../domain/failure.ts'
import { formatImageReference } from '../domain/image-reference.ts'
import { formatPlatform } from '../domain/platform.ts'
import type { Log } from '../lib/log.ts'
import type { ProviderParts } from './_provider.ts'
import docker from './docker.ts'

const ID = `sha256:${'a1'.repeat(32)}`
const OTHER_ID = `sha256:${'b2'.repeat(32)}`
const DIGEST = `sha256:${'c3'.repeat(32)}`
const OTHER_DIGEST = `sha256:${'d4'.repeat(32)}`
const NGINX = {
  RepoTags: ['nginx:1.27'],
  RepoDigests: [`nginx@${DIGEST}`],
  Os: 'linux',
  Architecture: 'arm',
  Variant: 'v7',
}

function container(name: string, more: Partial<DoubleContainer> = {}): DoubleContainer {
  return { Id: `id-${name}`, Names: [`/${name}`], Image: 'nginx:1.27', ImageID: ID, ...more }
}

function open(double: DockerDouble, options: Record<string, unknown> = {}, parts: Partial<ProviderParts> = {}) {
  const given = docker.options.parse({ endpoint: double.endpoint, watchByDefault: true, ...options })
  return docker.create(given, { ...PROVIDER_PARTS, ...parts })
}

async function list(double: DockerDouble, options: Record<string, unknown> = {}, parts: Partial<ProviderParts> = {}) {
  const provider = open(double, options, parts)
  try {
    return await provider.list(AbortSignal.timeout(10_000))
  } finally {
    await provider[Symbol.asyncDispose]?.()
  }
}

function collectLog(lines: string[]): Log {
  const say = (_: object, message: string) => void lines.push(message)
  const log: Log = { error: say, warn: say, info: say, debug() {}, child: () => log }
  return log
}

testProvider('docker', async () => {
  const double = await startDockerDouble()
  double.images = { [ID]: NGINX }
  double.containers = [container('web'), container('bad', { Labels: { 'diun.max_tags': 'x' } })]
  const provider = open(double)
  return {
    provider,
    async change() {
      while (double.streams() === 0) await new Promise(setImmediate)
      double.emit('{"Type":"container","Action":"start","Actor":{"ID":"x"},"time":1}\n')
    },
    breakDown: () => double.stop(),
    async [Symbol.asyncDispose]() {
      await provider[Symbol.asyncDispose]?.()
      await double[Symbol.asyncDispose]()
    },
  }
})

test('a container is a workload with its digests, platform and metadata', async () => {
  await using double = await startDockerDouble()
  double.images = {
    [ID]: { ...NGINX, RepoDigests: [`nginx@${DIGEST}`, `nginx@${OTHER_DIGEST}`, `mirror.local/nginx@${ID}`] },
  }
  double.containers = [
    container('web', {
      Id: 'container-id',
      Names: ['/other/alias', '/web'],
      Command: "nginx -g 'daemon off;'",
      Created: 1_700_000_000,
      Status: 'Up 5 minutes',
      SizeRw: 1024,
      SizeRootFs: 2048,
      Labels: { 'diun.metadata.owner': 'ops', 'diun.metadata.ctn_state': 'mine' },
    }),
  ]
  const { workloads, problems } = await list(double, { name: 'nas' }, { defaultMetadata: { owner: 'all', team: 'x' } })
  assert.deepEqual(problems, [])
  const [web] = workloads
  assert.ok(web?.reference)
  assert.equal(web.id, 'docker/nas/web')
  assert.equal(web.host, 'nas')
  assert.equal(formatImageReference(web.reference), 'docker.io/library/nginx:1.27')
  assert.equal(formatPlatform(web.platform), 'linux/arm/v7')
  assert.deepEqual(web.running, { imageId: ID, digests: [DIGEST, OTHER_DIGEST], state: 'running' })
  const { ctn_createdat, ...metadata } = web.metadata
  assert.match(ctn_createdat ?? '', /^2023-11-1[45] \d\d:\d\d:20 [+-]\d{4} \S+$/)
  assert.deepEqual(metadata, {
    owner: 'ops',
    team: 'x',
    ctn_id: 'container-id',
    ctn_names: 'other/alias,web',
    ctn_command: "nginx -g 'daemon off;'",
    ctn_state: 'mine',
    ctn_status: 'Up 5 minutes',
    ctn_size: '1.02kB (virtual 2.05kB)',
  })
})

test('forty containers of one image are one question about it, and unwatched ones none', async () => {
  await using double = await startDockerDouble()
  double.images = { [ID]: NGINX }
  double.containers = [
    ...Array.from({ length: 40 }, (_, index) => container(`web-${index}`, { Labels: { 'diun.enable': 'true' } })),
    container('off', { ImageID: OTHER_ID }),
  ]
  const { workloads } = await list(double, { watchByDefault: false })
  assert.equal(workloads.length, 40)
  assert.deepEqual(double.requests, ['GET /_ping', 'GET /v1.51/containers/json', `GET /v1.51/images/${ID}/json`])
})

const IMAGES: readonly [
  what: string,
  image: string,
  facts: object,
  expected: { reference?: string; digests?: string[]; notCheckable?: RegExp },
  original?: string,
][] = [
  [
    'a pinned tag',
    `nginx:1.27@${DIGEST}`,
    NGINX,
    { reference: `docker.io/library/nginx:1.27@${DIGEST}`, digests: [DIGEST] },
  ],
  [
    'a registry with a port',
    'reg:5000/a',
    { ...NGINX, RepoDigests: [`reg:5000/a@${DIGEST}`] },
    { reference: 'reg:5000/a:latest', digests: [DIGEST] },
  ],
  [
    'a locally built image',
    'app:dev',
    { ...NGINX, RepoDigests: [] },
    { reference: 'docker.io/library/app:dev', notCheckable: /built or loaded/ },
  ],
  [
    'no list of digests',
    'app:dev',
    { ...NGINX, RepoDigests: null },
    { reference: 'docker.io/library/app:dev', notCheckable: /built or loaded/ },
  ],
  [
    'a local name for a pulled image',
    'app:dev',
    NGINX,
    { reference: 'docker.io/library/app:dev', notCheckable: /came from docker\.io\/library\/nginx/ },
  ],
  [
    'a dangling image',
    ID,
    { ...NGINX, RepoTags: ['<none>:<none>'], RepoDigests: ['<none>@<none>'] },
    { notCheckable: /no repository is known/ },
  ],
  [
    'a tag that moved on',
    ID,
    { ...NGINX, RepoTags: [] },
    { reference: 'docker.io/library/nginx:latest', digests: [DIGEST] },
    'nginx:latest',
  ],
  ['creation by id', ID, NGINX, { reference: 'docker.io/library/nginx:1.27', digests: [DIGEST] }, ID],
  [
    'creation by id without a tag',
    ID,
    { ...NGINX, RepoTags: null },
    { reference: `docker.io/library/nginx@${DIGEST}`, digests: [DIGEST] },
    ID,
  ],
  [
    'creation by a short id',
    'a1a1a1a1a1a1',
    NGINX,
    { reference: 'docker.io/library/nginx:1.27', digests: [DIGEST] },
    'a1a1a1a1a1a1',
  ],
  [
    'a name that looks like an id',
    'cafe1234',
    { ...NGINX, RepoDigests: [`cafe1234@${DIGEST}`] },
    { reference: 'docker.io/library/cafe1234:latest', digests: [DIGEST] },
  ],
]

for (const [what, image, facts, expected, original] of IMAGES)
  test(`${what}: ${expected.reference?.slice(0, 40) ?? 'no reference'}${expected.notCheckable ? ', not checkable' : ''}`, async () => {
    await using double = await startDockerDouble()
    double.images = { [ID]: facts }
    double.containers = [container('web', { Image: image })]
    if (original !== undefined) double.inspections = { 'id-web': { Config: { Image: original } } }
    const { workloads, problems } = await list(double)
    assert.deepEqual(problems, [])
    const [web] = workloads
    assert.ok(web)
    assert.equal(web.reference && formatImageReference(web.reference), expected.reference)
    assert.deepEqual(web.running.digests, expected.digests ?? [])
    assert.match(web.notCheckable ?? '', expected.notCheckable ?? /^$/)
  })

test('running, paused and restarting containers are listed; created and exited ones when asked for; dead ones never', async () => {
  await using double = await startDockerDouble()
  double.images = { [ID]: NGINX }
  double.containers = ['running', 'paused', 'restarting', 'created', 'exited', 'dead'].map((State) =>
    container(State, { State }),
  )
  const names = async (options: Record<string, unknown>) =>
    (await list(double, options)).workloads.map(({ name }) => name)
  assert.deepEqual(await names({}), ['paused', 'restarting', 'running'])
  assert.deepEqual(await names({ watchStopped: true }), ['created', 'exited', 'paused', 'restarting', 'running'])
})

test('a bad label or image spoils its own container only, and names it', async () => {
  await using double = await startDockerDouble()
  double.images = { [ID]: NGINX }
  double.containers = [
    container('good'),
    container('label', { Labels: { 'diun.max_tags': 'many' } }),
    container('regex', { Labels: { 'diun.include_tags': '(?!x)' } }),
    container('image', { Image: 'Not/An/Image' }),
    container('update', { Labels: { 'seaworthy.update': 'always' } }),
  ]
  const { workloads, problems } = await list(double)
  assert.deepEqual(
    workloads.map(({ name }) => name),
    ['good'],
  )
  const messages = Object.fromEntries(problems.map(({ workload, message }) => [workload, message]))
  assert.match(messages.label ?? '', /^container "label", label "diun\.max_tags": "many" is not a whole number/)
  assert.match(messages.regex ?? '', /^container "regex", label "diun\.include_tags": .*look-around/)
  assert.match(messages.image ?? '', /^container "image": "Not\/An\/Image" is not an image reference/)
  assert.match(messages.update ?? '', /^container "update", label "seaworthy\.update": unknown mode "always"/)
})

test('what labels say about being updated stands on the workload, and each can be updated', async () => {
  await using double = await startDockerDouble()
  double.images = { [ID]: NGINX }
  const labels = { 'seaworthy.update': 'auto', 'seaworthy.hook_pre_update': 'dump' }
  double.containers = [container('a', { Labels: labels }), container('b')]
  const { workloads } = await list(double)
  const hooks = { 'pre-update': { where: 'container', command: 'dump', timeoutMs: 60_000 } }
  assert.deepEqual(
    workloads.map(({ update }) => update),
    [{ mode: 'auto', hooks }, {}],
  )
})

test('the metadata of one container never reaches another', async () => {
  await using double = await startDockerDouble()
  double.images = { [ID]: NGINX }
  double.containers = [container('a', { Labels: { 'diun.metadata.x': '1' } }), container('b')]
  const { workloads } = await list(double, {}, { defaultMetadata: { team: 'ops' } })
  assert.deepEqual(
    workloads.map(({ metadata }) => [metadata.team, metadata.x, metadata.ctn_names]),
    [
      ['ops', '1', 'a'],
      ['ops', undefined, 'b'],
    ],
  )
})

test('where images may not be inspected, containers are watched by name, and it is said once', async () => {
  await using double = await startDockerDouble()
  double.containers = [container('web')]
  double.refuse = { '/images': { status: 403, body: '' } }
  const lines: string[] = []
  const provider = open(double, {}, { log: collectLog(lines) })
  for (let i = 0; i < 3; i++) {
    const { workloads } = await provider.list(AbortSignal.timeout(10_000))
    assert.equal(workloads[0]?.notCheckable, undefined)
    assert.deepEqual(workloads[0]?.running.digests, [])
    // The double's engine says so in its version.
    assert.equal(formatPlatform(workloads[0]!.platform), 'linux/arm64')
  }
  assert.equal(lines.length, 1)
  assert.match(lines[0] ?? '', /IMAGES=1/)
  await provider[Symbol.asyncDispose]?.()
})

test('an image that the engine cannot read spoils its own containers only', async () => {
  await using double = await startDockerDouble()
  double.images = { [ID]: NGINX }
  double.containers = [container('web'), container('broken', { ImageID: OTHER_ID })]
  double.refuse = {
    [`/images/${encodeURIComponent(OTHER_ID)}`]: { status: 500, body: '{"message":"layer does not exist"}' },
  }
  const { workloads, problems } = await list(double)
  assert.deepEqual(
    workloads.map(({ name }) => name),
    ['web'],
  )
  assert.match(problems[0]?.message ?? '', /^container "broken": .*500: layer does not exist/)
})

test('an image that is gone when it is asked about is no error', async () => {
  await using double = await startDockerDouble()
  double.containers = [container('web'), container('ghost', { Image: OTHER_ID, ImageID: OTHER_ID })]
  const { workloads, problems } = await list(double)
  assert.deepEqual(problems, [])
  assert.deepEqual(
    workloads.map(({ name }) => name),
    ['ghost', 'web'],
  )
})

test('a label chooses the platform, and the container store knows which one runs', async () => {
  await using double = await startDockerDouble()
  double.images = { [ID]: NGINX }
  double.containers = [
    container('a', { Labels: { 'diun.platform': 'linux/s390x' } }),
    container('b', { ImageManifestDescriptor: { platform: { os: 'linux', architecture: 'amd64' } } }),
    container('c'),
  ]
  const { workloads } = await list(double)
  assert.deepEqual(
    workloads.map(({ platform }) => formatPlatform(platform)),
    ['linux/s390x', 'linux/amd64', 'linux/arm/v7'],
  )
})

test('an engine that fails is a failure that names the host', async () => {
  await using double = await startDockerDouble()
  double.refuse = { '/containers': { status: 500, body: '{"message":"no space left on device"}' } }
  await assert.rejects(
    list(double, { name: 'nas' }),
    (error) => error instanceof Failure && error.where === 'docker host "nas"' && /no space left/.test(error.message),
  )
})

test('certificates that are not there are a failure with their path, and found when they come', async () => {
  await using double = await startDockerDouble()
  await assert.rejects(list(double, { tlsCertsPath: `${double.folder}/certs` }), /certs\/cert\.pem cannot be read/)
})

test('names of options are those of Diun, with its defaults', () => {
  const { endpoint, tlsVerify, watchByDefault, watchStopped } = docker.options.parse({})
  assert.deepEqual(
    { endpoint, tlsVerify, watchByDefault, watchStopped },
    { endpoint: 'unix:///var/run/docker.sock', tlsVerify: true, watchByDefault: false, watchStopped: false },
  )
})

for (const [key, value, message] of [
  ['endpoint', 'ssh://-oProxyCommand=x', /not a host name/],
  ['endpoint', 'npipe:////./pipe/docker_engine', /named pipes/],
  ['apiVersion', 'latest', /not a version/],
  ['pollInterval', 'often', /not a duration/],
] as const)
  test(`the option ${key} "${value}" is refused before anything runs`, () => {
    const { error } = docker.options.safeParse({ [key]: value })
    assert.match(error?.message ?? '', message)
  })
