import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import type { PassingCall } from '../kit/docker-proxy.ts'
import { needs } from '../kit/parts/needs.ts'
import { assertServes, type FaultBench, startFaultBench } from './_bench.ts'

// The updater dies, as by `kill -9`, at every call that changes something: right before the engine sees it (the intent is
// written, nothing is done) and right after the engine has done it (it is done, and nobody knows). Then it is started again.

const isPost = (part: string) => (call: PassingCall) => call.method === 'POST' && call.path.includes(part)
const isRename = (to: RegExp) => (call: PassingCall) =>
  call.method === 'POST' && to.test(/\/rename\?name=(.*)$/.exec(call.path)?.[1] ?? '')

/** Each call on the way forward that changes something. */
const FORWARD: Record<string, (call: PassingCall) => boolean> = {
  pull: isPost('/images/create'),
  tag: (call) => isPost('/tag?')(call) && !call.path.includes('seaworthy.internal'),
  create: isPost('/containers/create'),
  'policy update': isPost('/update'),
  'rename of the old': isRename(/__prev_/),
  'rename of the new': isRename(/^[a-z0-9-]+$/),
  stop: isPost('/stop'),
  start: isPost('/start'),
  'keeping the image': (call) => isPost('/tag?')(call) && call.path.includes('seaworthy.internal'),
  'removal of the old': (call) => call.method === 'DELETE' && call.path.startsWith('/containers/'),
}

/** Each call on the way back, of a new image that ends at once. */
const BACK: Record<string, (call: PassingCall) => boolean> = {
  'rename of the new away': isRename(/__next_/),
  'rename back': isRename(/^[a-z0-9-]+$/),
  'policy back': isPost('/update'),
  'start of the old': isPost('/start'),
  'removal of the new': (call) => call.method === 'DELETE' && call.path.startsWith('/containers/'),
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
      test(`${moment} the ${what}: somebody serves, nothing is left over, the journal is closed`, async () => {
        await using staged = await bench.stage(`forward${count++}`)
        const die = async (): Promise<'reset'> => {
          staged.proxy.rules = []
          staged.kill()
          return 'reset'
        }
        staged.proxy.rules = [{ fits, [moment]: die }]
        const { code } = await staged.update()
        assert.equal(code, null, 'it was killed')
        await assertServes(staged, await staged.reconcile())
      })
    }
  }

  for (const [what, fits] of Object.entries(BACK)) {
    for (const moment of ['before', 'after'] as const) {
      test(`on the way back, ${moment} the ${what}: the old one serves, nothing is left over`, async () => {
        await using staged = await bench.stage(`back${count++}`, { cmd: ['/bin/false'] })
        let isBack = false
        const die = async (): Promise<'reset'> => {
          staged.proxy.rules = []
          staged.kill()
          return 'reset'
        }
        staged.proxy.rules = [
          {
            fits(call) {
              // The way back begins with the new one's stop or the return of its name, once it has been started.
              if (isRename(/__next_/)(call) || (startsSeen(staged.proxy.seen) > 0 && isPost('/stop')(call)))
                isBack = true
              return isBack && fits(call)
            },
            [moment]: die,
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

function startsSeen(calls: readonly PassingCall[]): number {
  return calls.filter(isPost('/start')).length
}
