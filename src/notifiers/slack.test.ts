import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { test } from 'node:test'
import { messageOf, NEW, UPDATE } from '../../test/kit/message.ts'
import { failureOf, send, testNotifier } from '../../test/kit/notifier.ts'
import { startRecorder } from '../../test/kit/recorder.ts'
import slack from './slack.ts'

testNotifier(slack, {
  options: (url) => ({ webhookURL: `${url}/services/T0/B0/s3cretpath` }),
  secrets: ['s3cretpath'],
  sends: {
    method: 'POST',
    path: '/services/T0/B0/s3cretpath',
    headers: { 'content-type': 'application/json', 'user-agent': 'Seaworthy/4.0.0' },
    body: {
      attachments: [
        {
          color: '#0054ca',
          fallback: '',
          author_name: 'Seaworthy',
          text: '<!channel> Docker tag <https://hub.docker.com/r/crazymax/diun|`docker.io/crazymax/diun:1.2.3`>  updated.',
          fields: [
            { title: 'Hostname', value: 'node-1', short: false },
            { title: 'Provider', value: 'file', short: false },
            { title: 'Created', value: 'May 24, 2026 12:34:56 UTC', short: false },
            {
              title: 'Digest',
              value: 'sha256:216e3ae7de4ca8b553eb11ef7abda00651e79e537e85c46108284e5e91673e01',
              short: false,
            },
            { title: 'Platform', value: 'linux/amd64', short: false },
            { title: 'HubLink', value: 'https://hub.docker.com/r/crazymax/diun', short: false },
          ],
          footer: 'Seaworthy 4.0.0',
          ts: 1779688805,
        },
      ],
    },
  },
})

const WEBHOOK = '/services/T0/B0/s3cretpath'

/** What arrives when the body is rendered from this template. */
async function payloadsFor(templateBody: string, { path = WEBHOOK, message = messageOf(UPDATE) } = {}) {
  await using receiver = await startRecorder()
  await send(slack, { webhookURL: `${receiver.url}${path}`, templateBody, renderFields: false }, { message })
  return receiver.seen.map(({ body }) => JSON.parse(body))
}

test('a body that is a Slack payload is sent as the payload', async () => {
  const template = '{"text": "{{ .Meta.Tag }}", "blocks": [{"type": "divider"}]}'
  assert.deepEqual(await payloadsFor(template), [{ text: '1.2.3', blocks: [{ type: 'divider' }] }])
})

test('several images in Slack payloads are posted one by one', async () => {
  const seen = await payloadsFor('{"text": "{{ .Meta.Tag }}"}', { message: messageOf(UPDATE, NEW) })
  assert.deepEqual(seen, [{ text: '1.2.3' }, { text: 'latest' }])
})

for (const [body, path, expected] of [
  ['**New** tag of **x**', WEBHOOK, '*New* tag of *x*'],
  ['`**code**` and ```\n**block**\n```', WEBHOOK, '`**code**` and ```\n**block**\n```'],
  ['2 ** 3 ** 4', WEBHOOK, '2 ** 3 ** 4'],
  ['**New** tag', '/hooks/s3cretpath', '**New** tag'],
  ['{ not JSON', WEBHOOK, '{ not JSON'],
  ['{"other": 1}', WEBHOOK, '{"other": 1}'],
] as const) {
  test(`Slack shows ${JSON.stringify(body)} at ${path} as ${JSON.stringify(expected)}`, async () => {
    const [payload] = await payloadsFor(body, { path })
    assert.equal(payload.attachments[0].text, expected)
  })
}

test('the fields can be left out', async () => {
  const [payload] = await payloadsFor('x')
  assert.equal(payload.attachments[0].fields, undefined)
})

test('an address from a file is read at each send and wins only when the plain one is empty', async () => {
  await using receiver = await startRecorder()
  const folder = await mkdtemp(path.join(tmpdir(), 'seaworthy-'))
  const file = path.join(folder, 'webhook')
  const told = (options: object) => send(slack, { webhookURLFile: file, ...options })
  await writeFile(file, `${receiver.url}/first`)
  await told({ webhookURL: '' })
  await writeFile(file, `${receiver.url}/second`)
  await told({})
  await told({ webhookURL: `${receiver.url}/plain` })
  assert.deepEqual(
    receiver.seen.map((request) => request.path),
    ['/first', '/second', '/plain'],
  )
  await rm(folder, { recursive: true })
  const error = await failureOf(told({}))
  assert.match(error.message, /webhookURLFile cannot be read \(ENOENT\)/)
  assert.equal(error.transient, true)
})

test('the address of the webhook is needed', () => {
  const result = slack.options.safeParse({ webhookURL: '' })
  assert.match(result.error?.message ?? '', /set webhookURL or webhookURLFile/)
})
