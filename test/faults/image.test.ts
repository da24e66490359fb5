import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { needs } from '../kit/parts/needs.ts'
import { type FaultBench, type Next, startFaultBench } from './_bench.ts'
import { assertAnswers, assertServes, isChange, type Outcome } from './_outcome.ts'

// What images and containers do by themselves. Minutes of the real thing are seconds here: what counts is on which side
// of the gate's end they come.

const SERVE = 'httpd -p 8080 -h /www'
const shell = (script: string): readonly string[] => ['/bin/sh', '-c', script]
const ONCE = ['--restart', 'no', '--network', 'none']
const LONG_SOAK = { soak: '4s' }
const check = (script: string, more: object = {}) => ({
  Healthcheck: { Test: ['CMD-SHELL', script], Interval: 500_000_000, Retries: 2, ...more },
})

interface Row extends Outcome {
  readonly what: string
  readonly next: Next
}

const ROWS: readonly Row[] = [
  {
    what: 'F39 a new one that ends at once with 0 goes back',
    next: { cmd: ['/bin/true'], run: ONCE },
    ...{ phase: 'rolled-back', restart: 'no', error: /exit code 0|ended/i },
  },
  {
    what: 'F39 a new one that ends at once with 0 under restart=always goes back',
    next: { cmd: ['/bin/true'] },
    ...{ phase: 'rolled-back', error: /restart|ended/i },
  },
  {
    what: 'F40 a new one that ends at once with 1 under restart=always goes back',
    next: { cmd: ['/bin/false'] },
    ...{ phase: 'rolled-back', error: /restart|ended|exit code 1/i },
  },
  {
    what: 'F40 a new one whose program is not there goes back',
    next: { cmd: ['/no/such/program'] },
    ...{ phase: 'rolled-back', error: /no such file or directory|not found/i },
  },
  {
    what: 'F41 a new one that crashes within the soak goes back',
    next: { cmd: shell(`${SERVE}; sleep 2; exit 3`), ...LONG_SOAK },
    ...{ phase: 'rolled-back', error: /exit code 3|restart|ended/i },
  },
  {
    what: 'F41 a new one without a policy that crashes within the soak goes back',
    next: { cmd: shell(`${SERVE}; sleep 2; exit 3`), run: ONCE, ...LONG_SOAK },
    ...{ phase: 'rolled-back', restart: 'no', error: /exit code 3/i },
  },
  {
    what: 'F42 a new one that is healthy first and unhealthy within the soak goes back',
    next: {
      cmd: shell(`${SERVE}; sleep 2; touch /sick; wait; sleep 999`),
      config: check('test ! -e /sick'),
      ...LONG_SOAK,
    },
    ...{ phase: 'rolled-back', error: /unhealthy/i },
  },
  {
    what: 'F42 a new one that is never healthy goes back',
    next: { cmd: shell(`${SERVE}; sleep 999`), config: check('false') },
    ...{ phase: 'rolled-back', error: /unhealthy/i },
  },
  {
    what: 'F43 a new one that ignores SIGTERM and is unhealthy is stopped all the same',
    next: {
      cmd: shell(`trap "" TERM; ${SERVE}; while :; do sleep 1; done`),
      config: check('false'),
      run: ['--restart', 'always', '--network', 'none', '--stop-timeout', '1'],
    },
    ...{ phase: 'rolled-back', error: /unhealthy/i },
  },
  {
    what: 'F44 an old one that ignores SIGTERM is killed after its stop timeout',
    next: {
      old: { cmd: shell(`trap "" TERM; ${SERVE}; while :; do sleep 1; done`) },
      run: ['--restart', 'always', '--network', 'none', '--stop-timeout', '1'],
    },
    phase: 'committed',
  },
]

describe('an image', { skip: await needs('docker daemon', 'registry') }, () => {
  let bench: FaultBench
  before(async () => {
    bench = await startFaultBench()
  })
  after(() => bench[Symbol.asyncDispose]())

  for (const [index, { what, next, ...outcome }] of ROWS.entries()) {
    test(what, async () => {
      await using staged = await bench.stage(`image${index}`, next)
      const { code, err } = await staged.update()
      assert.equal(code === 0, outcome.phase === 'committed', err)
      await assertServes(staged, await staged.reconcile(), outcome)
    })
  }

  test('F42 a new one that is unhealthy when the gate has been passed stays: nobody waits for ever', async () => {
    const next = { cmd: shell(`${SERVE}; sleep 6; touch /sick; sleep 999`), config: check('test ! -e /sick') }
    await using staged = await bench.stage('imagelate', next)
    const { code, err } = await staged.update()
    assert.equal(code, 0, err)
    await assertServes(staged, await staged.reconcile(), { phase: 'committed' })
  })

  test('F45 a container that is removed when it stops is refused, and nothing about it is changed', async () => {
    await using staged = await bench.stage('imageremove', { run: ['--rm', '--network', 'none'] })
    const { code, out, err } = await staged.update()
    assert.notEqual(code, 0)
    assert.match(out + err, /--rm/)
    assert.deepEqual(staged.proxy.seen.filter(isChange), [])
    assert.equal(staged.lastUpdate(), undefined)
    assert.deepEqual(
      (await staged.containers()).map(({ id }) => id),
      [staged.oldId],
    )
    await assertAnswers(staged, 'imageremove 1')
  })

  test('F46 a paused one is paused again with the new image, once it has been well', async () => {
    await using staged = await bench.stage('imagepaused')
    await bench.daemon.docker('pause', staged.name)
    const { code, err } = await staged.update()
    assert.equal(code, 0, err)
    await assertServes(staged, await staged.reconcile(), { phase: 'committed', isPaused: true })
    await bench.daemon.docker('unpause', staged.name)
    await assertAnswers(staged, 'imagepaused 2')
  })

  test('F46 a paused one whose new image is bad is paused as before', async () => {
    await using staged = await bench.stage('imagepausedbad', { cmd: ['/bin/false'] })
    await bench.daemon.docker('pause', staged.name)
    assert.notEqual((await staged.update()).code, 0)
    await assertServes(staged, await staged.reconcile(), { phase: 'rolled-back', isPaused: true })
    await bench.daemon.docker('unpause', staged.name)
    await assertAnswers(staged, 'imagepausedbad 1')
  })
})
