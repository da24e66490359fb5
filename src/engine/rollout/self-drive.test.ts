import assert from 'node:assert/strict'
import { test } from 'node:test'
import { planOf } from '../../../test/kit/updates.ts'
import { PHASES, type Phase, type Plan } from '../../domain/update.ts'
import { SILENT } from '../../lib/log.ts'
import { takeLease } from '../../store/leases.ts'
import { openStore } from '../../store/open.ts'
import { insertUpdate, listSteps, movePhase, readUpdate } from '../../store/update-journal.ts'
import type { Seen, Self } from '../../updaters/_self.ts'
import type { Run, Updater } from '../../updaters/_updater.ts'
import type { DriveParts } from './drive.ts'
import { createHolder } from './holder.ts'
import type { OwnUpdates } from './self.ts'
import { carryOwn, helpOut } from './self-drive.ts'
import { writeSelfReport } from './self-report.ts'

const NEVER = new AbortController().signal
const PLAN: Plan = planOf('ship', { gate: { timeoutMs: 5_000, soakMs: 0, probe: undefined } })
const METHODS = ['fetch', 'verify', 'prepare', 'park', 'swap', 'start', 'gate', 'commit', 'rollBack'] as const

interface Given {
  /** Called with every sleep; a clock on which time goes on only by sleeping. */
  readonly slept?: (bench: Bench, ms: number) => Promise<void> | void
  readonly startHelper?: Self['startHelper']
  readonly look?: () => Seen | undefined
  readonly phase?: Phase
}

interface Bench {
  readonly parts: DriveParts
  readonly own: OwnUpdates
  readonly id: string
  /** What was done, in order. */
  readonly done: string[]
  readonly quarantined: unknown[]
  phase(): Promise<Phase>
}

async function bench(given: Given): Promise<Bench & AsyncDisposable> {
  let at = Date.parse('2026-03-01T12:00:00Z')
  const now = (): Date => new Date(at)
  const store = await openStore(':memory:', { now })
  const done: string[] = []
  const errors: unknown[] = []
  const step = (method: string) => async (plan: Plan, run: Run) => {
    await run.act(method, {}, async () => void done.push(method))
    return method === 'fetch' ? plan : undefined
  }
  const updater = {
    name: 'container',
    plan: async () => PLAN,
    observe: async () => ((await it.phase()) === 'verified' ? 'before' : 'after'),
    commands: () => [],
    ...Object.fromEntries(METHODS.map((method) => [method, step(method)])),
  } as unknown as Updater
  const self = {
    nameIn: () => 'ship',
    look: async () => given.look?.(),
    startHelper: async (...args: Parameters<Self['startHelper']>) => {
      done.push('start a helper')
      return (await given.startHelper?.(...args)) ?? 'helper000000'
    },
    async removeHelpers() {
      done.push('remove helpers')
      return true
    },
  } as unknown as Self
  const sleep = async (ms: number): Promise<void> => {
    at += ms
    await given.slept?.(it, ms)
  }
  const parts: DriveParts = {
    ...{ db: store.db, clock: { now, sleep }, log: SILENT, updater: () => updater, changed() {}, onProgress() {} },
    holder: createHolder({ hostname: 'server', pid: 1, instance: 'i', isAlive: () => true }),
    before: async () => {},
    reached: async (_db, _update, error) => void errors.push(error),
  }
  const update = (await insertUpdate(store.db, { plan: PLAN, cause: 'manual', actor: 'operator', now: now() }))!
  const command = (id: string, name: string) => ['node', 'self-update', id, name] as const
  const discover = async (): Promise<void> => {}
  const own = { self, allowed: true, hosts: ['local'], version: '1', discover, command }
  const it: Bench = {
    ...{ parts, own, id: update.id, done, quarantined: errors },
    phase: async () => (await readUpdate(store.db, update.id))!.phase,
  }
  if (given.phase !== undefined) await movePhase(store.db, update.id, { from: 'planned', to: given.phase, now: now() })
  return { ...it, [Symbol.asyncDispose]: () => store[Symbol.asyncDispose]() }
}

/** What a helper elsewhere writes down, one phase for each time that the server sleeps. */
async function moveOn({ parts, id, phase }: Bench): Promise<void> {
  const from = await phase()
  const to = PHASES[PHASES.indexOf(from as 'verified') + 1]
  if (to !== undefined) await movePhase(parts.db, id, { from, to, now: new Date() })
}

