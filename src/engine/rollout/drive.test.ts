import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Failure } from '../../domain/failure.ts'
import { PHASES, type Phase, type Plan } from '../../domain/update.ts'
import { AwayError, GateError } from '../../domain/update-failures.ts'
import { DEFAULT_UPDATE_SETTINGS } from '../../domain/update-settings.ts'
import { SILENT } from '../../lib/log.ts'
import { latestEvents } from '../../store/events.ts'
import { takeLease } from '../../store/leases.ts'
import { openStore } from '../../store/open.ts'
import { insertUpdate, listSteps, readUpdate } from '../../store/update-journal.ts'
import type { Updater } from '../../updaters/_updater.ts'
import { type DriveParts, driveUpdate } from './drive.ts'
import { createHolder } from './holder.ts'
import { settle } from './resume.ts'

const METHODS = ['fetch', 'verify', 'prepare', 'park', 'swap', 'start', 'gate', 'commit'] as const
type Method = (typeof METHODS)[number] | 'rollBack' | 'plan'

const PLAN: Plan = {
  updater: 'fake',
  host: 'here',
  workload: 'docker/here/web',
  name: 'web',
  from: { reference: 'app:1', imageId: 'sha256:old' },
  to: { reference: 'app:2', digest: 'sha256:new' },
  platform: 'linux/amd64',
  containers: [{ id: 'c1', name: 'web', role: 'workload' }],
  changes: [],
  notes: [],
  gate: DEFAULT_UPDATE_SETTINGS.gate,
  pins: [],
  data: {},
}

const now = (): Date => new Date()
const NEVER = new AbortController().signal

/** An updater that writes down what it is asked to do, and fails where told. */
function fakeUpdater(fail: Partial<Record<Method, (nth: number) => unknown>> = {}) {
  const asked: string[] = []
  const step = (method: Method) => async (plan: Plan, run: { act: Parameters<Updater['park']>[1]['act'] }) => {
    asked.push(method)
    const nth = asked.filter((each) => each === method).length
    await run.act(method, {}, async () => {
      const error = await fail[method]?.(nth)
      if (error !== undefined) throw error
    })
    return plan
  }
  const updater = {
    name: 'fake',
    plan: async () => {
      const error = fail.plan?.(1)
      if (error !== undefined) throw error
      return PLAN
    },
    ...Object.fromEntries([...METHODS, 'rollBack' as const].map((method) => [method, step(method)])),
    observe: async () => 'before',
    commands: () => ['docker start web'],
  } as unknown as Updater
  return { asked, updater }
}

async function bench(fake: ReturnType<typeof fakeUpdater>, isAlive: (pid: number) => boolean = () => true) {
  const store = await openStore(':memory:', { now })
  const quarantined: string[] = []
  const parts: DriveParts = {
    db: store.db,
    clock: { now, sleep: async () => {} },
    log: SILENT,
    holder: createHolder({ hostname: 'here', pid: 7, instance: 'this', isAlive }),
    updater: () => fake.updater,
    changed() {},
    onProgress() {},
    before: async () => {},
    reached: async (_db, { plan }, error) => {
      if (error instanceof GateError) quarantined.push(plan.to.digest!)
    },
  }
  const update = await insertUpdate(store.db, { plan: PLAN, cause: 'manual', actor: 'operator', now: now() })
  return { store, parts, quarantined, id: update!.id, [Symbol.asyncDispose]: () => store[Symbol.asyncDispose]() }
}

test('an update goes through its phases in order, each with an event and its intents before its deeds', async () => {
  const fake = fakeUpdater()
  await using it = await bench(fake)
  const update = await driveUpdate(it.parts, it.id, NEVER)
  assert.equal(update.phase, 'committed')
  assert.deepEqual(fake.asked, [...METHODS])
  const events = (await latestEvents(it.store.db, { most: 50 })).toReversed()
  assert.deepEqual(
    events.map(({ data }) => data.phase),
    PHASES.slice(1),
  )
  assert.equal(events.at(-1)!.kind, 'update.committed')
  const steps = await listSteps(it.store.db, it.id)
  assert.deepEqual(
    steps.map(({ step, kind }) => `${step} ${kind}`),
    METHODS.flatMap((method) => [`${method} intent`, `${method} done`]),
  )
})

for (const method of METHODS) {
  test(`a failure of ${method} ends with the old one back, and its reason`, async () => {
    const fake = fakeUpdater({ [method]: () => new Failure('conflict', `no ${method}`) })
    await using it = await bench(fake)
    const update = await driveUpdate(it.parts, it.id, NEVER)
    assert.equal(update.phase, 'rolled-back')
    assert.match(update.error ?? '', new RegExp(`no ${method}`))
    // Before anything but an image has come there is nothing to put back.
    assert.equal(fake.asked.at(-1), method === 'fetch' ? 'fetch' : 'rollBack')
    assert.deepEqual(it.quarantined, [])
  })
}

test('only an image that failed its gate is put in quarantine', async () => {
  await using it = await bench(fakeUpdater({ gate: () => new GateError('exit code 1') }))
  assert.equal((await driveUpdate(it.parts, it.id, NEVER)).phase, 'rolled-back')
  assert.deepEqual(it.quarantined, ['sha256:new'])
})

