import assert from 'node:assert/strict'
import { test } from 'node:test'
import { messageOf, NEW, UPDATE } from '../../test/kit/message.ts'
import { failureOf, send, testNotifier } from '../../test/kit/notifier.ts'
import { startRecorder } from '../../test/kit/recorder.ts'
import discord from './discord.ts'

testNotifier(discord, {
  options: (url) => ({ webhookURL: `${url}/api/webhooks/42/s3cretpath`, mentions: ['<@123>', '<@456>'] }),
  secrets: ['s3cretpath'],
  accepts: [204, 200],
  sends: {
    method: 'POST',
    path: '/api/webhooks/42/s3cretpath',
    headers: { 'content-type': 'application/json', 'user-agent': 'Seaworthy/4.0.0' },
    body: {
      content:
        '<@123> <@456> Docker tag [**docker.io/crazymax/diun:1.2.3**](https://hub.docker.com/r/crazymax/diun) which you ' +
        'subscribed to through file provider has been updated on docker.io registry (triggered by node-1 host).',
      username: 'Seaworthy',
      embeds: [
        {
          author: { name: 'Seaworthy' },
          footer: { text: 'Seaworthy 4.0.0', icon_url: '' },
          image: { url: '' },
          thumbnail: { url: '' },
          fields: [
            { name: 'Hostname', value: 'node-1' },
            { name: 'Provider', value: 'file' },
            { name: 'Created', value: 'May 24, 2026 12:34:56 UTC' },
            { name: 'Digest', value: 'sha256:216e3ae7de4ca8b553eb11ef7abda00651e79e537e85c46108284e5e91673e01' },
            { name: 'Platform', value: 'linux/amd64' },
            { name: 'HubLink', value: 'https://hub.docker.com/r/crazymax/diun' },
          ],
        },
      ],
    },
  },
})

async function payloadFor(options: object, message = messageOf(UPDATE)) {
  await using receiver = await startRecorder(() => ({ status: 204 }))
  await send(discord, { webhookURL: `${receiver.url}/hook`, ...options }, { message })
  return JSON.parse(receiver.seen[0]!.body)
}

test('the box and its fields can be left out', async () => {
  assert.equal((await payloadFor({ renderEmbeds: false })).embeds, null)
  assert.equal((await payloadFor({ renderFields: false })).embeds[0].fields, undefined)
})

test('an image without time and link has fewer fields', async () => {
  const { embeds } = await payloadFor({}, messageOf(NEW))
  assert.deepEqual(
    embeds[0].fields.map(({ name }: { name: string }) => name),
    ['Hostname', 'Provider', 'Digest', 'Platform'],
  )
})

test('a text that is longer than Discord takes is cut', async () => {
  const { content } = await payloadFor({ templateBody: 'x'.repeat(3000), mentions: '@here' })
  assert.equal(content, `@here ${'x'.repeat(1993)}…`)
})

for (const [where, headers, body, expected] of [
  ['the header, with a fraction', { 'retry-after': '0.25' }, '{"retry_after": 9}', 250],
  ['the body', {}, '{"retry_after": 0.5}', 500],
  ['the header about the limit', { 'x-ratelimit-reset-after': '0.75' }, '{}', 750],
  ['nowhere', {}, 'slow down', undefined],
] as const) {
  test(`how long to wait is read from ${where}`, async () => {
    await using receiver = await startRecorder(() => ({ status: 429, headers, body }))
    const error = await failureOf(send(discord, { webhookURL: receiver.url }))
    assert.equal(error.retryAfterMs, expected)
  })
}
