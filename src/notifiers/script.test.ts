import assert from 'node:assert/strict'
import { mkdtemp, readFile, realpath } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { test } from 'node:test'
import { messageOf, NEW, RUNNING, UPDATE } from '../../test/kit/message.ts'
import { failureOf, open, rendered, send, testMember } from '../../test/kit/notifier.ts'
import script from './script.ts'

testMember(script, { cmd: 'true' })

const NODE = process.execPath
const environment = { INHERITED: 'yes' }

async function folder(): Promise<string> {
  return realpath(await mkdtemp(path.join(tmpdir(), 'seaworthy-')))
}

/** What a script of ours finds, as it wrote it down: one JSON document per run. */
async function foundBy(message = messageOf(UPDATE)) {
  const dir = await folder()
  const write =
    "const { env, cwd } = process; require('fs').appendFileSync('found', JSON.stringify({ cwd: cwd(), env }) + '\\n')"
  await send(script, { cmd: NODE, args: ['-e', write], dir }, { message, parts: { environment } })
  const found = await readFile(path.join(dir, 'found'), 'utf8')
  return {
    dir,
    runs: found
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line)),
  }
}

test('a script runs in its directory and finds the entry in its environment', async () => {
  const { dir, runs } = await foundBy()
  assert.equal(runs.length, 1)
  assert.equal(runs[0].cwd, dir)
  assert.deepEqual(runs[0].env, {
    INHERITED: 'yes',
    DIUN_VERSION: '4.0.0',
    DIUN_HOSTNAME: 'node-1',
    DIUN_ENTRY_STATUS: 'update',
    DIUN_ENTRY_PROVIDER: 'file',
    DIUN_ENTRY_IMAGE: 'docker.io/crazymax/diun:1.2.3',
    DIUN_ENTRY_HUBLINK: 'https://hub.docker.com/r/crazymax/diun',
    DIUN_ENTRY_MIMETYPE: 'application/vnd.docker.distribution.manifest.list.v2+json',
    DIUN_ENTRY_DIGEST: 'sha256:216e3ae7de4ca8b553eb11ef7abda00651e79e537e85c46108284e5e91673e01',
    DIUN_ENTRY_CREATED: '2026-05-24 12:34:56 +0000 UTC',
    DIUN_ENTRY_PLATFORM: 'linux/amd64',
    DIUN_ENTRY_METADATA_OWNER: 'ops',
    DIUN_ENTRY_METADATA_TICKET: 'DIUN-123',
  })
})

test('a script runs once for each of several images', async () => {
  const { runs } = await foundBy(messageOf(RUNNING, NEW))
  assert.deepEqual(
    runs.map(({ env }) => [
      env.DIUN_ENTRY_CREATED,
      env.DIUN_ENTRY_METADATA_CTN_NAMES,
      env.DIUN_ENTRY_METADATA_NEWER_TAG,
    ]),
    [
      ['2026-05-24 12:34:56 +0000 UTC', 'web,db,api', '1.3.0'],
      ['<nil>', undefined, undefined],
    ],
  )
})

test('arguments go to the program as they are, without a shell', async () => {
  const lines: object[] = []
  const log = { error() {}, warn() {}, info() {}, debug: (fields: object) => lines.push(fields), child: () => log }
  const options = { cmd: NODE, args: ['-e', 'console.log(process.argv[1])', '$HOME; `id`'] }
  await send(script, options, { parts: { log } })
  assert.deepEqual(lines, [{ output: '$HOME; `id`' }])
})

for (const [what, options, expected, transient] of [
  [
    'that fails is worth another try and says why',
    { cmd: NODE, args: ['-e', "console.error('no luck'); process.exit(3)"] },
    /^the script ended with exit code 3: no luck$/,
    true,
  ],
  ['that does not exist is given up', { cmd: '/nowhere/to/be/found' }, /could not be run \(ENOENT\)/, false],
  [
    'that takes too long is killed',
    { cmd: NODE, args: ['-e', 'setInterval(() => {}, 1000)'], timeout: '50ms' },
    /was killed after 0.05 s/,
    true,
  ],
] as const) {
  test(`a script ${what}`, async () => {
    const error = await failureOf(send(script, options, { parts: { environment } }))
    assert.match(error.message, expected)
    assert.equal(error.transient, transient)
  })
}

test('a script is killed when the sending is stopped', async () => {
  const dir = await folder()
  const stop = new AbortController()
  const run = "require('fs').writeFileSync('pid', String(process.pid)); setInterval(() => {}, 1000)"
  const options = { cmd: NODE, args: ['-e', run], dir }
  await using channel = open(script, options)
  const sending = channel.send(rendered(script, options), stop.signal)
  const pid = await pidIn(path.join(dir, 'pid'))
  stop.abort()
  await assert.rejects(sending, { name: 'AbortError' })
  while (isAlive(pid)) await new Promise((resolve) => setImmediate(resolve))
})

async function pidIn(file: string): Promise<number> {
  for (;;) {
    const text = await readFile(file, 'utf8').catch(() => '')
    if (text !== '') return Number(text)
    await new Promise((resolve) => setImmediate(resolve))
  }
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

test('what a script says of the secrets in its environment is masked', async () => {
  const secrets = { SEAWORTHY_NOTIF_TELEGRAM_TOKEN: '12345:s3cr3t', DB_PASSWORD: 'pa55word' }
  const options = {
    cmd: '/bin/sh',
    args: ['-c', 'echo $INHERITED $DB_PASSWORD $SEAWORTHY_NOTIF_TELEGRAM_TOKEN >&2; exit 3'],
  }
  const { message } = await failureOf(send(script, options, { parts: { environment: { ...environment, ...secrets } } }))
  assert.match(message, /: yes \*{3} \*{3}$/)
  assert.doesNotMatch(message, /s3cr3t|pa55word/)
})

test('a null character in metadata does not keep a script from running', async () => {
  const { runs } = await foundBy(messageOf({ ...UPDATE, metadata: { owner: 'a\0b' } }))
  assert.equal(runs[0].env.DIUN_ENTRY_METADATA_OWNER, 'ab')
})
