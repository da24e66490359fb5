import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startRecorder } from '../../test/kit/recorder.ts'
import { createHttpClient } from '../lib/http/client.ts'
import { createLog } from '../lib/log.ts'
import { secretOf } from '../lib/secret.ts'
import { createHealthchecks, type Healthchecks } from './healthchecks.ts'

const UUID = '5a0b7e4c-0000-4000-8000-000000000001'

/** What the server was asked by `pings`, one line a ping, and what was logged meanwhile. */
async function pinged(
  pings: (healthchecks: Healthchecks) => void,
  { status = 200, base = '', signal = new AbortController().signal } = {},
): Promise<{ pings: string[]; log: string }> {
  await using recorder = await startRecorder(() => ({ status, body: 'OK' }))
  await using http = createHttpClient({ userAgent: 'seaworthy/test' })
  let log = ''
  const write = (line: string): void => {
    log += line
  }
  {
    await using healthchecks = createHealthchecks({
      baseUrl: `${recorder.url}${base}`,
      uuid: secretOf(`${UUID}\n`),
      http,
      log: createLog({ level: 'warn', json: true, color: false, write }),
      signal,
    })
    pings(healthchecks)
  }
  return { pings: recorder.seen.map(({ method, path, body }) => `${method} ${path} ${body.split('\n')[0]}`), log }
}

const down = { provider: 'docker', host: 'local', error: 'no socket' }

for (const [what, report, expected] of [
  [
    'a check that went well',
    { counts: { current: 2, update: 1 }, failedProviders: [] },
    `POST /${UUID} 3 tag(s) have been scanned:`,
  ],
  [
    'one failed image among others',
    { counts: { current: 2, failed: 1 }, failedProviders: [] },
    `POST /${UUID} 3 tag(s) have been scanned:`,
  ],
  [
    'nothing but failed images',
    { counts: { failed: 2 }, failedProviders: [] },
    `POST /${UUID}/fail 2 tag(s) have been scanned:`,
  ],
  [
    'a provider that cannot be listed',
    { counts: {}, failedProviders: [down] },
    `POST /${UUID}/fail 0 tag(s) have been scanned:`,
  ],
  ['nothing to check', { counts: {}, failedProviders: [] }, `POST /${UUID} 0 tag(s) have been scanned:`],
] as const) {
  test(`${what} is a ping to ${expected.split(' ')[1]!.endsWith('/fail') ? 'fail' : 'the check itself'}`, async () => {
    const { pings } = await pinged((healthchecks) => {
      healthchecks.started()
      healthchecks.finished(report)
    })
    assert.deepEqual(pings, [`POST /${UUID}/start `, expected])
  })
}

test('a check that broke off is a failure with its error', async () => {
  const { pings } = await pinged((healthchecks) => healthchecks.failed('database or disk is full'), { base: '/ping' })
  assert.deepEqual(pings, [`POST /ping/${UUID}/fail database or disk is full`])
})

test('a server that refuses a ping is logged, without the secret', async () => {
  const { log } = await pinged((healthchecks) => healthchecks.started(), { status: 404 })
  assert.match(log, /404/)
  assert.ok(!log.includes(UUID))
})

test('nothing is sent and nothing is logged once the program ends', async () => {
  const seen = await pinged((healthchecks) => healthchecks.started(), { signal: AbortSignal.abort() })
  assert.deepEqual(seen, { pings: [], log: '' })
})
