import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { needs } from '../kit/parts/needs.ts'
import { type FaultBench, startFaultBench } from './_bench.ts'
import { fillerOf } from './_filler.ts'
import { assertServes, isPost, isRename, once, settled } from './_outcome.ts'

describe('a host with a small disk', { skip: await needs('docker daemon', 'registry') }, () => {
  let bench: FaultBench
  before(async () => {
    bench = await startFaultBench({ dataMegabytes: 64, args: ['--max-download-attempts=1'] })
  })
  after(() => bench[Symbol.asyncDispose]())

  let count = 0
  /** How much is left, in KiB, at which call. */
  const FULL: Record<string, { at: Parameters<typeof once>[1]; left: number }> = {
    'before the pull': { at: isPost('/images/create'), left: 0 },
    'during the pull': { at: isPost('/images/create'), left: 1500 },
    'at the creation': { at: isPost('/containers/create'), left: 0 },
    'at the rename of the old': { at: isRename(/__prev_/), left: 0 },
    'at the rename of the new': { at: isRename(/^[a-z0-9-]+$/), left: 0 },
  }
  for (const [when, { at, left }] of Object.entries(FULL)) {
    test(`F30 the disk of the engine is full ${when}: the old one serves, and nothing is left over once there is room`, async () => {
      await using staged = await bench.stage(`full${count++}`)
      const filler = fillerOf(`${bench.daemon.folder}/data`)
      once(staged, at, { before: () => filler.fill(left) })
      try {
        assert.notEqual((await staged.update()).code, 0)
        const old = (await staged.containers()).find(({ id }) => id === staged.oldId)
        assert.ok(old?.running, 'the old one runs')
        assert.match(staged.lastUpdate()!.error ?? '', /no space left on device/)
      } finally {
        await filler.free()
      }
      await assertServes(staged, await settled(staged), { phase: 'rolled-back' })
    })
  }
})
