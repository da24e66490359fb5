import assert from 'node:assert/strict'
import { test } from 'node:test'
import { messageOf, NEW, RUNNING, UPDATE } from '../../test/kit/message.ts'
import { DELIVERY, failureOf, open, rendered, send, testNotifier } from '../../test/kit/notifier.ts'
import { startRecorder } from '../../test/kit/recorder.ts'
import webhook from './webhook.ts'

testNotifier(webhook, {
  options: (url) => ({ endpoint: `${url}/hook?key=s3cret-key`, method: 'put', headers: { 'X-Token': 's3cret' } }),
  secrets: ['s3cret', 's3cret-key'],
  accepts: [200, 204],
  sends: {
    method: 'PUT',
    path: '/hook?key=s3cret-key',
    headers: { 'x-token': 's3cret', 'user-agent': 'Seaworthy/4.0.0', 'x-seaworthy-delivery': DELIVERY },
    body: {
      diun_version: '4.0.0',
      hostname: 'node-1',
      status: 'update',
      provider: 'file',
      image: 'docker.io/crazymax/diun:1.2.3',
      hub_link: 'https://hub.docker.com/r/crazymax/diun',
      mime_type: 'application/vnd.docker.distribution.manifest.list.v2+json',
      digest: 'sha256:216e3ae7de4ca8b553eb11ef7abda00651e79e537e85c46108284e5e91673e01',
      created: '2026-05-24T12:34:56Z',
      platform: 'linux/amd64',
      metadata: { owner: 'ops', ticket: 'DIUN-123' },
    },
  },
})

test('the document goes along with the default GET, without a content type', async () => {
  await using receiver = await startRecorder()
  await send(webhook, { endpoint: receiver.url })
  const [request] = receiver.seen
  assert.equal(request!.method, 'GET')
  assert.equal(request!.headers['content-type'], undefined)
  assert.equal(JSON.parse(request!.body).status, 'update')
})

test('a user agent among the headers wins', async () => {
  await using receiver = await startRecorder()
  await send(webhook, { endpoint: receiver.url, headers: { 'User-Agent': 'Diun' } })
  assert.equal(receiver.seen[0]!.headers['user-agent'], 'Diun')
})

test('a body of the user is sent as it is rendered', async () => {
  await using receiver = await startRecorder()
  const templateBody = '[{"labels": {"tag": "{{ .Meta.Tag }}"}, "startsAt": "{{ .Meta.Created }}"}]'
  await send(webhook, { endpoint: receiver.url, method: 'POST', templateBody })
  assert.equal(receiver.seen[0]!.body, '[{"labels": {"tag": "1.2.3"}, "startsAt": "2026-05-24T12:34:56Z"}]')
})

test('several images in JSON lists become one list', async () => {
  await using receiver = await startRecorder()
  const templateBody = '[{"tag": "{{ .Meta.Tag }}"}]'
  await send(webhook, { endpoint: receiver.url, templateBody }, { message: messageOf(UPDATE, NEW) })
  assert.equal(receiver.seen[0]!.body, '[{"tag":"1.2.3"},{"tag":"latest"}]')
})

test('each image of several is a document of its own, and one that arrived is not sent again', async () => {
  let isBusy = true
  await using receiver = await startRecorder(({ body }) => ({
    status: isBusy && body.includes('"status":"new"') ? 503 : 200,
  }))
  const options = { endpoint: receiver.url, method: 'POST' }
  await using channel = open(webhook, options)
  const message = rendered(webhook, options, messageOf(UPDATE, NEW, RUNNING))
  const { signal } = new AbortController()
  assert.equal((await failureOf(channel.send(message, signal))).transient, true)
  isBusy = false
  await channel.send(message, signal)
  const ids = receiver.seen.map(({ headers }) => headers['x-seaworthy-delivery'])
  assert.deepEqual(
    ids,
    [1, 2, 3, 2].map((number) => `${DELIVERY}.${number}`),
  )
})

test('the headers are secrets', () => {
  const { headers } = webhook.options.parse({ endpoint: 'http://x', headers: { Authorization: 'Bearer s3cret' } })
  assert.equal(JSON.stringify(headers), '{"Authorization":"***"}')
})

for (const [templateBody, expected] of [
  ['[{"endsAt": "{{ .Meta.Created }}"}]', 1],
  ['[{"startsAt": "{{ .Meta.Created }}"}]', 0],
] as const) {
  test(`${expected === 1 ? 'a warning' : 'nothing'} is said of alerts with ${templateBody}`, () => {
    const warnings: string[] = []
    const log = {
      error() {},
      warn: (_: object, text: string) => warnings.push(text),
      info() {},
      debug() {},
      child: () => log,
    }
    open(webhook, { endpoint: 'http://am:9093/api/v2/alerts', templateBody }, { log })
    assert.equal(warnings.length, expected)
  })
}
