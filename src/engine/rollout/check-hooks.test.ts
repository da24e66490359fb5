import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Failure } from '../../domain/failure.ts'
import type { Workload } from '../../domain/workload.ts'
import { createCheckHooks } from './check-hooks.ts'
import type { HookOutcome } from './hooks.ts'

const ended = (exitCode: number): HookOutcome => ({
  outcome: exitCode === 0 ? 'ok' : exitCode === 75 ? 'not-now' : 'failed',
  exitCode,
  output: '',
})
const HOOKS: Record<string, () => Promise<HookOutcome | undefined>> = {
  none: async () => undefined,
  fine: async () => ended(0),
  busy: async () => ended(75),
  broken: async () => ended(3),
  gone: async () => Promise.reject(new Failure('unavailable', 'The container does not run.')),
}
const workloads = Object.keys(HOOKS).map((name) => ({ id: name, name })) as unknown as Workload[]

test('a hook before a check leaves out its own workload only, with the reason', async () => {
  const left = await createCheckHooks((_, { name }) => HOOKS[name]!()).before(workloads)
  assert.deepEqual([...left.keys()].sort(), ['broken', 'busy', 'gone'])
  assert.match(left.get('busy')!, /not now/)
  assert.match(left.get('broken')!, /exit code 3/)
  assert.match(left.get('gone')!, /does not run/)
})

test('what a hook after a check does spoils nothing', async () => {
  const asked: string[] = []
  await createCheckHooks((point, { name }) => {
    asked.push(`${point} ${name}`)
    return HOOKS[name]!()
  }).after(workloads)
  assert.equal(asked.length, workloads.length)
})
