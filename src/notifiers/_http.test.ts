import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { failureOf } from '../../test/kit/notifier.ts'
import { type Answer, startRecorder } from '../../test/kit/recorder.ts'
import { createHttpClient } from '../lib/http/client.ts'
import type { HttpRequest } from '../lib/http/types.ts'
import { deliver, mask, oneOf } from './_http.ts'

async function deliverTo(answer: Answer, request: Partial<HttpRequest> = {}, secrets: string[] = []) {
  await using receiver = await startRecorder(() => answer)
  await using http = createHttpClient({ userAgent: 'x' })
  const url = new URL(`${receiver.url}/path`)
  await deliver(http, { method: 'POST', url, ...request }, { receiver: 'It', secrets, accepts: oneOf(200) })
}

for (const [what, answer, expected] of [
  ['the text of an answer', { status: 500, body: ' a\n b ' }, 'It answered 500: a b'],
  ['the sentence in a JSON answer', { status: 400, body: '{"code": 1, "message": "bad"}' }, 'It answered 400: bad'],
  ['an empty answer', { status: 403 }, 'It answered 403'],
  ['a long answer, cut', { status: 500, body: 'x'.repeat(900) }, `It answered 500: ${'x'.repeat(200)}`],
  [
    'where it has moved to, without the path',
    { status: 308, headers: { location: 'https://new.example/path?key=1' } },
    'It answered 308: it has moved to https://new.example, write that address in the config',
  ],
  ['a redirect to nowhere', { status: 302 }, 'It answered 302'],
] as const) {
  test(`an error tells ${what}`, async () => {
    assert.equal((await failureOf(deliverTo(answer))).message, expected)
  })
}

test('a secret is not shown in part where the answer is cut', async () => {
  const secret = 's3cret'.repeat(20)
  const error = await failureOf(deliverTo({ status: 500, body: 'x'.repeat(150) + secret }, {}, [secret]))
  assert.doesNotMatch(error.message, /s3cret/)
})

test('a name that no header can have is told, and not tried again', async () => {
  const error = await failureOf(deliverTo({ status: 200 }, { headers: { 'x y': 's3cret' } }))
  assert.equal(error.transient, false)
  assert.match(error.message, /^"x y" cannot be the name of a header/)
})

test('the credentials of a request are secrets without being named', async () => {
  const headers = { authorization: 'Bearer t0ken' }
  const error = await failureOf(deliverTo({ status: 401, body: 'no t0ken here' }, { headers }))
  assert.equal(error.message, 'It answered 401: no *** here')
})

for (const [headers, expected] of [
  [{ 'retry-after': 'Mon, 25 May 2026 06:00:30 GMT', date: 'Mon, 25 May 2026 06:00:00 GMT' }, 30_000],
  [{ 'retry-after': 'Mon, 25 May 2026 06:00:00 GMT', date: 'Mon, 25 May 2026 06:00:30 GMT' }, 0],
  [{ 'retry-after': '120' }, 120_000],
  [{ 'retry-after': 'soon' }, undefined],
  [{ 'retry-after': '-1' }, undefined],
] as const) {
  test(`${JSON.stringify(headers)} asks to wait ${expected} ms`, async () => {
    assert.equal((await failureOf(deliverTo({ status: 503, headers }))).retryAfterMs, expected)
  })
}

test('no secret is left in a masked text', () => {
  const secret = fc
    .string({ minLength: 4, unit: 'grapheme' })
    .filter((text) => text.trim().length >= 4 && !text.includes('*'))
  fc.assert(
    fc.property(secret, fc.string(), fc.string(), (value, before, after) => {
      for (const form of [value, encodeURIComponent(value), JSON.stringify(value)]) {
        assert.ok(!mask(before + form + after, [value]).includes(form))
      }
    }),
  )
})
