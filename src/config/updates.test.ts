import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { UpdateLayer } from '../domain/update-settings.ts'
import { loadText, readText } from './_fixtures.ts'

const COMPOSE = { program: 'docker', timeout: 600_000 }

const SAID: [yaml: string, settings: UpdateLayer][] = [
  ['{}', {}],
  ['{mode: auto, level: patch, keep: 0}', { mode: 'auto', level: 'patch', keep: 0 }],
  ['{windows: "Sat,Sun 22:00-04:00"}', { windows: [{ days: [0, 6], from: 1320, to: 240 }] }],
  [
    '{windows: "Mon 01:00-02:00; 03:00-04:00"}',
    {
      windows: [
        { days: [1], from: 60, to: 120 },
        { days: [], from: 180, to: 240 },
      ],
    },
  ],
  [
    '{windows: ["Mon,Tue 01:00-02:00"], timezone: Asia/Tokyo}',
    { windows: [{ days: [1, 2], from: 60, to: 120 }], timezone: 'Asia/Tokyo' },
  ],
  ['{minimumAge: 2d}', { minimumAgeMs: 172_800_000 }],
  ['{gate: {soak: 0}}', { gate: { soakMs: 0 } }],
  [
    '{gate: {timeout: 90s, probe: "http://:8080/healthz"}}',
    { gate: { timeoutMs: 90_000, probe: { kind: 'http', port: 8080, path: '/healthz' } } },
  ],
  ['{gate: {probe: "exec: ok"}}', { gate: { probe: { kind: 'exec', command: ['/bin/sh', '-c', 'ok'] } } }],
  ['{gate: {}, hooks: {}}', {}],
  [
    '{hooks: {preCheck: {container: a}, postUpdate: {command: b, timeout: 5s}}}',
    {
      hooks: {
        'pre-check': { where: 'container', command: 'a', timeoutMs: 60_000 },
        'post-update': { where: 'command', command: 'b', timeoutMs: 5000 },
      },
    },
  ],
  [
    '{after: "db, cache", pins: ["env:PATH", "label:a.b"]}',
    { after: ['db', 'cache'], pins: ['env:PATH', 'label:a.b'] },
  ],
]

for (const [yaml, settings] of SAID)
  test(`updates: ${yaml} and a policy with the same keys say the same`, () => {
    const { config } = loadText(`updates: ${yaml}`)
    assert.deepEqual(config.updates, {
      paused: false,
      parallel: 1,
      cleanup: true,
      self: false,
      compose: COMPOSE,
      settings,
    })
    const keys = yaml.slice(1, -1)
    const { policies } = loadText(`policies: [{name: p, match: {workloads: "*"}${keys && `, ${keys}`}}]`).config
    assert.deepEqual(policies, [{ name: 'p', match: { workloads: ['*'] }, settings }])
  })

test('what holds for all workloads stands beside the settings', () => {
  const { updates } = loadText('updates: {paused: true, parallel: 3, cleanup: false, self: true}').config
  assert.deepEqual(updates, { paused: true, parallel: 3, cleanup: false, self: true, compose: COMPOSE, settings: {} })
})

test('without a word nothing is done, and there are no policies', () => {
  const { config } = loadText(undefined)
  assert.deepEqual(config.updates.settings, {})
  assert.deepEqual(config.policies, [])
})

test('variables say it too, and those of policies replace the list', () => {
  const { config } = loadText('policies: [{name: old, match: {hosts: a}}]', {
    env: {
      SEAWORTHY_UPDATES_MODE: 'approve',
      SEAWORTHY_UPDATES_WINDOWS: 'Sat,Sun 22:00-04:00',
      SEAWORTHY_UPDATES_HOOKS_PRE_UPDATE_CONTAINER: 'dump',
      SEAWORTHY_POLICIES_NIGHT_NAME: 'night',
      SEAWORTHY_POLICIES_NIGHT_MATCH_WORKLOADS: 'web,db',
      SEAWORTHY_POLICIES_NIGHT_MODE: 'auto',
    },
  })
  assert.equal(config.updates.settings.mode, 'approve')
  assert.deepEqual(config.updates.settings.windows, [{ days: [0, 6], from: 1320, to: 240 }])
  assert.equal(config.updates.settings.hooks?.['pre-update']?.command, 'dump')
  assert.deepEqual(config.policies, [
    { name: 'night', match: { workloads: ['web', 'db'] }, settings: { mode: 'auto' } },
  ])
})

const REFUSED: [yaml: string, line: RegExp][] = [
  ['updates: {mode: automatic}', /:1:11: .*updates\.mode must be one of none, approve, auto/],
  ['updates: {windows: ["Mon 2-3"]}', /updates\.windows\[0\]: "Mon 2-3" is not a window.*; write it as "Mon-Fri/],
  ['updates: {windows: "Mon 25:00-03:00"}', /updates\.windows\[0\]: .*"25:00" is no time of the day/],
  ['updates: {timezone: Berlin}', /updates\.timezone: "Berlin" is not a time zone/],
  ['updates: {gate: {probe: "http://x/"}}', /updates\.gate\.probe: "http:\/\/x\/" is not a probe/],
  ['updates: {gate: {timeout: 0}}', /updates\.gate\.timeout must be longer than nothing/],
  ['updates: {pins: PATH}', /updates\.pins\[0\]: "PATH" is nothing that can be pinned; write env:NAME/],
  ['updates: {parallel: 0}', /updates\.parallel must be 1 or more/],
  ['updates: {keep: -1}', /updates\.keep must be 0 or more/],
  ['updates: {hooks: {preUpdate: {container: a, command: b}}}', /updates\.hooks\.preUpdate needs either/],
  ['updates: {hooks: {preUpdate: {timeout: 1s}}}', /updates\.hooks\.preUpdate needs either/],
  ['updates: {hooks: {preUpate: {container: a}}}', /hooks\.preUpate is not known here.*preUpdate/],
  ['policies: [{name: p, mode: auto}]', /policies\[0\]\.match is missing/],
  ['policies: [{name: p, match: {}, mode: auto}]', /policies\[0\]\.match needs workloads, images or hosts/],
  ['policies: [{match: {hosts: a}}]', /policies\[0\]\.name is missing/],
  [
    'policies: [{name: p, match: {hosts: a}}, {name: p, match: {hosts: b}}]',
    /policies\[1\]\.name: there is a policy "p" already/,
  ],
  ['policies: [{name: p, match: {hosts: a}, parallel: 2}]', /policies\[0\]\.parallel is not known here/],
]

for (const [yaml, line] of REFUSED)
  test(`${yaml} is refused with its place`, () => {
    const { loaded, lines } = readText(yaml)
    assert.equal(loaded, undefined)
    assert.ok(
      lines.some((text) => line.test(text)),
      lines.join('\n'),
    )
  })
