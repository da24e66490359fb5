import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import type { PassingCall } from '../kit/docker-proxy.ts'
import { needs } from '../kit/parts/needs.ts'
import { type FaultBench, startFaultBench } from './_bench.ts'
import {
  assertAsks,
  assertServes,
  FORWARD,
  isChange,
  isPost,
  isRemoval,
  isRename,
  liveUntilDeath,
  once,
  settled,
} from './_outcome.ts'

// Single calls to the engine go wrong: they hang, their answer is lost, or what stands before the engine forbids them.

const HOLD_MS = 20_000
/** Longer than the program waits for an answer. */
const TOO_LONG_MS = 65_000
const PATIENT = { timeout: 4 * TOO_LONG_MS }
const at = (kind: string): ((call: PassingCall) => boolean) => FORWARD[kind]!

describe('calls to the engine', { skip: await needs('docker daemon', 'registry') }, () => {
  let bench: FaultBench
  before(async () => {
    bench = await startFaultBench()
  })
  after(() => bench[Symbol.asyncDispose]())

  let count = 0
  for (const [kind, fits] of Object.entries(FORWARD)) {
    const step = kind.slice(4)
    test(`F14 killed twice at the same step (${step}): somebody serves, nothing is left over`, async () => {
      await using staged = await bench.stage(`twice${count++}`)
      const die = async (): Promise<'reset'> => {
        staged.kill()
        return 'reset'
      }
      once(staged, fits, { after: die })
      assert.equal((await staged.update()).code, null, 'it was killed')
      // Whatever it does first when it is there again: the same once more, or the first step of the way back.
      let isDead = false
      once(staged, isChange, {
        before: async () => {
          isDead = true
          return await die()
        },
      })
      await liveUntilDeath(staged)
      // Where nothing was left to change, it had done everything before it died.
      assert.ok(isDead || staged.lastUpdate()!.phase === 'committed')
      await assertServes(staged, await staged.reconcile())
    })
  }

  for (const kind of [
    'F03 create',
    'F04 policy update',
    'F06 rename of the old',
    'F07 rename of the new',
    'F05 stop',
    'F09 start',
    'F11 removal of the old',
  ]) {
    test(`F20 the answer to the ${kind.slice(4)} is lost: the step is begun again, and all is well`, async () => {
      await using staged = await bench.stage(`lost${count++}`)
      once(staged, at(kind), { after: async () => 'reset' })
      const { code, err } = await staged.update()
      assert.equal(code, 0, err)
      await assertServes(staged, await staged.reconcile(), { phase: 'committed' })
    })
  }

  for (const moment of ['before', 'after'] as const) {
    test(`F20 a connection to a second network is lost, ${moment} it is made: the new one is in both`, async () => {
      const networks = [`first${count}`, `second${count}`] as const
      for (const network of networks) await bench.daemon.docker('network', 'create', network)
      await using staged = await bench.stage(`lost${count++}`, {
        run: ['--restart', 'always', '--network', networks[0]],
      })
      await bench.daemon.docker('network', 'connect', networks[1], staged.name)
      once(staged, isPost('/connect'), { [moment]: async () => 'reset' })
      const { code, err } = await staged.update()
      assert.equal(code, 0, err)
      await assertServes(staged, await staged.reconcile(), { phase: 'committed' })
      const format = '{{range $name, $_ := .NetworkSettings.Networks}}{{$name}} {{end}}'
      const joined = await bench.daemon.docker('inspect', '--format', format, staged.name)
      assert.deepEqual(joined.trim().split(' ').sort(), [...networks])
    })
  }

  /** What a socket proxy forbids, and what is to be allowed then. */
  const FORBIDDEN: Record<string, { fits: (call: PassingCall) => boolean; allow: RegExp }> = {
    pull: { fits: isPost('/images/create'), allow: /IMAGES=1, POST=1/ },
    tag: { fits: isPost('/tag?'), allow: /IMAGES=1, POST=1/ },
    create: { fits: isPost('/containers/create'), allow: /CONTAINERS=1, POST=1/ },
    'policy update': { fits: isPost('/update'), allow: /CONTAINERS=1, POST=1/ },
    rename: { fits: isRename(/./), allow: /CONTAINERS=1, POST=1/ },
    stop: { fits: isPost('/stop'), allow: /CONTAINERS=1, POST=1/ },
  }
  for (const [what, { fits, allow }] of Object.entries(FORBIDDEN)) {
    test(`F21 a socket proxy forbids the ${what}: the old one serves on, and the message says what to allow`, async () => {
      await using staged = await bench.stage(`forbidden${count++}`)
      staged.proxy.rules = [{ fits, before: async () => ({ status: 403, body: '<html>403 Forbidden</html>' }) }]
      const { code, out, err } = await staged.update()
      assert.notEqual(code, 0)
      assert.match(out + err, allow)
      await assertServes(staged, await staged.reconcile(), { phase: 'rolled-back', error: allow })
    })
  }

  test('F21 a socket proxy forbids networks: a container of one network needs none of them', async () => {
    await using staged = await bench.stage(`forbidden${count++}`)
    staged.proxy.rules = [forbid((call) => call.path.startsWith('/networks'))]
    const { code, err } = await staged.update()
    assert.equal(code, 0, err)
    await assertServes(staged, await staged.reconcile(), { phase: 'committed' })
  })

  test('F21 a socket proxy forbids networks: a container of two networks stays as it is, and the message says so', async () => {
    const networks = [`one${count}`, `two${count}`] as const
    for (const network of networks) await bench.daemon.docker('network', 'create', network)
    await using staged = await bench.stage(`forbidden${count++}`, {
      run: ['--restart', 'always', '--network', networks[0]],
    })
    await bench.daemon.docker('network', 'connect', networks[1], staged.name)
    staged.proxy.rules = [forbid((call) => call.path.startsWith('/networks'))]
    const { code, out, err } = await staged.update()
    assert.notEqual(code, 0)
    assert.match(out + err, /NETWORKS=1, POST=1/)
    await assertServes(staged, await staged.reconcile(), { phase: 'rolled-back', error: /NETWORKS=1, POST=1/ })
  })

  test('F21 a socket proxy forbids removing: the old one serves, a person is asked, and once allowed nothing is left over', async () => {
    await using staged = await bench.stage(`forbidden${count++}`)
    staged.proxy.rules = [forbid(isRemoval)]
    assert.notEqual((await staged.update()).code, 0)
    const asked = staged.lastUpdate()!
    await assertAsks(staged, asked, { error: /CONTAINERS=1, POST=1/, serves: { container: staged.name, version: 1 } })
    staged.proxy.rules = []
    await assertServes(staged, await settled(staged), { phase: 'rolled-back' })
  })

  // These only wait, so they wait together.
  describe('that hang', { concurrency: true }, () => {
    for (const kind of ['F03 create', 'F07 rename of the new', 'F05 stop', 'F09 start', 'F11 removal of the old']) {
      test(`F19 the ${kind.slice(4)} is answered late: the update waits for it`, async () => {
        await using staged = await bench.stage(`late${count++}`)
        once(staged, at(kind), { before: () => wait(HOLD_MS) })
        const { code, err } = await staged.update()
        assert.equal(code, 0, err)
        await assertServes(staged, await staged.reconcile(), { phase: 'committed' })
      })
    }
    for (const moment of ['before', 'after'] as const) {
      test(
        `F19 the rename of the old is answered too late, ${moment} it is done: it is looked at again`,
        PATIENT,
        async () => {
          await using staged = await bench.stage(`toolate${count++}`)
          once(staged, at('F06 rename of the old'), { [moment]: () => wait(TOO_LONG_MS) })
          const { code, err } = await staged.update()
          assert.equal(code, 0, err)
          await assertServes(staged, await staged.reconcile(), { phase: 'committed' })
        },
      )
    }
  })
})

function forbid(fits: (call: PassingCall) => boolean) {
  return { fits, before: async () => ({ status: 403, body: '<html>403 Forbidden</html>' }) }
}
