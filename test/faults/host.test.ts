import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { needs } from '../kit/parts/needs.ts'
import { type FaultBench, type Next, startFaultBench } from './_bench.ts'
import { fillerOf } from './_filler.ts'
import { assertAnswers, assertAsks, assertServes, isPost, isRename, once, settled } from './_outcome.ts'
import { TAKEN } from './_taken.ts'

// The host does not give what a container needs. What goes away while the old one still runs leaves it running; what goes
// away between its stop and the start of the new one keeps both from starting, and then the only thing left is to ask.

const shell = (script: string): readonly string[] => ['/bin/sh', '-c', script]
const FORKS = 'i=0; while [ $i -lt 30 ]; do sleep 999 & i=$((i+1)); done; httpd -f -p 8080 -h /www'

describe('a host', { skip: await needs('docker daemon', 'registry') }, () => {
  let bench: FaultBench
  before(async () => {
    bench = await startFaultBench()
  })
  after(() => bench[Symbol.asyncDispose]())

  let count = 0

  for (const [what, make] of Object.entries(TAKEN)) {
    test(`${what} until the new one has failed to start: the old one serves again`, async () => {
      const name = `moment${count++}`
      const taken = await make(bench, name)
      await using staged = await bench.stage(name, { run: taken.run })
      once(staged, isPost('/start'), { before: taken.take, after: taken.giveBack })
      assert.notEqual((await staged.update()).code, 0)
      await assertServes(staged, await staged.reconcile(), { phase: 'rolled-back', error: taken.error })
    })

    test(`${what} and stays so: a person is asked, and what they do closes it`, async () => {
      const name = `good${count++}`
      const taken = await make(bench, name)
      await using staged = await bench.stage(name, { run: taken.run })
      once(staged, isPost('/start'), { before: taken.take })
      assert.notEqual((await staged.update()).code, 0)
      await assertAsks(staged, await staged.reconcile(), { error: taken.error, serves: 'nothing' })
      await taken.giveBack()
      await bench.daemon.docker('start', name)
      await assertServes(staged, await settled(staged), { phase: 'rolled-back' })
    })
  }

  test('F35 the network is removed between stop and start: a person is asked, and their new container closes it', async () => {
    const name = `network${count++}`
    const network = `net-${name}`
    await bench.daemon.docker('network', 'create', network)
    const run = ['--restart', 'always', '--network', network]
    await using staged = await bench.stage(name, { run })
    once(staged, isPost('/start'), { before: () => bench.daemon.docker('network', 'rm', network) })
    assert.notEqual((await staged.update()).code, 0)
    await assertAsks(staged, await staged.reconcile(), { error: /network .*not found/i, serves: 'nothing' })
    // A network that is made again is another one: neither container can be started in it.
    await bench.daemon.docker('network', 'create', network)
    await bench.daemon.docker('rm', ...(await staged.containers()).map(({ id }) => id))
    await bench.daemon.docker('run', '--detach', '--name', name, ...run, staged.oldImage)
    assert.equal((await settled(staged)).phase, 'rolled-back')
    await assertAnswers(staged, `${name} 1`)
  })

  test('F36 the source of a bind is gone before the new one is created: the old one serves on', async () => {
    const name = `bind${count++}`
    const taken = await TAKEN['F36 the source of a bind is gone']!(bench, name)
    await using staged = await bench.stage(name, { run: taken.run })
    await taken.take()
    assert.notEqual((await staged.update()).code, 0)
    assert.equal(staged.proxy.seen.filter(isPost('/stop')).length, 0)
    await assertServes(staged, await staged.reconcile(), { phase: 'rolled-back', error: taken.error })
  })

  test('F35 the named volume cannot be removed while either container has it, and its data stays', async () => {
    const name = `volume${count++}`
    const run = ['--restart', 'always', '--network', 'none', '--volume', `${name}:/data`]
    await using staged = await bench.stage(name, { run })
    await bench.daemon.docker('exec', name, 'touch', '/data/kept')
    once(staged, isPost('/start'), {
      before: () => assert.rejects(bench.daemon.docker('volume', 'rm', '--force', name), /in use/),
    })
    const { code, err } = await staged.update()
    assert.equal(code, 0, err)
    await assertServes(staged, await staged.reconcile(), { phase: 'committed' })
    await bench.daemon.docker('exec', name, 'ls', '/data/kept')
  })

  /** Names that the update needs, and how it ends when somebody else has them. */
  const NAMES: Record<string, { at: Parameters<typeof once>[1]; taken: (name: string, oldId: string) => string }> = {
    'that the new one is created under': {
      at: isPost('/containers/create'),
      taken: (name, oldId) => `${name}__next_${oldId.slice(0, 8)}`,
    },
    'that the old one is parked under': {
      at: isRename(/__prev_/),
      taken: (name, oldId) => `${name}__prev_${oldId.slice(0, 8)}`,
    },
  }
  for (const [what, { at, taken }] of Object.entries(NAMES)) {
    test(`F34 the name ${what} is taken by a foreign container: the old one serves, the foreign one stays`, async () => {
      await using staged = await bench.stage(`name${count++}`)
      const foreign = taken(staged.name, staged.oldId)
      once(staged, at, { before: () => bench.daemon.docker('create', '--name', foreign, staged.oldImage) })
      assert.notEqual((await staged.update()).code, 0)
      const update = await staged.reconcile()
      await bench.daemon.docker('rm', foreign)
      await assertServes(staged, update, { phase: 'rolled-back', error: new RegExp(`has the name "${foreign}"`) })
    })
  }

  test('F34 its own name is taken while it is free for a moment: the old one serves on, and a person is asked', async () => {
    await using staged = await bench.stage(`name${count++}`)
    const foreign = ['create', '--name', staged.name, staged.oldImage]
    once(staged, isRename(new RegExp(`^${staged.name}$`)), { before: () => bench.daemon.docker(...foreign) })
    assert.notEqual((await staged.update()).code, 0)
    const parked = `${staged.name}__prev_${staged.oldId.slice(0, 8)}`
    const serves = { container: parked, version: 1 }
    await assertAsks(staged, await staged.reconcile(), {
      error: /belongs to a container that somebody else made/,
      serves,
    })
    await bench.daemon.docker('rm', staged.name)
    await bench.daemon.docker('rename', parked, staged.name)
    await assertServes(staged, await settled(staged), { phase: 'rolled-back' })
  })

  /** What the new image needs more of than the container may have. */
  const LIMITS: Record<string, Next> = {
    'processes than it may have': {
      cmd: shell(FORKS),
      run: ['--restart', 'always', '--network', 'none', '--pids-limit', '10'],
    },
    'memory than it may have': {
      cmd: shell('busybox tail /dev/zero'),
      run: ['--restart', 'always', '--network', 'none', '--memory', '16m', '--memory-swap', '16m'],
    },
  }
  for (const [what, next] of Object.entries(LIMITS)) {
    test(`F31 the new one needs more ${what}: the old one serves again`, async () => {
      await using staged = await bench.stage(`limit${count++}`, next)
      assert.notEqual((await staged.update()).code, 0)
      await assertServes(staged, await staged.reconcile(), { phase: 'rolled-back' })
    })
  }

  test('F31 the host has no process left when the new one starts: the old one serves again', async () => {
    await using staged = await bench.stage(`limit${count++}`)
    const body = JSON.stringify({
      message: 'fork/exec /usr/bin/containerd-shim-runc-v2: resource temporarily unavailable',
    })
    let isOver = false
    staged.proxy.rules = [
      {
        fits: (call) => !isOver && isPost('/start')(call),
        before: async () => {
          isOver = true
          return { status: 500, body }
        },
      },
    ]
    assert.notEqual((await staged.update()).code, 0)
    await assertServes(staged, await staged.reconcile(), {
      phase: 'rolled-back',
      error: /resource temporarily unavailable/,
    })
  })

  test('F30 the journal cannot be written any more while the old one serves: it serves on', async () => {
    await using staged = await bench.stage(`journal${count++}`, { folderMegabytes: 6 })
    const filler = fillerOf(staged.seaworthy.folder)
    once(staged, isPost('/containers/create'), { before: () => filler.fill() })
    assert.notEqual((await staged.update()).code, 0)
    await assertAnswers(staged, `${staged.name} 1`)
    await filler.free()
    await assertServes(staged, await staged.reconcile())
  })

  test('F30 the journal cannot be written any more when the old one has been stopped: it is taken up when there is room', async () => {
    await using staged = await bench.stage(`journal${count++}`, { folderMegabytes: 6 })
    const filler = fillerOf(staged.seaworthy.folder)
    once(staged, isPost('/stop'), { after: () => filler.fill() })
    assert.notEqual((await staged.update()).code, 0)
    await filler.free()
    await assertServes(staged, await staged.reconcile())
  })
})
