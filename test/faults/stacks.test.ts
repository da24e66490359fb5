import assert from 'node:assert/strict'
import { appendFile, readFile } from 'node:fs/promises'
import { after, before, describe, test } from 'node:test'
import { needs } from '../kit/parts/needs.ts'
import { type FaultBench, type Stage, startFaultBench } from './_bench.ts'
import { assertAnswers, assertServes, isGatePoll, isPost, once } from './_outcome.ts'

// Somebody runs docker compose in the middle of an update of one of its services.

const stack = (name: string) => ({
  compose: (reference: string) =>
    `services:\n  web:\n    container_name: ${name}\n    image: ${reference}\n    restart: always\n    network_mode: none\n`,
})

const WHEN: Record<string, (staged: Stage) => Parameters<typeof once>[1]> = {
  'before the pull': () => isPost('/images/create'),
  'before the tag is moved': () => (call) => isPost('/tag?')(call) && !call.path.includes('seaworthy'),
  'before the new one is made': () => isPost('/containers/create'),
  'in the gate': isGatePoll,
}

describe('docker compose', { skip: await needs('docker daemon', 'registry', 'compose') }, () => {
  let bench: FaultBench
  before(async () => {
    bench = await startFaultBench()
  })
  after(() => bench[Symbol.asyncDispose]())

  let count = 0
  for (const [when, at] of Object.entries(WHEN)) {
    test(`F47 docker compose up ${when}: one container serves, and nothing is left over`, async () => {
      const name = `up${count++}`
      await using staged = await bench.stage(name, stack(name))
      once(staged, at(staged), { before: () => staged.compose('up', '--detach') })
      await staged.update()
      await staged.reconcile()
      await assertOneServes(staged)
    })

    test(`F47 docker compose down ${when}: it is down or serves, and nothing is left over`, async () => {
      const name = `down${count++}`
      await using staged = await bench.stage(name, stack(name))
      once(staged, at(staged), { before: () => staged.compose('down', '--timeout', '1') })
      await staged.update()
      const update = await staged.reconcile()
      const containers = await staged.containers()
      const seen = JSON.stringify({ update, containers }, undefined, 1)
      assert.ok(containers.length <= 1, seen)
      if (containers.length === 1) await assertOneServes(staged)
      else assert.notEqual(update.phase, 'committed', seen)
    })
  }

  test('F49 its project is made anew while ours waits in the gate: what compose made serves', async () => {
    const name = `stack${count++}`
    await using staged = await bench.stage(name, { ...stack(name), soak: '4s' })
    once(staged, isGatePoll(staged), { before: () => staged.compose('up', '--detach', '--force-recreate') })
    await staged.update()
    await staged.reconcile()
    await assertOneServes(staged)
  })

  test('F50 the compose file is edited between plan and write: the edit stays, the old one serves, nothing is applied', async () => {
    const name = `edited${count++}`
    await using staged = await bench.stage(name, stack(name))
    const edit = '    environment: { MINE: "1" }\n'
    once(staged, isPost('/images/create'), { after: () => appendFile(staged.file, edit) })
    const { code } = await staged.update()
    assert.notEqual(code, 0)
    await assertServes(staged, await staged.reconcile(), { phase: 'rolled-back' })
    assert.ok((await readFile(staged.file, 'utf8')).endsWith(edit))
  })
})

/** Which version is the person's choice: it was they who ran compose. */
async function assertOneServes(staged: Stage): Promise<void> {
  const containers = await staged.containers()
  const seen = JSON.stringify({ update: staged.lastUpdate(), containers }, undefined, 1)
  assert.deepEqual(
    containers.map(({ name, running }) => [name, running]),
    [[staged.name, true]],
    seen,
  )
  assert.ok(['committed', 'rolled-back'].includes(staged.lastUpdate()!.phase), seen)
  await assertAnswers(staged, `${staged.name} ${containers[0]!.image === staged.oldImage ? 1 : 2}`)
}
