import assert from 'node:assert/strict'
import { test } from 'node:test'
import { describeError, Failure } from './failure.ts'
import { readLabels } from './labels.ts'
import { UPDATE_NAMES } from './update-labels.ts'
import type { UpdateLayer } from './update-settings.ts'
import { DEFAULT_SETTINGS } from './workload.ts'

const OPTIONS = {
  watchByDefault: true,
  checkRegex: () => undefined,
  parseDuration: (text: string) => ({ '3d': 259_200_000, '90s': 90_000, '0': 0 })[text],
}

function read(labels: Record<string, string>): UpdateLayer {
  return readLabels(labels, DEFAULT_SETTINGS, OPTIONS).update
}

const inContainer = (command: string, timeoutMs = 60_000) => ({ where: 'container' as const, command, timeoutMs })

const GIVEN: [labels: Record<string, string>, update: UpdateLayer][] = [
  [{}, {}],
  [{ 'seaworthy.update': 'auto' }, { mode: 'auto' }],
  // Diun has no such label.
  [{ 'diun.update': 'auto' }, {}],
  [{ 'seaworthy.enable': 'false', 'seaworthy.update': 'auto' }, {}],
  [{ 'seaworthy.update_level': 'patch' }, { level: 'patch' }],
  [
    { 'seaworthy.update_window': 'Mon 02:00-03:00; 04:00-05:00' },
    {
      windows: [
        { days: [1], from: 120, to: 180 },
        { days: [], from: 240, to: 300 },
      ],
    },
  ],
  // At any time, whatever the config says.
  [{ 'seaworthy.update_window': '' }, { windows: [] }],
  [{ 'seaworthy.update_timezone': 'Asia/Tokyo' }, { timezone: 'Asia/Tokyo' }],
  [{ 'seaworthy.update_minimum_age': '3d' }, { minimumAgeMs: 259_200_000 }],
  [{ 'seaworthy.update_keep': '0' }, { keep: 0 }],
  [{ 'seaworthy.update_after': 'db, cache' }, { after: ['db', 'cache'] }],
  [{ 'seaworthy.update_pin': 'env:PATH,label:a.b' }, { pins: ['env:PATH', 'label:a.b'] }],
  [{ 'seaworthy.gate_timeout': '90s', 'seaworthy.gate_soak': '0' }, { gate: { timeoutMs: 90_000, soakMs: 0 } }],
  [{ 'seaworthy.gate_probe': 'tcp://:1' }, { gate: { probe: { kind: 'tcp', port: 1 } } }],
  [{ 'seaworthy.hook_pre_check': 'a' }, { hooks: { 'pre-check': inContainer('a') } }],
  [
    { 'seaworthy.hook_post_check': 'a', 'seaworthy.hook_pre_update': 'b', 'seaworthy.hook_post_update': 'c' },
    { hooks: { 'post-check': inContainer('a'), 'pre-update': inContainer('b'), 'post-update': inContainer('c') } },
  ],
  [
    { 'seaworthy.hook_pre_update': 'b', 'seaworthy.hook_timeout': '90s' },
    { hooks: { 'pre-update': inContainer('b', 90_000) } },
  ],
  // There is no way to name the machine that Seaworthy runs on.
  [{ 'seaworthy.hook_pre_update': 'command: rm' }, { hooks: { 'pre-update': inContainer('command: rm') } }],
]

for (const [labels, update] of GIVEN)
  test(`${JSON.stringify(labels)} says ${JSON.stringify(update)} about updates`, () => {
    assert.deepEqual(read(labels), update)
  })

test('every label about updates is read', () => {
  const used = new Set(GIVEN.flatMap(([labels]) => Object.keys(labels)))
  assert.deepEqual(
    UPDATE_NAMES.filter((name) => !used.has(`seaworthy.${name}`)),
    [],
  )
})

const REFUSED: [labels: Record<string, string>, message: RegExp][] = [
  [{ 'seaworthy.update': 'automatic' }, /label "seaworthy\.update": unknown mode "automatic".*Known: none/],
  [{ 'seaworthy.update': 'true' }, /unknown mode "true"/],
  [{ 'seaworthy.update_level': 'majr' }, /label "seaworthy\.update_level".*"majr".*did you mean "major"/],
  [{ 'seaworthy.update_window': 'Mon 2-3' }, /label "seaworthy\.update_window": "Mon 2-3" is not a window/],
  [{ 'seaworthy.update_timezone': 'Berlin' }, /label "seaworthy\.update_timezone": "Berlin" is not a time zone/],
  [{ 'seaworthy.update_minimum_age': '3' }, /label "seaworthy\.update_minimum_age": "3"/],
  [{ 'seaworthy.update_keep': '-1' }, /label "seaworthy\.update_keep": "-1"/],
  [{ 'seaworthy.update_pin': 'PATH' }, /label "seaworthy\.update_pin": "PATH".*env:NAME/],
  [{ 'seaworthy.gate_timeout': '0' }, /label "seaworthy\.gate_timeout": "0" leaves no time/],
  [{ 'seaworthy.gate_probe': 'http://x' }, /label "seaworthy\.gate_probe": "http:\/\/x"/],
  [{ 'seaworthy.hook_pre_update': ' ' }, /label "seaworthy\.hook_pre_update": it is empty/],
  [{ 'seaworthy.hook_timeout': 'soon' }, /label "seaworthy\.hook_timeout": "soon"/],
  [{ 'seaworthy.updte': 'auto' }, /Did you mean seaworthy\.update\?/],
]

for (const [labels, message] of REFUSED)
  test(`${JSON.stringify(labels)} is refused by name and value`, () => {
    assert.throws(
      () => read(labels),
      (error) => error instanceof Failure && message.test(describeError(error)),
    )
  })
