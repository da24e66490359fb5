import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { after, before, describe, test } from 'node:test'
import { Failure } from '../domain/failure.ts'
import { AwayError } from '../domain/update-failures.ts'
import { createComposeCli, type ServiceConfig } from './_compose-cli.ts'
import {
  type ComposeContainer,
  composeProblem,
  providersOf,
  readComposeLabels,
  restartsOf,
  sharersOf,
} from './_compose-project.ts'
import type { SpawnCompose } from './_compose-run.ts'
import compose from './compose.ts'

const SIGNAL = AbortSignal.timeout(30_000)
const PROJECT = { name: 'demo', directory: '/', files: ['/c.yml'], envFiles: undefined }

interface Said {
  readonly stdout?: string
  readonly stderr?: string
  readonly code?: number
}

/** A compose that is asked with `args` and prints what it is told to; `calls` has what it was started with. */
function scripted(answer: (args: readonly string[]) => Said) {
  const calls: { args: readonly string[]; env: Readonly<Record<string, string>>; cwd: string; command: string }[] = []
  const start: SpawnCompose = (command, args, { cwd, env }): ChildProcess => {
    calls.push({ command, args, cwd, env })
    const { stdout = '', stderr = '', code = 0 } = answer(args)
    const script = 'printf %s "$1"; printf %s "$2" >&2; exit "$3"'
    return spawn('/bin/sh', ['-c', script, 'sh', stdout, stderr, String(code)], { stdio: ['ignore', 'pipe', 'pipe'] })
  }
  return { calls, spawn: start }
}

function open(answer: (args: readonly string[]) => Said, more: Record<string, unknown> = {}) {
  const { calls, spawn } = scripted(answer)
  const given = { program: 'docker', timeoutMs: 5000, environment: {}, home: '/', endpoint: 'unix:///d.sock', spawn }
  return { calls, cli: createComposeCli({ ...given, ...more }) }
}

test('asks for the project that the labels name, on the engine of its host, and nothing else of this process leads it', async () => {
  const environment = {
    PATH: '/bin',
    COMPOSE_FILE: 'x',
    DOCKER_CONTEXT: 'x',
    SEAWORTHY_TOKEN: 'x',
    TAG: '1',
    NONE: undefined,
  }
  const { calls, cli } = open(() => ({}), { environment })
  const project = { name: 'demo', directory: '/p', files: ['/p/a.yml', '/p/b.yml'], envFiles: ['/p/x.env'] }
  await cli.up(project, ['web', 'side'], SIGNAL)
  const [{ command, args, cwd, env }] = calls as [(typeof calls)[number]]
  assert.equal(command, 'docker')
  assert.equal(
    args.join(' '),
    'compose -p demo --project-directory /p -f /p/a.yml -f /p/b.yml --env-file /p/x.env --profile * ' +
      'up -d --no-deps --pull never --no-build web side',
  )
  assert.equal(cwd, '/p')
  assert.deepEqual(env, {
    ...{ PATH: '/bin', TAG: '1', PWD: '/p' },
    ...{ DOCKER_HOST: 'unix:///d.sock', COMPOSE_REMOVE_ORPHANS: '0' },
  })
})

test('a program that is compose itself is given no subcommand', async () => {
  const { calls, cli } = open(() => ({ stdout: '2.26.1-4\n' }), { program: '/opt/docker-compose' })
  assert.equal(await cli.version(SIGNAL), '2.26.1-4')
  assert.deepEqual(calls[0]?.args, ['version', '--short'])
})

test('TLS of this process is for engines on the network only, and ssh is refused', async () => {
  const environment = { DOCKER_TLS_VERIFY: '1' }
  const near = open(() => ({}), { environment })
  await near.cli.version(SIGNAL)
  assert.equal(near.calls[0]?.env.DOCKER_TLS_VERIFY, undefined)
  const far = open(() => ({}), { environment, endpoint: 'tcp://nas:2376' })
  await far.cli.version(SIGNAL)
  assert.equal(far.calls[0]?.env.DOCKER_TLS_VERIFY, '1')
  assert.equal(far.calls[0]?.env.DOCKER_HOST, 'tcp://nas:2376')
  assert.throws(() => open(() => ({}), { endpoint: 'ssh://nas' }), /over ssh/)
})

