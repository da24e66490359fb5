import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { after, before, describe, test } from 'node:test'
import { needs } from '../kit/parts/needs.ts'
import { seaworthyWith } from '../kit/seaworthy.ts'
import { type FaultBench, type Stage, startFaultBench } from './_bench.ts'
import { assertAnswers, assertServes, FORWARD, isGatePoll, once } from './_outcome.ts'

// Another updater is at work on the same container: another process of ours, one with a database of its own, or a program
// that stops, removes and makes anew.

const AT: Record<string, (staged: Stage) => Parameters<typeof once>[1]> = {
  'when the new one is made': () => FORWARD['F03 create']!,
  'when the old one is parked': () => FORWARD['F07 rename of the new']!,
  'in the gate': isGatePoll,
}

describe('two updaters', { skip: await needs('docker daemon', 'registry') }, () => {
  let bench: FaultBench
  before(async () => {
    bench = await startFaultBench()
  })
  after(() => bench[Symbol.asyncDispose]())

  let count = 0

  test('F48 two of our processes begin at once on one database: one does it, the other one follows or is refused', async () => {
    await using staged = await bench.stage(`both${count++}`)
    const ends = await Promise.all([staged.update(), staged.update()])
    assert.ok(
      ends.some(({ code }) => code === 0),
      JSON.stringify(ends),
    )
    await assertServes(staged, await staged.reconcile(), { phase: 'committed' })
    assert.equal(staged.proxy.seen.filter(FORWARD['F03 create']!).length, 1)
  })

  for (const [when, at] of Object.entries(AT)) {
    test(`F48 a second process begins on the same database ${when}: it leaves the first one alone`, async () => {
      await using staged = await bench.stage(`second${count++}`)
      let second: Promise<unknown> | undefined
      once(staged, at(staged), {
        before: async () => {
          second = staged.update()
        },
      })
      const { code, err } = await staged.update()
      assert.equal(code, 0, err)
      await second
      await assertServes(staged, await staged.reconcile(), { phase: 'committed' })
      assert.equal(staged.proxy.seen.filter(FORWARD['F03 create']!).length, 1)
    })

    test(`F48 a process with a database of its own updates the same container ${when}: one container serves`, async () => {
      await using staged = await bench.stage(`apart${count++}`)
      await using other = await seaworthyWith(
        await readFile(path.join(staged.seaworthy.folder, 'seaworthy.yml'), 'utf8'),
      )
      assert.equal((await other.run(['check', '--image', staged.reference, '--json'])).code, 0)
      once(staged, at(staged), { before: () => other.run(['update', staged.name]) })
      await staged.update()
      const update = await staged.reconcile()
      const containers = await staged.containers()
      const seen = JSON.stringify({ update, containers }, undefined, 1)
      assert.equal(containers.filter(({ running }) => running).length, 1, seen)
      const [serving] = containers.filter(({ running }) => running)
      await assertAnswers(staged, `${staged.name} ${serving!.image === staged.oldImage ? 1 : 2}`, serving!.id)
      if (update.phase !== 'needs-operator')
        assert.deepEqual(
          containers.map(({ name }) => name),
          [staged.name],
          seen,
        )
    })

    test(`F48 a program that stops, removes and makes anew comes ${when}: what it made is left alone`, async () => {
      await using staged = await bench.stage(`rival${count++}`)
      once(staged, at(staged), { before: () => recreate(staged) })
      await staged.update()
      await staged.reconcile()
      const named = (await staged.containers()).find(({ name }) => name === staged.name)
      assert.ok(named?.running, JSON.stringify(await staged.containers()))
      await assertAnswers(staged, `${staged.name} 2`)
    })
  }

  test('F49 its stack is deployed again while ours waits in the gate: what the stack made is left alone', async () => {
    await using staged = await bench.stage(`stack${count++}`, { soak: '4s' })
    once(staged, isGatePoll(staged), { before: () => recreate(staged) })
    assert.notEqual((await staged.update()).code, 0)
    await staged.reconcile()
    const containers = await staged.containers()
    assert.ok(containers.find(({ name }) => name === staged.name)?.running, JSON.stringify(containers))
    await assertAnswers(staged, `${staged.name} 2`)
  })
})

/** What Watchtower does: by the name, whatever container has it now. */
async function recreate({ daemon, name, reference }: Stage): Promise<void> {
  await daemon.docker('pull', '--quiet', reference)
  await daemon.docker('rm', '--force', name).catch(() => undefined)
  const own = ['--restart', 'always', '--network', 'none', '--stop-timeout', '5']
  await daemon.docker('run', '--detach', '--name', name, ...own, reference)
}
