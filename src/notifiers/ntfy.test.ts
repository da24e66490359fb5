import assert from 'node:assert/strict'
import { test } from 'node:test'
import { messageOf, NEW, RUNNING, UPDATE } from '../../test/kit/message.ts'
import { send, testNotifier } from '../../test/kit/notifier.ts'
import { startRecorder } from '../../test/kit/recorder.ts'
import ntfy from './ntfy.ts'

testNotifier(ntfy, {
  options: (url) => ({
    endpoint: url,
    topic: 'updates',
    token: 's3cret',
    icon: 'https://example.com/icon.png',
    click: 'https://dock.example.com/compose/{{ .Entry.Metadata.owner }}',
  }),
  secrets: ['s3cret'],
  sends: {
    method: 'POST',
    path: '/',
    headers: { 'content-type': 'application/json', authorization: 'Bearer s3cret' },
    body: {
      topic: 'updates',
      message:
        'Docker tag [**docker.io/crazymax/diun:1.2.3**](https://hub.docker.com/r/crazymax/diun) which you subscribed to ' +
        'through file provider has been updated on docker.io registry (triggered by node-1 host).',
      title: 'docker.io/crazymax/diun:1.2.3 has been updated',
      priority: 3,
      tags: ['package'],
      icon: 'https://example.com/icon.png',
      click: 'https://dock.example.com/compose/ops',
      markdown: true,
    },
  },
})

async function payloadFor(options: object, message = messageOf(UPDATE)) {
  await using receiver = await startRecorder()
  await send(ntfy, { endpoint: receiver.url, topic: 'updates', ...options }, { message })
  assert.equal(receiver.seen[0]!.headers.authorization, undefined)
  return JSON.parse(receiver.seen[0]!.body)
}

test('a message without icon, link and token says nothing of them', async () => {
  const payload = await payloadFor({})
  assert.deepEqual(Object.keys(payload), ['topic', 'message', 'title', 'priority', 'tags', 'markdown'])
})

test('tags may be given as one text with commas', async () => {
  assert.deepEqual((await payloadFor({ tags: 'whale, rocket' })).tags, ['whale', 'rocket'])
})

test('several images are told of as a list', async () => {
  const { title, message } = await payloadFor({}, messageOf(RUNNING, NEW))
  assert.equal(title, '2 images have updates')
  assert.equal(
    message,
    '- [**docker.io/crazymax/diun:1.2.3**](https://hub.docker.com/r/crazymax/diun) has been updated, 1.3.0 is out too ' +
      '(runs in web, db on nas; api)\n- **ghcr.io/some_one/my_app:latest** is available',
  )
})
