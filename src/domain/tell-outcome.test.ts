import assert from 'node:assert/strict'
import { test } from 'node:test'
import { outcomeEntry, outcomeKey, outcomeText } from './tell-outcome.ts'
import type { Update } from './update.ts'

const update = (more: Partial<Update>): Update =>
  ({
    id: 'u1',
    phase: 'committed',
    cause: 'policy',
    error: undefined,
    commands: [],
    plan: {
      host: 'nas',
      workload: 'docker/nas/web',
      name: 'web',
      from: { reference: 'nginx:1.27', digest: 'sha256:1' },
      to: { reference: 'nginx:1.28', digest: 'sha256:2' },
      platform: 'linux/amd64',
    },
    ...more,
  }) as Update

const ROWS: readonly [Partial<Update>, RegExp | undefined][] = [
  [{}, /^web has been updated\nweb on nas has been updated: nginx:1\.27 → nginx:1\.28\. It is well\.$/],
  [{ cause: 'rollback' }, /taken back to an earlier version/],
  [{ phase: 'rolled-back', error: 'exit code 1' }, /was taken back\n[\s\S]*runs as it did before[\s\S]*exit code 1/],
  [{ phase: 'needs-operator', commands: ['docker start web'] }, /needs a person\n[\s\S]*\n {4}docker start web$/],
  [{ phase: 'gated' }, undefined],
  [{ phase: 'rolling-back' }, undefined],
]
for (const [more, wanted] of ROWS) {
  test(`${more.phase ?? 'committed'}${more.cause === undefined ? '' : `, ${more.cause}`} is told as ${wanted}`, () => {
    const told = outcomeText(update(more))
    if (wanted === undefined) assert.equal(told, undefined)
    else assert.match(`${told!.title}\n${told!.body}`, wanted)
  })
}

test('a failure that repeats itself has the same key, two updates that went well have not', () => {
  const failed = (id: string, error: string) => outcomeKey(update({ id, phase: 'rolled-back', error }))
  assert.equal(failed('u1', 'no disk'), failed('u2', 'no disk'))
  assert.notEqual(failed('u1', 'no disk'), failed('u2', 'exit code 1'))
  assert.notEqual(outcomeKey(update({ id: 'u1' })), outcomeKey(update({ id: 'u2' })))
})

test('the entry names the workload and both images', () => {
  const { workloads, from, digest, image } = outcomeEntry(update({}))
  assert.deepEqual([workloads[0]!.name, from.digest, digest, image.tag], ['web', 'sha256:1', 'sha256:2', '1.28'])
})
