import assert from 'node:assert/strict'
import { test } from 'node:test'
import { failureOf, send, testNotifier } from '../../test/kit/notifier.ts'
import { startRecorder } from '../../test/kit/recorder.ts'
import gotify from './gotify.ts'

const TEMPLATES = { templateTitle: '{{ .Meta.Tag }}', templateBody: '{{ .Entry.Provider }} {{ .Entry.Status }}' }

testNotifier(gotify, {
  options: (url) => ({ endpoint: `${url}/api/`, token: 's3cret"token', priority: '3', ...TEMPLATES }),
  secrets: ['s3cret'],
  refuses: [204],
  sends: {
    method: 'POST',
    path: '/api/message',
    headers: { 'content-type': 'application/json', 'x-gotify-key': 's3cret"token' },
    body: {
      message: 'file update',
      title: '1.2.3',
      priority: 3,
      extras: { 'client::display': { contentType: 'text/markdown' } },
    },
  },
})

test('what Gotify says is part of the error', async () => {
  const body = '{"error": "bad request", "errorCode": 400, "errorDescription": "invalid application token"}'
  await using receiver = await startRecorder(() => ({ status: 400, body }))
  const error = await failureOf(send(gotify, { endpoint: receiver.url, token: 'x1' }))
  assert.equal(error.message, 'Gotify answered 400: invalid application token')
})

for (const [options, expected] of [
  [{ token: 'x' }, /endpoint/],
  [{ endpoint: '', token: 'x' }, /must not be empty/],
  [{ endpoint: 'http://gotify' }, /set token or tokenFile/],
  [{ endpoint: 'http://gotify', token: 'x', priority: -1 }, /must be 0 or more/],
  [{ endpoint: 'http://gotify', token: 'x', proxy: 'proxy:3128' }, /must be an address with a scheme/],
] as const) {
  test(`${JSON.stringify(options)} is not accepted`, () => {
    assert.match(gotify.options.safeParse(options).error?.message ?? 'accepted', expected)
  })
}

test('a token with a line break at its end is named as the reason', async () => {
  const error = await failureOf(send(gotify, { endpoint: 'http://127.0.0.1:1', token: 's3cret\n' }))
  assert.match(error.message, /x-gotify-key .*line break/)
  assert.equal(error.transient, false)
})