test('a server fetches and verifies, leaves the rest to a helper, and touches no container', async () => {
  await using it = await bench({ slept: moveOn })
  assert.equal((await carryOwn(it.parts, it.own, it.id, NEVER)).phase, 'committed')
  const distinct = [...new Set(it.done)]
  assert.deepEqual(distinct, ['fetch', 'verify', 'start a helper', 'remove helpers'])
  const notes = (await listSteps(it.parts.db, it.id)).filter(({ step }) => step === 'hand-over')
  assert.equal(notes[0]!.detail.helper, 'helper000000')
})

test('a helper that cannot be made leaves everything as it is, with the reason', async () => {
  const startHelper = async (): Promise<never> => {
    throw new Error('no space left on device')
  }
  await using it = await bench({ startHelper })
  const update = await carryOwn(it.parts, it.own, it.id, NEVER)
  assert.equal(update.phase, 'rolled-back')
  assert.match(update.error ?? '', /no space left/)
  assert.ok(!it.done.includes('rollBack'))
})

test('a helper that does not begin is removed after a minute and a half', async () => {
  await using it = await bench({})
  const update = await carryOwn(it.parts, it.own, it.id, NEVER)
  assert.equal(update.phase, 'rolled-back')
  assert.match(update.error ?? '', /did not begin within 90 s/)
  assert.ok(it.done.includes('remove helpers'))
})

test('one that has the lease is at work, however long its hook takes', async () => {
  let slept = 0
  const slept10Minutes = async (it: Bench, ms: number): Promise<void> => {
    slept += ms
    const now = it.parts.clock.now()
    const until = new Date(now.getTime() + 60_000)
    if (slept < 600_000)
      await takeLease(it.parts.db, {
        name: `update ${PLAN.workload}`,
        holder: 'helper 1 j',
        now,
        until,
        isDead: () => true,
      })
    else await moveOn(it)
  }
  await using it = await bench({ slept: slept10Minutes, phase: 'verified' })
  assert.equal((await carryOwn(it.parts, it.own, it.id, NEVER)).phase, 'committed')
})

test('a server that comes up while an update of its own is open sees to it that a helper is there, and does nothing itself', async () => {
  await using it = await bench({
    phase: 'started',
    slept: async (it) => void (it.done.length > 3 && (await moveOn(it))),
  })
  assert.equal((await carryOwn(it.parts, it.own, it.id, NEVER)).phase, 'committed')
  // Asked for again and again: whoever makes it finds one that is there.
  assert.ok(it.done.filter((each) => each === 'start a helper').length > 1)
  assert.deepEqual([...new Set(it.done)], ['start a helper', 'remove helpers'])
})

const helping = (it: Bench, ended = async () => void it.done.push('what follows')) =>
  helpOut(it.parts, it.own, { id: it.id, container: 'ship', signal: NEVER, ended })

test('a helper goes on where the server was; the old one goes when the new one has reported', async () => {
  const look = (): Seen => ({ id: 'new', running: true, exitCode: undefined })
  let slept = 0
  const report = async ({ parts, done }: Bench): Promise<void> => {
    slept++
    assert.ok(!done.includes('commit') || done.includes('what follows') || slept > 2)
    if (slept === 2) await writeSelfReport(parts.db, { container: 'new', version: '2', at: '' })
  }
  await using it = await bench({ phase: 'verified', look, slept: report })
  await writeSelfReport(it.parts.db, { container: 'old', version: '1', at: '' })
  assert.equal((await helping(it)).phase, 'committed')
  assert.deepEqual(it.done, [
    ...['prepare', 'park', 'swap', 'start', 'gate', 'commit'],
    ...['what follows', 'remove helpers'],
  ])
})

const SILENCES: readonly [string, Seen | undefined, RegExp][] = [
  ['runs and says nothing', { id: 'new', running: true, exitCode: undefined }, /did not report within 5 s/],
  ['has ended', { id: 'new', running: false, exitCode: 3 }, /ended with exit code 3/],
  ['is gone', undefined, /is gone/],
]
for (const [what, seen, reason] of SILENCES) {
  test(`a new server that ${what} is rolled back and its image put in quarantine`, async () => {
    await using it = await bench({ phase: 'verified', look: () => seen })
    await writeSelfReport(it.parts.db, { container: 'old', version: '1', at: '' })
    const update = await helping(it)
    assert.equal(update.phase, 'rolled-back')
    assert.match(update.error ?? '', reason)
    assert.equal(it.quarantined.filter((error) => (error as Error | undefined)?.name === 'GateError').length, 1)
    assert.ok(!it.done.includes('commit'))
  })
}

test('a helper that is started again after the end only removes itself', async () => {
  await using it = await bench({ phase: 'committed' })
  await helping(it)
  assert.deepEqual(it.done, ['remove helpers'])
})
