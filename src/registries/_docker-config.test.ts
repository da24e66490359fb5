import assert from 'node:assert/strict'
import { chmodSync, mkdirSync, mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { test } from 'node:test'
import { recordingLog } from '../../test/kit/registry-client.ts'
import { type RunProgram, runProgram } from './_credential-program.ts'
import { loadDockerCredentials } from './_docker-config.ts'
import { authKey } from './_docker-config-file.ts'

const AUTH = Buffer.from('ann:pass:word').toString('base64')

function world(
  files: Record<string, unknown>,
  { run = noProgram, env = {} }: { run?: RunProgram; env?: Record<string, string> } = {},
) {
  const home = mkdtempSync(path.join(tmpdir(), 'home-'))
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(path.dirname(path.join(home, name)), { recursive: true })
    writeFileSync(path.join(home, name), typeof content === 'string' ? content : JSON.stringify(content))
  }
  const clock = { time: 0 }
  const warnings: string[] = []
  const inHome = Object.fromEntries(Object.entries(env).map(([name, folder]) => [name, path.join(home, folder)]))
  const options = {
    home,
    env: { XDG_RUNTIME_DIR: path.join(home, 'run'), ...inHome },
    run,
    now: () => new Date(clock.time),
  }
  return { home, clock, warnings, credentials: loadDockerCredentials({ ...options, log: recordingLog(warnings) }) }
}

const noProgram: RunProgram = async () => assert.fail('no program should run')

for (const [name, config, image, expected] of [
  ['base64, whose password may hold a colon', { auths: { 'ghcr.io': { auth: AUTH } } }, 'ghcr.io/a/b', 'ann pass:word'],
  ['a plain pair', { auths: { 'ghcr.io': { username: 'u', password: 'p' } } }, 'ghcr.io/a/b', 'u p'],
  [
    'an identity token',
    { auths: { 'x.azurecr.io': { auth: AUTH, identitytoken: 'refresh' } } },
    'x.azurecr.io/a',
    'refresh',
  ],
  [
    'a key with scheme and version',
    { auths: { 'https://ghcr.io/v2/': { auth: AUTH } } },
    'ghcr.io/a/b',
    'ann pass:word',
  ],
  [
    "Docker Hub's own key",
    { auths: { 'https://index.docker.io/v1/': { auth: AUTH } } },
    'docker.io/library/x',
    'ann pass:word',
  ],
  [
    "Docker Hub's API host",
    { auths: { 'registry-1.docker.io': { auth: AUTH } } },
    'docker.io/library/x',
    'ann pass:word',
  ],
  [
    'the longest namespace',
    {
      auths: {
        'ghcr.io': { auth: AUTH },
        'ghcr.io/own': { username: 'o', password: 'p' },
        'ghcr.io/own/er': { username: 'e', password: 'p' },
      },
    },
    'ghcr.io/own/er/app',
    'e p',
  ],
  ['whole segments only', { auths: { 'ghcr.io/own': { auth: AUTH } } }, 'ghcr.io/owner/app', undefined],
  ['another host', { auths: { 'ghcr.io': { auth: AUTH } } }, 'quay.io/a/b', undefined],
  ['a host with its port', { auths: { 'reg:5000': { auth: AUTH } } }, 'reg:5000/a', 'ann pass:word'],
  ['an empty entry', { auths: { 'ghcr.io': {} } }, 'ghcr.io/a/b', undefined],
] as const) {
  test(`credentials are found by ${name}`, async () => {
    const { credentials } = world({ '.docker/config.json': config })
    assert.equal(await describe(credentials, image), expected)
  })
}

for (const [file, env] of [
  ['run/containers/auth.json', {}],
  ['.config/containers/auth.json', {}],
  ['conf/containers/auth.json', { XDG_CONFIG_HOME: 'conf' }],
  ['dock/config.json', { DOCKER_CONFIG: 'dock' }],
] as const) {
  test(`credentials are looked for in ${file}`, async () => {
    const { credentials } = world({ [file]: { auths: { 'ghcr.io': { auth: AUTH } } } }, { env })
    assert.equal(await describe(credentials, 'ghcr.io/a/b'), 'ann pass:word')
  })
}

test('the old .dockercfg is the entries alone', async () => {
  const { credentials } = world({ '.dockercfg': { 'https://index.docker.io/v1/': { auth: AUTH, email: 'x' } } })
  assert.equal(await describe(credentials, 'docker.io/a/b'), 'ann pass:word')
})