test('what can be taken neither forward nor back asks a person, with the commands to run', async () => {
  const fake = fakeUpdater({ start: () => new Error('port taken'), rollBack: () => new Error('old one gone') })
  await using it = await bench(fake)
  const update = await driveUpdate(it.parts, it.id, NEVER)
  assert.equal(update.phase, 'needs-operator')
  assert.match(update.error ?? '', /port taken.*old one gone/)
  assert.deepEqual((await readUpdate(it.store.db, it.id))!.commands, ['docker start web'])
})

test('an engine that is away is waited for, and the step begun again', async () => {
  const away = (nth: number) => (nth < 3 ? new AwayError('away', undefined) : undefined)
  const fake = fakeUpdater({ swap: away })
  await using it = await bench(fake)
  assert.equal((await driveUpdate(it.parts, it.id, NEVER)).phase, 'committed')
  assert.equal(fake.asked.filter((method) => method === 'swap').length, 3)
})

test('stopped in the middle it stays where it is, for the next start', async () => {
  const stop = new AbortController()
  const fake = fakeUpdater({
    park: () => {
      stop.abort(new Error('the program ends'))
      return new Error('cut off')
    },
  })
  await using it = await bench(fake)
  await assert.rejects(driveUpdate(it.parts, it.id, stop.signal))
  assert.equal((await readUpdate(it.store.db, it.id))!.phase, 'prepared')
})

test('of two processes only one drives an update, and one that lost its lease does nothing more', async () => {
  const fake = fakeUpdater()
  await using it = await bench(fake)
  const lease = {
    name: `update ${PLAN.workload}`,
    now: now(),
    until: new Date(Date.now() + 60_000),
    isDead: () => false,
  }
  await takeLease(it.store.db, { ...lease, holder: 'elsewhere 1 x' })
  await assert.rejects(driveUpdate(it.parts, it.id, NEVER), /Another process is at work/)
  assert.deepEqual(fake.asked, [])

  await using other = await bench(
    fakeUpdater({
      park: async () => {
        await takeLease(other.store.db, { ...lease, holder: 'elsewhere 1 x', isDead: () => true })
      },
    }),
  )
  await assert.rejects(driveUpdate(other.parts, other.id, NEVER), /taken over/)
  assert.equal((await readUpdate(other.store.db, other.id))!.phase, 'prepared')
})

test('the lease of a process that died is taken at once, that of a living one is not', async () => {
  for (const [isAlive, phase] of [
    [false, 'committed'],
    [true, undefined],
  ] as const) {
    await using it = await bench(fakeUpdater(), () => isAlive)
    const until = new Date(Date.now() + 60_000)
    await takeLease(it.store.db, {
      name: `update ${PLAN.workload}`,
      holder: 'here 99 other',
      now: now(),
      until,
      isDead: () => false,
    })
    const driven = driveUpdate(it.parts, it.id, NEVER)
    if (phase === undefined) await assert.rejects(driven, /Another process/)
    else assert.equal((await driven).phase, phase)
  }
})

const SETTLED: readonly [Phase, string, Phase, boolean][] = [
  ['fetched', 'before', 'fetched', true],
  ['started', 'before', 'rolling-back', true],
  ['started', 'after', 'started', true],
  ['needs-operator', 'between', 'needs-operator', false],
  ['needs-operator', 'before', 'rolled-back', false],
]
for (const [phase, standing, becomes, goesOn] of SETTLED) {
  test(`cut off when ${phase} with "${standing}" on the host: it is ${becomes}${goesOn ? ' and goes on' : ''}`, async () => {
    const fake = fakeUpdater()
    await using it = await bench(fake)
    await it.store.db.updateTable('update').set({ phase }).execute()
    const updater = { ...fake.updater, observe: async () => standing } as unknown as Updater
    const open = (await readUpdate(it.store.db, it.id))!
    assert.equal(await settle({ ...it.parts, updater: () => updater }, open, NEVER), goesOn)
    assert.equal((await readUpdate(it.store.db, it.id))!.phase, becomes)
  })
}

test('while nothing serves, what asked for a person goes back again after a while, and says so once', async () => {
  let isFree = false
  const fake = fakeUpdater({
    start: () => new Error('unwell'),
    rollBack: () => (isFree ? undefined : new Error('port taken')),
  })
  await using it = await bench(fake)
  const updater = { ...fake.updater, observe: async () => 'between' } as unknown as Updater
  const parts = { ...it.parts, updater: () => updater }
  await driveUpdate(parts, it.id, NEVER)
  assert.equal(await settle(parts, (await readUpdate(it.store.db, it.id))!, NEVER), false)
  const past = new Date(Date.now() - 3_600_000).toISOString()
  for (const phase of ['needs-operator', 'rolled-back']) {
    await it.store.db.updateTable('update').set({ changed_at: past }).execute()
    assert.equal(await settle(parts, (await readUpdate(it.store.db, it.id))!, NEVER), true)
    const { phase: reached, error } = await driveUpdate(parts, it.id, NEVER)
    assert.equal(reached, phase)
    assert.equal(error, 'unwell Then, going back: port taken')
    isFree = true
  }
})

test('a workload has one open update', async () => {
  await using it = await bench(fakeUpdater())
  const again = { plan: PLAN, cause: 'manual', actor: 'operator', now: now() } as const
  assert.equal(await insertUpdate(it.store.db, again), undefined)
  await driveUpdate(it.parts, it.id, NEVER)
  assert.notEqual(await insertUpdate(it.store.db, again), undefined)
})
