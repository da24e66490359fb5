import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseImageReference } from './image-reference.ts'
import { effectiveSettings, isMatched, type PolicyMatch, type UpdatePolicy } from './update-policy.ts'
import { DEFAULT_UPDATE_SETTINGS, type UpdateLayer } from './update-settings.ts'

const WEB = { host: 'nas', name: 'web-1', reference: parseImageReference('nginx:1.27') }

const MATCHES: [match: PolicyMatch, isIt: boolean][] = [
  [{}, false],
  [{ workloads: ['*'] }, true],
  [{ workloads: ['db', 'web-*'] }, true],
  [{ workloads: ['nas/web-1'] }, true],
  [{ workloads: ['other/*'] }, false],
  [{ workloads: [] }, false],
  [{ images: ['nginx'] }, true],
  [{ images: ['docker.io/library/*'] }, true],
  [{ images: ['nginx:1.27'] }, false],
  [{ images: ['ghcr.io/*'] }, false],
  [{ hosts: ['nas'] }, true],
  [{ hosts: ['nas'], images: ['redis'] }, false],
  [{ hosts: ['n*'], images: ['ngin?'], workloads: ['web-[0-9]'] }, true],
]

for (const [match, isIt] of MATCHES)
  test(`a policy for ${JSON.stringify(match)} is ${isIt ? '' : 'not '}about nas/web-1 with nginx`, () => {
    assert.equal(isMatched(match, WEB), isIt)
  })

test('a policy for images is not about a workload of which no image name is known', () => {
  assert.equal(isMatched({ images: ['*'] }, { host: 'nas', name: 'x' }), false)
})

const POLICIES: UpdatePolicy[] = [
  { name: 'all', match: { workloads: ['*'] }, settings: { mode: 'approve', keep: 2, gate: { timeoutMs: 5 } } },
  { name: 'db', match: { images: ['postgres'] }, settings: { mode: 'none' } },
  { name: 'web', match: { workloads: ['web-*'] }, settings: { mode: 'auto', hooks: { 'pre-update': hook('policy') } } },
]

test('labels win over later policies, these over earlier ones, over updates, over the defaults', () => {
  const base: UpdateLayer = {
    mode: 'none',
    level: 'patch',
    keep: 9,
    gate: { soakMs: 1, timeoutMs: 1 },
    hooks: { 'pre-update': hook('base'), 'pre-check': hook('base') },
  }
  const update: UpdateLayer = { minimumAgeMs: 7, gate: { probe: { kind: 'tcp', port: 1 } }, after: ['db'] }
  const { settings, origins } = effectiveSettings({ base, policies: POLICIES, workload: { ...WEB, update } })
  assert.deepEqual(settings, {
    ...DEFAULT_UPDATE_SETTINGS,
    mode: 'auto',
    level: 'patch',
    keep: 2,
    minimumAgeMs: 7,
    after: ['db'],
    gate: { timeoutMs: 5, soakMs: 1, probe: { kind: 'tcp', port: 1 } },
    hooks: { 'pre-update': hook('policy'), 'pre-check': hook('base') },
  })
  assert.deepEqual(origins, {
    mode: 'policy "web"',
    level: 'updates',
    windows: 'default',
    timezone: 'default',
    minimumAgeMs: 'label "seaworthy.update_minimum_age"',
    gate: 'updates, policy "all", label "seaworthy.gate_probe"',
    hooks: 'policy "web", updates',
    keep: 'policy "all"',
    after: 'label "seaworthy.update_after"',
    pins: 'default',
  })
})

test('where nobody says anything, nothing is done', () => {
  const { settings, origins } = effectiveSettings({ base: {}, policies: POLICIES.slice(1, 2), workload: WEB })
  assert.equal(settings.mode, 'none')
  assert.deepEqual(new Set(Object.values(origins)), new Set(['default']))
})

function hook(command: string) {
  return { where: 'command' as const, command, timeoutMs: 1 }
}
