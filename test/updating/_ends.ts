import assert from 'node:assert/strict'
import type { Case, Outcome } from './_case.ts'

interface Found {
  /** Names of the case's containers before and after. */
  readonly names: readonly [before: readonly string[], after: readonly string[]]
  /** Whether the engine has the new image. */
  readonly fetched: boolean
}

/** What holds for every case that ends so, whatever it is about. */
export async function expectEnd({ ends = 'updated' }: Case, bench: Outcome, { names, fetched }: Found): Promise<void> {
  const [before, after] = [bench.before(bench.name), bench.after(bench.name)]
  assert.deepEqual([...names[1]].sort(), [...names[0]].sort(), `containers were left over or lost: ${bench.told}`)
  assert.equal(after.Config.Image, before.Config.Image)
  const isNew = after.Id !== before.Id
  if (ends === 'either') return
  if (ends === 'updated') {
    assert.ok(isNew, `nothing was updated: ${bench.told}`)
    assert.ok(fetched, 'the new image is not on the host')
    assert.equal(await architectures(bench, after.Image), true, 'the new container runs another image')
    assert.equal(resting(after.State.Status), resting(before.State.Status))
    return
  }
  assert.ok(!isNew, 'the container was replaced')
  assert.equal(after.State.Status, before.State.Status)
  assert.deepEqual(after.HostConfig.RestartPolicy, before.HostConfig.RestartPolicy)
  if (ends === 'refused') assert.equal(after.State.StartedAt, before.State.StartedAt, 'the container was stopped')
  else assert.match(bench.told, /"rolled-back"/)
}

/** What never ran and what ended are alike: the new container of one that ended has not run yet. */
function resting(status: string): string {
  return status === 'exited' || status === 'created' ? 'at rest' : status
}

/** Whether an image came with what was pushed: of an index an engine may show another platform's under its digest. */
async function architectures({ api, oldImage, newImage }: Outcome, image: string): Promise<boolean> {
  if (image === newImage.Id) return true
  const { Config } = await api<{ Config: { Labels?: Record<string, string> } }>('GET', `/images/${image}/json`)
  return image !== oldImage.Id && Config.Labels?.['app.version'] === '2'
}
