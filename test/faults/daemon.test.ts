import assert from 'node:assert/strict'
import { rm, stat, truncate } from 'node:fs/promises'
import path from 'node:path'
import { after, afterEach, before, describe, test } from 'node:test'
import { needs } from '../kit/parts/needs.ts'
import { endEverything } from '../kit/parts/power-loss.ts'
import { type FaultBench, type Stage, startFaultBench } from './_bench.ts'
import { assertAnswers, assertServes, FORWARD, isGatePoll, isPost, once, settled } from './_outcome.ts'

// The engine itself goes away in the middle of an update and comes back, with or without the updater.

const AT: Record<string, (staged: Stage) => Parameters<typeof once>[1]> = {
  'at the creation': () => FORWARD['F03 create']!,
  'when the old one is parked': () => FORWARD['F07 rename of the new']!,
  'between stop and start': () => FORWARD['F09 start']!,
  'in the gate': isGatePoll,
  'at the removal of the old': () => FORWARD['F11 removal of the old']!,
}

describe('an engine that goes away', { skip: await needs('docker daemon', 'registry') }, () => {
  let bench: FaultBench
  before(async () => {
    bench = await startFaultBench()
  })
  // A fault that did not end as it should must not be taken for the next one's.
  afterEach(() => bench.daemon.docker('version').catch(() => bench.daemon.start()))
  after(() => bench[Symbol.asyncDispose]())

  let count = 0

  for (const [kind, fits] of Object.entries(FORWARD)) {
    test(`F15 the power fails at the ${kind.slice(4)}, and half of the journal is lost: somebody serves`, async () => {
      await using staged = await bench.stage(`power${count++}`)
      let lost: Promise<void> | undefined
      once(staged, fits, {
        after: async () => {
          staged.kill()
          lost = endEverything(bench.daemon)
          return 'reset'
        },
      })
      assert.equal((await staged.update()).code, null, 'it was killed')
      await lost
      await cutInHalf(path.join(staged.seaworthy.folder, 'diun.db-wal'))
      await rm(path.join(staged.seaworthy.folder, 'diun.db-shm'), { force: true })
      await bench.daemon.start()
      // The journal is synced before every step, so what is lost here is more than a power failure takes.
      if (staged.lastUpdate() !== undefined) return await assertServes(staged, await settled(staged))
      await assertAnswers(staged, `${staged.name} 1`)
    })
  }

  for (const [when, fits] of Object.entries(AT)) {
    test(`F16 it is restarted ${when}: the update goes on when it is back`, async () => {
      await using staged = await bench.stage(`restarted${count++}`)
      let restarted: Promise<void> | undefined
      once(staged, fits(staged), {
        before: async () => {
          restarted = restart(bench)
          return 'reset'
        },
      })
      const { code, err } = await staged.update()
      await restarted
      assert.equal(code, 0, err)
      await assertServes(staged, await staged.reconcile(), { phase: 'committed' })
    })
  }

  for (const moment of ['before', 'after'] as const) {
    test(`F17 it is killed while the new one starts, ${moment} that is done: somebody serves`, async () => {
      await using staged = await bench.stage(`killed${count++}`)
      let started: Promise<void> | undefined
      once(staged, isPost('/start'), {
        [moment]: async () => {
          await bench.daemon.kill()
          started = bench.daemon.start()
          return 'reset'
        },
      })
      await staged.update()
      await started
      await assertServes(staged, await staged.reconcile())
    })
  }

  for (const when of ['when the old one is parked', 'between stop and start', 'in the gate']) {
    test(`F18 it is restarted ${when} and nobody is there: the old one does not come up beside the new`, async () => {
      await using staged = await bench.stage(`parked${count++}`)
      once(staged, AT[when]!(staged), {
        before: async () => {
          staged.kill()
          return 'reset'
        },
      })
      assert.equal((await staged.update()).code, null, 'it was killed')
      await restart(bench)
      const running = (await staged.containers()).filter(({ running }) => running)
      assert.ok(running.length <= 1, JSON.stringify(running))
      await assertServes(staged, await staged.reconcile())
    })
  }
})

describe('an engine that keeps containers alive while it is away', {
  skip: await needs('docker daemon', 'registry'),
}, () => {
  let bench: FaultBench
  before(async () => {
    bench = await startFaultBench({ args: ['--live-restore'] })
  })
  // A fault that did not end as it should must not be taken for the next one's.
  afterEach(() => bench.daemon.docker('version').catch(() => bench.daemon.start()))
  after(() => bench[Symbol.asyncDispose]())

  let count = 0
  for (const [when, fits] of Object.entries(AT)) {
    for (const way of ['restarted', 'killed'] as const) {
      test(`F22 it is ${way} ${when}: the update goes on when it is back`, async () => {
        await using staged = await bench.stage(`live${count++}`)
        let back: Promise<void> | undefined
        once(staged, fits(staged), {
          before: async () => {
            if (way === 'killed') await bench.daemon.kill()
            back = way === 'killed' ? bench.daemon.start() : restart(bench)
            return 'reset'
          },
        })
        const { code, err } = await staged.update()
        await back
        assert.equal(code, 0, err)
        await assertServes(staged, await staged.reconcile(), { phase: 'committed' })
      })
    }
  }
})

async function restart({ daemon }: FaultBench): Promise<void> {
  await daemon.stop()
  await daemon.start()
}

async function cutInHalf(file: string): Promise<void> {
  await truncate(file, Math.floor((await stat(file)).size / 2))
}
