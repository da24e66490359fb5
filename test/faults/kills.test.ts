import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import type { PassingCall } from '../kit/docker-proxy.ts'
import { needs } from '../kit/parts/needs.ts'
import { type FaultBench, type Stage, startFaultBench } from './_bench.ts'
import { assertServes, FORWARD, isGatePoll, isPost, isRemoval, isRename, once } from './_outcome.ts'

// The updater dies, as by `kill -9`, at every call that changes something: right before the engine sees it (the intent is
// written, nothing is done) and right after the engine has done it (it is done, and nobody knows). Then it is started again.

/** Each call on the way back, of a new image that ends at once. */
const BACK: Record<string, (call: PassingCall) => boolean> = {
  'rename of the new away': isRename(/__next_/),
  'rename back': isRename(/^[a-z0-9-]+$/),
  'policy back': isPost('/update'),
  'start of the old': isPost('/start'),
  'removal of the new': isRemoval,
  'tag back': (call) => isPost('/tag?')(call),
}

describe('an updater that is killed', { skip: await needs('docker daemon', 'registry') }, () => {
  let bench: FaultBench
  before(async () => {
    bench = await startFaultBench()
  })
  after(() => bench[Symbol.asyncDispose]())

  let count = 0
  for (const [what, fits] of Object.entries(FORWARD)) {
    for (const moment of ['before', 'after'] as const) {
      test(`${what}, ${moment} it: somebody serves, nothing is left over, the journal is closed`, async () => {
        await using staged = await bench.stage(`forward${count++}`)
        once(staged, fits, { [moment]: async () => die(staged) })
        const { code } = await staged.update()
        assert.equal(code, null, 'it was killed')
        await assertServes(staged, await staged.reconcile())
      })
    }
  }

  /** Steps that only look, and what comes when everything is written down. */
  const LOOKS: Record<string, (staged: Stage) => (call: PassingCall) => boolean> = {
    'F02 verify': (staged) => (call) =>
      call.path.startsWith('/images/sha256:') && staged.proxy.seen.some(isPost('/images/create')),
    'F10 gate poll': isGatePoll,
    'F12 journal commit': (staged) => (call) =>
      call.path.startsWith('/containers/json') && staged.proxy.seen.some(isRemoval),
  }
  for (const [what, fits] of Object.entries(LOOKS)) {
    test(`${what}: somebody serves, nothing is left over, the journal is closed`, async () => {
      await using staged = await bench.stage(`look${count++}`)
      once(staged, fits(staged), { before: async () => die(staged) })
      const { code } = await staged.update()
      assert.equal(code, null, 'it was killed')
      await assertServes(staged, await staged.reconcile())
    })
  }

  for (const [what, fits] of Object.entries(BACK)) {
    for (const moment of ['before', 'after'] as const) {
      test(`F13 on the way back, ${moment} the ${what}: the old one serves, nothing is left over`, async () => {
        await using staged = await bench.stage(`back${count++}`, { cmd: ['/bin/false'] })
        let isBack = false
        staged.proxy.rules = [
          {
            fits(call) {
              // The way back begins with the new one's stop or the return of its name, once it has been started.
              if (isRename(/__next_/)(call) || (startsSeen(staged.proxy.seen) > 0 && isPost('/stop')(call)))
                isBack = true
              return isBack && fits(call)
            },
            [moment]: async () => die(staged),
          },
        ]
        const { code } = await staged.update()
        assert.equal(code, null, 'it was killed')
        const update = await staged.reconcile()
        assert.equal(update.phase, 'rolled-back')
        await assertServes(staged, update)
      })
    }
  }
})

function die(staged: Stage): 'reset' {
  staged.proxy.rules = []
  staged.kill()
  return 'reset'
}

function startsSeen(calls: readonly PassingCall[]): number {
  return calls.filter(isPost('/start')).length
}
