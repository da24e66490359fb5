import assert from 'node:assert/strict'
import { test } from 'node:test'
import { NEW, RUNNING, TELLER, UPDATE } from '../../test/kit/message.ts'
import type { Entry } from '../domain/message.ts'
import { diunJson, metadataOf } from './_diun-json.ts'
import { goTime, rfc3339 } from './_entry-text.ts'

test('the document has the keys of Diun in their order, and the escapes of Go', () => {
  const entry: Entry = { ...NEW, hubLink: 'https://x/?a=1&b=<2>', metadata: { z: '1', a: '\u2028' } }
  assert.equal(
    diunJson(entry, TELLER),
    '{"diun_version":"4.0.0","hostname":"node-1","status":"new","provider":"file",' +
      '"image":"ghcr.io/some_one/my_app:latest","hub_link":"https://x/?a=1\\u0026b=\\u003c2\\u003e",' +
      '"mime_type":"application/vnd.docker.distribution.manifest.list.v2+json",' +
      '"digest":"sha256:216e3ae7de4ca8b553eb11ef7abda00651e79e537e85c46108284e5e91673e01",' +
      '"created":null,"platform":"linux/amd64","metadata":{"a":"\\u2028","z":"1"}}',
  )
})

for (const [what, entry, expected] of [
  ['is null when there is nothing to say', NEW, null],
  ['stays as it is when there is nothing to add', UPDATE, { owner: 'ops', ticket: 'DIUN-123' }],
  ['is empty when it was empty', { ...NEW, metadata: {} }, {}],
  [
    'names all containers, the newer tag and what ran before',
    RUNNING,
    {
      ctn_names: 'web,db,api',
      level: 'minor',
      newer_tag: '1.3.0',
      previous_digest: 'sha256:0000',
      previous_tag: '1.2.3',
      reason: 'The tag points to another digest.',
    },
  ],
  [
    'keeps what the user wrote under our keys',
    { ...UPDATE, level: 'minor', reason: 'ours', metadata: { level: '11', reason: 'theirs' } },
    { level: '11', reason: 'theirs' },
  ],
] as const) {
  test(`the metadata ${what}`, () => assert.deepEqual(metadataOf(entry), expected))
}

for (const [iso, json, go] of [
  ['2020-03-26T12:23:56Z', '2020-03-26T12:23:56Z', '2020-03-26 12:23:56 +0000 UTC'],
  ['2020-03-26T12:23:56.120000000Z', '2020-03-26T12:23:56.12Z', '2020-03-26 12:23:56.12 +0000 UTC'],
  ['2020-03-26T12:23:56.123456789Z', '2020-03-26T12:23:56.123456789Z', '2020-03-26 12:23:56.123456789 +0000 UTC'],
  ['2020-03-26T12:23:56.000Z', '2020-03-26T12:23:56Z', '2020-03-26 12:23:56 +0000 UTC'],
  ['2020-03-26T12:23:56+00:00', '2020-03-26T12:23:56Z', '2020-03-26 12:23:56 +0000 UTC'],
  ['2020-03-26T12:23:56+02:00', '2020-03-26T12:23:56+02:00', '2020-03-26 10:23:56 +0000 UTC'],
  ['yesterday', null, '<nil>'],
  [null, null, '<nil>'],
] as const) {
  test(`the time ${iso} is ${json} in JSON and ${go} in text`, () => {
    assert.equal(rfc3339(iso), json)
    assert.equal(goTime(iso), go)
  })
}
