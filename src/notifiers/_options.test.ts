import assert from 'node:assert/strict'
import { mkdtemp, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { test } from 'node:test'
import { open } from '../../test/kit/notifier.ts'
import { Failure } from '../domain/failure.ts'
import gotify from './gotify.ts'

const REQUIRED = { endpoint: 'http://gotify', token: 'x' }

/** What the channel's client is made with. */
function clientOf(options: object): object[] {
  const seen: object[] = []
  const http = (given: object) => {
    seen.push(given)
    return { request: async () => assert.fail('nothing is sent'), [Symbol.asyncDispose]: async () => {} }
  }
  open(gotify, { ...REQUIRED, ...options }, { http })
  return seen
}

for (const [options, expected] of [
  [{}, { timeoutMs: 10_000, proxy: undefined, insecure: false }],
  [{ proxy: '' }, { timeoutMs: 10_000, proxy: undefined, insecure: false }],
  [
    { timeout: '1m30s', proxy: 'http://user:pw@proxy:3128', tlsSkipVerify: 'true' },
    { timeoutMs: 90_000, proxy: 'http://user:pw@proxy:3128', insecure: true },
  ],
] as const) {
  test(`${JSON.stringify(options)} makes one client for the channel`, () => {
    assert.deepEqual(clientOf(options), [expected])
  })
}

test('the authorities of the channel are read when it is opened', async () => {
  const file = path.join(await mkdtemp(path.join(tmpdir(), 'seaworthy-')), 'ca.pem')
  await writeFile(file, 'PEM')
  const [client] = clientOf({ tlsCaCertFiles: file })
  assert.deepEqual((client as { ca: string[] }).ca, ['PEM'])
  assert.throws(
    () => clientOf({ tlsCaCertFiles: `${file}.gone` }),
    (error) => error instanceof Failure && error.where === 'tlsCaCertFiles',
  )
})