test('a credential program is asked for its host, and seldom', async () => {
  const calls: string[] = []
  const run: RunProgram = async (command, args, { input }) => {
    calls.push([command, ...args, input].join(' '))
    return { exitCode: 0, stdout: JSON.stringify({ ServerURL: input, Username: '<token>', Secret: 's' }) }
  }
  const config = { credHelpers: { 'ghcr.io': 'gh' }, credsStore: 'desktop', auths: { 'docker.io': {} } }
  const { credentials, clock } = world({ '.docker/config.json': config }, { run })
  assert.equal(await describe(credentials, 'ghcr.io/a/b'), 's')
  assert.equal(await describe(credentials, 'docker.io/library/x'), 's')
  clock.time += 120_000
  await credentials.find('ghcr.io', 'other/one')
  assert.deepEqual(calls, [
    'docker-credential-gh get ghcr.io',
    'docker-credential-desktop get https://index.docker.io/v1/',
  ])
})

for (const [name, outcome, warned] of [
  ['has none', { exitCode: 1, stdout: 'credentials not found in native keychain' }, 0],
  ['fails', { exitCode: 2, stdout: 'locked, secret-stuff' }, 1],
  ['prints nonsense', { exitCode: 0, stdout: 'secret-stuff' }, 1],
  ['does not exist', undefined, 1],
] as const) {
  test(`a credential program that ${name} leaves us anonymous, with ${warned} warning and none of its output`, async () => {
    const run: RunProgram = async () =>
      outcome ?? Promise.reject(Object.assign(new Error('secret-stuff'), { code: 'ENOENT' }))
    const { credentials, warnings, clock } = world({ '.docker/config.json': { credsStore: 'x' } }, { run })
    assert.equal(await credentials.find('ghcr.io', 'a/b'), undefined)
    clock.time += 3_600_000
    assert.equal(await credentials.find('ghcr.io', 'a/b'), undefined)
    assert.equal(warnings.length, warned)
    assert.ok(!warnings.join().includes('secret-stuff'))
  })
}

test('the name of a credential program cannot lead elsewhere', async () => {
  const { credentials, warnings } = world({ '.docker/config.json': { credsStore: '../../tmp/evil' } })
  assert.equal(await credentials.find('ghcr.io', 'a/b'), undefined)
  assert.equal(warnings.length, 1)
})

test('a malformed file is warned about once, without what is in it, and the next one counts', async () => {
  const files = {
    '.config/containers/auth.json': '{"auths": secret-stuff',
    '.docker/config.json': { auths: { 'ghcr.io': { auth: AUTH } } },
  }
  const { credentials, warnings, clock } = world(files)
  assert.equal(await describe(credentials, 'ghcr.io/a/b'), 'ann pass:word')
  clock.time += 3_600_000
  await credentials.find('ghcr.io', 'a/b')
  assert.equal(warnings.length, 1)
  assert.ok(!warnings.join().includes('secret-stuff'))
})

test('a login that changes is seen within a minute', async () => {
  const { credentials, home, clock } = world({ '.docker/config.json': { auths: { 'ghcr.io': { auth: AUTH } } } })
  assert.equal(await describe(credentials, 'ghcr.io/a/b'), 'ann pass:word')
  writeFileSync(
    path.join(home, '.docker/config.json'),
    JSON.stringify({ auths: { 'ghcr.io': { username: 'n', password: 'p' } } }),
  )
  clock.time += 60_000
  assert.equal(await describe(credentials, 'ghcr.io/a/b'), 'n p')
})

test('a credential program gets its question on standard input, and no shell is in between', async () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'program-'))
  const program = path.join(folder, 'echo it')
  writeFileSync(program, '#!/bin/sh\necho noise >&2\nread server\necho "$1 $server"\nexit 3\n')
  chmodSync(program, 0o755)
  assert.deepEqual(await runProgram(program, ['get'], { input: 'ghcr.io', timeoutMs: 10_000 }), {
    exitCode: 3,
    stdout: 'get ghcr.io\n',
  })
  await assert.rejects(runProgram(path.join(folder, 'none'), [], { input: '', timeoutMs: 10_000 }), { code: 'ENOENT' })
})

test('keys of all forms mean the same host', () => {
  for (const key of [
    'https://index.docker.io/v1/',
    'index.docker.io',
    'docker.io',
    'http://registry-1.docker.io/',
    'docker.io/v2',
  ]) {
    assert.equal(authKey(key), 'docker.io')
  }
})

async function describe(
  { find }: ReturnType<typeof loadDockerCredentials>,
  image: string,
): Promise<string | undefined> {
  const slash = image.indexOf('/')
  const credentials = (await find(image.slice(0, slash), image.slice(slash + 1)))?.credentials
  if (credentials === undefined) return undefined
  return credentials.kind === 'identity' ? credentials.token : `${credentials.username} ${credentials.password}`
}
