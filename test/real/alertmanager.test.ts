import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import alertmanager from '../../src/notifiers/alertmanager.ts'
import webhook from '../../src/notifiers/webhook.ts'
import { messageOf, NEW, RUNNING } from '../kit/message.ts'
import { send } from '../kit/notifier.ts'
import { startAlertmanager } from '../kit/parts/alertmanager.ts'
import { needs } from '../kit/parts/needs.ts'

describe('a real Alertmanager', { skip: await needs('alertmanager') }, () => {
  test('shows an alert per image as active', async () => {
    await using server = await startAlertmanager()
    // The kit's message is of a fixed day: its alerts end far in the future.
    const options = { endpoint: server.url, labels: { team: 'ops' }, resolveAfter: '2000w' }
    await send(alertmanager, options, { message: messageOf(RUNNING, NEW) })
    const alerts = (await server.alerts()).toSorted((a, b) => (a.labels.image! < b.labels.image! ? -1 : 1))
    assert.deepEqual(
      alerts.map(({ status, labels }) => [status.state, labels]),
      ['docker.io/crazymax/diun:1.2.3', 'ghcr.io/some_one/my_app:latest'].map((image, index) => [
        'active',
        {
          alertname: 'ContainerImageUpdate',
          image,
          provider: index === 0 ? 'docker' : 'file',
          severity: 'info',
          team: 'ops',
        },
      ]),
    )
    assert.equal(alerts[0]!.annotations.containers, 'web, db, api')
  })

  test('decides itself when an alert without an end is over', async () => {
    await using server = await startAlertmanager()
    await send(alertmanager, { endpoint: server.url, resolveAfter: '0s' })
    const [alert] = await server.alerts()
    assert.equal(alert!.status.state, 'active')
  })

  test('takes alerts that a webhook template wrote', async () => {
    await using server = await startAlertmanager()
    const templateBody =
      '[{"labels": {"alertname": "Update", "image": "{{ .Entry.Image }}"}, "startsAt": "{{ .Meta.Created }}"}]'
    const headers = { 'Content-Type': 'application/json' }
    const options = { endpoint: `${server.url}/api/v2/alerts`, method: 'POST', headers, templateBody }
    await send(webhook, options, { message: messageOf(RUNNING, NEW) })
    assert.equal((await server.alerts()).length, 2)
  })
})