test('a failure carries the last lines that say something, safe to show', async () => {
  const stderr = ' Container demo-web-1  Recreate\n Container demo-web-1  Error\nError: no \u001b[31mspace\n'
  const { cli } = open(() => ({ stderr, code: 1 }))
  await assert.rejects(cli.up(PROJECT, ['web'], SIGNAL), (error) => {
    assert.ok(error instanceof Failure)
    assert.equal(error.message, 'docker compose up failed: Error: no \\u001b[31mspace')
    return true
  })
})

test('an engine that does not answer is waited for', async () => {
  const stderr = 'Cannot connect to the Docker daemon at unix:///d.sock. Is the docker daemon running?'
  await assert.rejects(open(() => ({ stderr, code: 1 })).cli.up(PROJECT, ['web'], SIGNAL), AwayError)
})

test('a program that is not there is said', async () => {
  const { cli } = open(() => ({}), { program: '/no/such/docker-compose', spawn: undefined })
  await assert.rejects(cli.version(SIGNAL), /cannot be started/)
})

test('compose that does not end is ended', async () => {
  const sleeping: SpawnCompose = () => spawn('/bin/sleep', ['30'], { stdio: ['ignore', 'pipe', 'pipe'] })
  const { cli } = open(() => ({}), { timeoutMs: 50, spawn: sleeping })
  await assert.rejects(cli.up(PROJECT, ['web'], SIGNAL), /did not end within/)
  const stop = new AbortController()
  const { cli: patient } = open(() => ({}), { spawn: sleeping })
  const running = patient.up(PROJECT, ['web'], stop.signal)
  stop.abort(new Error('stopped'))
  await assert.rejects(running, /stopped/)
})

test('reads the hash of one service', async () => {
  const { cli } = open(() => ({ stdout: 'db 111\nweb 222\n' }))
  assert.equal(await cli.hash(PROJECT, 'web', SIGNAL), '222')
})

const RECREATES: readonly [string, boolean][] = [
  [' DRY-RUN MODE -  Container demo-web-1  Running', false],
  [' DRY-RUN MODE -  Container demo-web-1  Recreate', true],
  [' DRY-RUN MODE -  Container demo-web-1  Creating', true],
]
for (const [stderr, expected] of RECREATES) {
  test(`a dry run that says "${stderr.trim()}" ${expected ? 'would' : 'would not'} make a container anew`, async () => {
    assert.equal(await open(() => ({ stderr })).cli.wouldRecreate(PROJECT, ['web'], SIGNAL), expected)
  })
}

test('reads what compose writes on a container', () => {
  const prefix = 'com.docker.compose.'
  const labels = {
    [`${prefix}project`]: 'demo',
    [`${prefix}service`]: 'web',
    [`${prefix}project.working_dir`]: '/p',
    [`${prefix}project.config_files`]: '/p/a.yml,b.yml',
    [`${prefix}project.environment_file`]: '/p/x.env',
    [`${prefix}config-hash`]: 'abc',
    [`${prefix}version`]: '2.26.1',
    [`${prefix}oneoff`]: 'True',
  }
  assert.deepEqual(readComposeLabels(labels), {
    project: { name: 'demo', directory: '/p', files: ['/p/a.yml', '/p/b.yml'], envFiles: ['/p/x.env'] },
    service: 'web',
    hash: 'abc',
    version: '2.26.1',
    isOneOff: true,
  })
  assert.equal(readComposeLabels({ [`${prefix}project`]: 'demo' }), undefined)
  assert.equal(readComposeLabels({}), undefined)
})

