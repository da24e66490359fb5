import assert from 'node:assert/strict'
import { test } from 'node:test'
import { messageOf, NEW, RUNNING } from '../../test/kit/message.ts'
import { send, testNotifier } from '../../test/kit/notifier.ts'
import { startRecorder } from '../../test/kit/recorder.ts'
import alertmanager from './alertmanager.ts'

testNotifier(alertmanager, {
  options: (url) => ({ endpoint: `${url}/am/`, token: 's3cret', labels: { team: 'ops', alertname: 'ignored' } }),
  secrets: ['s3cret'],
  sends: {
    method: 'POST',
    path: '/am/api/v2/alerts',
    headers: { 'content-type': 'application/json', authorization: 'Bearer s3cret' },
    body: [
      {
        labels: {
          team: 'ops',
          alertname: 'ContainerImageUpdate',
          image: 'docker.io/crazymax/diun:1.2.3',
          provider: 'file',
          severity: 'info',
        },
        annotations: {
          summary: 'docker.io/crazymax/diun:1.2.3 has been updated',
          new_tag: '1.2.3',
          digest: 'sha256:216e3ae7de4ca8b553eb11ef7abda00651e79e537e85c46108284e5e91673e01',
          platform: 'linux/amd64',
          update_command: 'docker pull docker.io/crazymax/diun:1.2.3',
        },
        startsAt: '2026-05-25T06:00:00.000Z',
        endsAt: '2026-05-26T06:00:05.000Z',
        generatorURL: 'https://hub.docker.com/r/crazymax/diun',
      },
    ],
  },
})

async function requestFor(options: object, message = messageOf(RUNNING)) {
  await using receiver = await startRecorder()
  await send(alertmanager, { endpoint: receiver.url, ...options }, { message })
  return { headers: receiver.seen[0]!.headers, alerts: JSON.parse(receiver.seen[0]!.body) }
}

test('a name and a password win over a token', async () => {
  const { headers } = await requestFor({ username: 'ops', password: 'pw', token: 'x' })
  assert.equal(headers.authorization, `Basic ${btoa('ops:pw')}`)
})

test('the end can be left to the Alertmanager', async () => {
  const { alerts } = await requestFor({ resolveAfter: 0, severity: 'warning' })
  assert.equal('endsAt' in alerts[0], false)
  assert.equal(alerts[0].labels.severity, 'warning')
})

test('the containers, the newer tag and what ran before are annotations', async () => {
  const { alerts } = await requestFor({})
  const { containers, current_tag, new_tag, level, description } = alerts[0].annotations
  assert.deepEqual(
    { containers, current_tag, new_tag, level, description },
    {
      containers: 'web, db, api',
      current_tag: '1.2.3',
      new_tag: '1.3.0',
      level: 'minor',
      description: 'The tag points to another digest.',
    },
  )
})

test('several images are several alerts of one request', async () => {
  const { alerts } = await requestFor({}, messageOf(RUNNING, NEW))
  assert.deepEqual(
    alerts.map(({ annotations }: { annotations: { summary: string } }) => annotations.summary),
    ['docker.io/crazymax/diun:1.2.3 has been updated', 'ghcr.io/some_one/my_app:latest is available'],
  )
})