const SERVICES: Record<string, ServiceConfig> = {
  vpn: { image: 'a' },
  torrent: { network_mode: 'service:vpn', depends_on: { vpn: { restart: true } } },
  helper: { pid: 'service:torrent' },
  backup: { volumes_from: ['vpn:ro'] },
  proxy: { depends_on: { torrent: { restart: true } } },
  other: { depends_on: { vpn: { restart: false } }, network_mode: 'host' },
}

test('who is made anew with a service, and who is restarted after it', () => {
  const sharers = sharersOf(SERVICES, 'vpn')
  assert.deepEqual(sharers, ['torrent', 'backup', 'helper'])
  assert.deepEqual(sharersOf(SERVICES, 'proxy'), [])
  assert.deepEqual(providersOf(SERVICES, ['helper', 'proxy']), ['vpn', 'torrent'])
  assert.deepEqual(providersOf(SERVICES, ['vpn', ...sharers]), [])
  assert.deepEqual(restartsOf(SERVICES, ['vpn', ...sharers]), ['proxy'])
})

describe('why a service cannot go through compose', () => {
  let folder: string
  before(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'seaworthy-test-'))
    await writeFile(path.join(folder, 'c.yml'), '')
  })
  after(() => rm(folder, { recursive: true }))

  const OWN: ComposeContainer = { id: '1', name: 'demo-web-1', service: 'web', state: 'running' }

  async function problem(service: unknown, containers: readonly ComposeContainer[] = [OWN], files = ['c.yml']) {
    const stdout = JSON.stringify({ services: service === undefined ? {} : { web: service } })
    const { cli } = open(() => ({ stdout }))
    const paths = files.map((file) => path.join(folder, file))
    const project = { name: 'demo', directory: folder, files: paths, envFiles: undefined }
    const labels = { project, service: 'web', hash: undefined, version: undefined, isOneOff: false }
    return await composeProblem(() => cli, { labels, containers }, SIGNAL)
  }

  const image = 'nginx:1.25'
  const CASES: readonly [name: string, service: unknown, says: RegExp | undefined][] = [
    ['nothing', { image }, undefined],
    ['a policy that asks nobody', { image, pull_policy: 'missing', scale: 1 }, undefined],
    ['a service that went out of the file', undefined, /no service web any more/],
    ['build', { image, build: { context: '.' } }, /built from source/],
    ['no image', {}, /names no image/],
    ['pull_policy always', { image, pull_policy: 'always' }, /pull_policy: always/],
    ['pull_policy daily', { image, pull_policy: 'daily' }, /pull_policy: daily/],
    ['replicas', { image, deploy: { replicas: 2 } }, /2 replicas/],
    ['scale', { image, scale: 3 }, /3 replicas/],
  ]
  for (const [name, service, says] of CASES) {
    test(name, async () => {
      const said = await problem(service)
      if (says === undefined) assert.equal(said, undefined)
      else assert.match(said ?? '', says)
    })
  }

  test('several containers, or one that does not run', async () => {
    assert.match((await problem({ image }, [OWN, { ...OWN, id: '2' }])) ?? '', /2 containers/)
    assert.match((await problem({ image }, [{ ...OWN, state: 'exited' }])) ?? '', /does not run/)
  })

  test('a file that is not there, and labels that name none', async () => {
    assert.match((await problem({ image }, [OWN], ['gone.yml'])) ?? '', /gone\.yml cannot be read from here/)
    assert.match((await problem({ image }, [OWN], [])) ?? '', /do not name/)
    assert.deepEqual(await readdir(folder), ['c.yml'])
  })
})

test('takes its options as texts', () => {
  assert.deepEqual(compose.options.parse({}), { program: 'docker', timeout: 600_000 })
  assert.deepEqual(compose.options.parse({ program: 'docker-compose', timeout: '5m' }), {
    program: 'docker-compose',
    timeout: 300_000,
  })
})
