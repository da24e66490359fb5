import assert from 'node:assert/strict'
import { test } from 'node:test'
import { APP, checkBench, container } from '../../../test/kit/check-bench.ts'
import { describeError, Failure } from '../../domain/failure.ts'
import type { Plan } from '../../domain/update.ts'
import type { UpdateLayer } from '../../domain/update-settings.ts'
import { imageKeyOf } from '../../domain/watched-image.ts'
import type { Workload } from '../../domain/workload.ts'
import { latestEvents } from '../../store/events.ts'
import { saveFinding } from '../../store/images.ts'
import { openStore, type Store } from '../../store/open.ts'
import { putInQuarantine } from '../../store/quarantine.ts'
import type { Db } from '../../store/tables.ts'
import { saveTagList } from '../../store/tag-lists.ts'
import { insertUpdate, movePhase } from '../../store/update-journal.ts'
import { createDecisions } from './decisions.ts'
import { createOutlooks, type OutlookParts } from './outlook.ts'

const START = Date.UTC(2026, 2, 1)
const HOUR_MS = 3_600_000
const at = (hours: number): Date => new Date(START + hours * HOUR_MS)
const ANN = { actor: 'ann' }

interface Bench extends AsyncDisposable {
  readonly db: Db
  now: Date
  workloads: Workload[]
  readonly outlooks: ReturnType<typeof createOutlooks>
  readonly decisions: ReturnType<typeof createDecisions>
  changes: number
}

async function bench(workloads: Workload[], said: Partial<OutlookParts> = {}): Promise<Bench> {
  const store: Store = await openStore(':memory:', { now: () => at(0) })
  const self = { db: store.db, now: at(0), workloads, changes: 0 }
  const now = (): Date => self.now
  const discovery = { workloads: () => self.workloads }
  const parts = { db: store.db, discovery, now, base: {}, policies: [], pausedByConfig: false, ...said }
  const outlooks = createOutlooks(parts)
  const decisions = createDecisions({ db: store.db, outlooks, now, changed: () => void self.changes++ })
  const dispose = { [Symbol.asyncDispose]: () => store[Symbol.asyncDispose]() }
  return Object.assign(self, { outlooks, decisions }, dispose)
}

function updatable(name: string, image: string, said: { digests?: string[]; update?: UpdateLayer } = {}): Workload {
  return { ...container(name, image, { digests: said.digests ?? ['sha256:old'] }), update: said.update ?? {} }
}

interface Found {
  readonly digest?: string
  readonly moved?: boolean
  readonly tag?: string
  readonly tagDigest?: string
  readonly level?: 'digest' | 'patch' | 'minor' | 'major'
}

/** As a check would write it down. */
async function found(bench: Bench, workload: Workload, said: Found): Promise<void> {
  const { digest = 'sha256:old', moved = false, tag, tagDigest, level } = said
  await saveFinding(
    bench.db,
    {
      key: imageKeyOf(workload)!,
      reference: workload.reference!,
      platform: 'linux/amd64',
      status: 'update',
      reason: '',
      current: { digest: workload.running.digests[0] ?? 'sha256:old' },
      found: { digest, ...(tag && { tag }), ...(tagDigest && { tagDigest }) },
      digestMoved: moved,
      ...(level && { level }),
      workloads: [],
    },
    { now: bench.now },
  )
}

const AUTO: UpdateLayer = { mode: 'auto' }

test('by default it is told what is newer, and that it is only told', async () => {
  const web = updatable('web', 'nginx:1.27')
  await using b = await bench([web])
  await found(b, web, { tag: '1.28', tagDigest: 'sha256:new', level: 'minor' })
  const outlook = await b.outlooks.outlook('web')
  assert.deepEqual(outlook.candidate, {
    reference: 'nginx:1.28',
    digest: 'sha256:new',
    level: 'minor',
    since: at(0).toISOString(),
  })
  assert.deepEqual(outlook.blockers, ['"updates" is set to none: it is only told'])
  assert.deepEqual([outlook.workload, outlook.origins.mode, outlook.open], ['docker/local/web', 'default', undefined])
})

test('a policy, a label and the config say together what counts, and each value says from where', async () => {
  const web = updatable('web', 'nginx:1.27', { update: { level: 'major' } })
  const policies = [{ name: 'all', match: { workloads: ['*'] }, settings: AUTO }]
  await using b = await bench([web], { base: { keep: 3 }, policies })
  await found(b, web, { tag: '2.0', tagDigest: 'sha256:new', level: 'major' })
  const { blockers, origins, settings } = await b.outlooks.outlook('web')
  assert.deepEqual(blockers, [])
  assert.deepEqual(
    [origins.mode, origins.level, origins.keep, settings.keep],
    ['policy "all"', 'label "seaworthy.update_level"', 'updates', 3],
  )
})

test('names of images stay as they were written', async () => {
  const digest = `sha256:${'a'.repeat(64)}`
  for (const [image, tag, reference] of [
    ['nginx', undefined, 'nginx'],
    ['nginx:latest', undefined, 'nginx:latest'],
    ['docker.io/library/nginx:1.27', '1.28', 'docker.io/library/nginx:1.28'],
    ['localhost:5000/app:1', '2', 'localhost:5000/app:2'],
    ['localhost:5000/app', '2', 'localhost:5000/app:2'],
    [`nginx:1.27@${digest}`, '1.28', 'nginx:1.28@sha256:new'],
  ] as const) {
    const web = updatable('web', image)
    await using b = await bench([web])
    await found(b, web, tag ? { tag, tagDigest: 'sha256:new' } : { digest: 'sha256:new', moved: true })
    assert.equal((await b.outlooks.outlook('web')).candidate?.reference, reference)
  }
})

test('a build counts for the workloads that do not run it, and for none of which it is not known what runs', async () => {
  const image = 'nginx:1.27'
  const all = [
    updatable('behind', image, { update: AUTO }),
    updatable('current', image, { digests: ['sha256:new'], update: AUTO }),
    updatable('unknown', image, { digests: [], update: AUTO }),
  ]
  await using b = await bench(all)
  await found(b, all[0]!, { digest: 'sha256:new', moved: true, level: 'digest' })
  const outlooks = await b.outlooks.outlooks()
  assert.deepEqual(
    outlooks.map(({ name, candidate }) => [name, candidate?.digest]),
    [
      ['behind', 'sha256:new'],
      ['current', undefined],
      ['unknown', undefined],
    ],
  )
})

test('what cannot be updated says why: nothing runs it, no registry can be asked, it is our own container', async () => {
  const { update: _, ...listed } = updatable('listed', 'nginx:1')
  const built = { ...updatable('built', 'nginx:1'), notCheckable: 'It was built here.' }
  const own = updatable('own', 'nginx:1', { update: AUTO })
  const refusal = ({ name }: Workload) => (name === 'own' ? 'It is our own.' : undefined)
  await using b = await bench([listed, built, own], { refusal })
  await found(b, own, { tag: '2', tagDigest: 'sha256:new', level: 'digest' })
  const blockers = async (name: string) => (await b.outlooks.outlook(name)).blockers
  assert.deepEqual(await blockers('listed'), ['Nothing here runs it, so that there is nothing to update.'])
  assert.deepEqual(await blockers('built'), ['It was built here.'])
  assert.deepEqual(await blockers('own'), ['It is our own.'])
  assert.deepEqual(
    (await b.outlooks.outlooks()).map(({ name }) => name),
    ['built', 'own'],
  )
})

test('the age counts from when the very image was first seen', async () => {
  const web = updatable('web', 'nginx:1.27', { update: { ...AUTO, minimumAgeMs: 48 * HOUR_MS } })
  await using b = await bench([web])
  await found(b, web, { digest: 'sha256:b1', moved: true, level: 'digest' })
  b.now = at(47)
  await found(b, web, { digest: 'sha256:b1', moved: true, level: 'digest' })
  assert.deepEqual((await b.outlooks.outlook('web')).blockers, ['known for 47 hours, wanted: 2 days'])
  b.now = at(48)
  assert.deepEqual((await b.outlooks.outlook('web')).blockers, [])
})

test('a tag that is built anew all the time is moved to the newest build that is old enough', async () => {
  const web = updatable('web', 'nginx:1.27', { update: { ...AUTO, minimumAgeMs: 48 * HOUR_MS } })
  await using b = await bench([web])
  for (let day = 0; day < 5; day++) {
    b.now = at(day * 24)
    await found(b, web, { digest: `sha256:b${day}`, moved: true, level: 'digest' })
  }
  const outlook = await b.outlooks.outlook('web')
  assert.deepEqual([outlook.candidate?.digest, outlook.blockers], ['sha256:b2', []])
  await putInQuarantine(
    b.db,
    { name: 'docker.io/library/nginx', digest: 'sha256:b2', tag: '1.27', host: 'local', reason: 'it died' },
    b.now,
  )
  assert.equal((await b.outlooks.outlook('web')).candidate?.digest, 'sha256:b1')
  // Never back behind what runs.
  b.workloads = [{ ...web, running: { digests: ['sha256:b2'] } }]
  assert.equal((await b.outlooks.outlook('web')).candidate?.digest, 'sha256:b4')
  assert.deepEqual((await b.outlooks.outlook('web')).blockers, ['known for 0 seconds, wanted: 2 days'])
})

test('a step that waits for approval keeps no smaller one away', async () => {
  const web = updatable('web', 'nginx:1.2.0', { update: AUTO })
  const asked: string[] = []
  const askDigest = async ({ tag }: { tag?: string }) => {
    asked.push(tag!)
    return `sha256:of-${tag}`
  }
  await using b = await bench([web], { askDigest })
  await tags(b.db, ['1.2.0', '1.3.0', '2.0.0'])
  await found(b, web, { tag: '2.0.0', tagDigest: 'sha256:two', level: 'major' })
  for (let round = 0; round < 3; round++) {
    const { candidate, blockers } = await b.outlooks.outlook('web')
    assert.deepEqual([candidate?.reference, candidate?.digest, blockers], ['nginx:1.3.0', 'sha256:of-1.3.0', []])
  }
  assert.deepEqual(asked, ['1.3.0'])
})

test('where no digest of a smaller step is known, the large one waits', async () => {
  const web = updatable('web', 'nginx:1.2.0', { update: AUTO })
  await using b = await bench([web])
  await tags(b.db, ['1.2.0', '1.3.0', '2.0.0'])
  await found(b, web, { tag: '2.0.0', tagDigest: 'sha256:two', level: 'major' })
  const { candidate, blockers } = await b.outlooks.outlook('web')
  assert.equal(candidate?.reference, 'nginx:2.0.0')
  assert.match(blockers.join(), /^waits for approval: a major step, and only minor ones/)
})

test('a tag that is too young lets a build of the tag in use through', async () => {
  const web = updatable('web', 'nginx:1.2', { update: { ...AUTO, minimumAgeMs: HOUR_MS } })
  await using b = await bench([web])
  await found(b, web, { digest: 'sha256:build', moved: true })
  b.now = at(2)
  await found(b, web, { digest: 'sha256:build', moved: true, tag: '1.3', tagDigest: 'sha256:new', level: 'minor' })
  const { candidate, blockers } = await b.outlooks.outlook('web')
  assert.deepEqual([candidate?.reference, candidate?.level, blockers], ['nginx:1.2', 'digest', []])
})

test('an open update is shown and keeps another one away; one that changed nothing is not made again', async () => {
  const web = updatable('web', 'nginx:1.27', { update: AUTO })
  await using b = await bench([web])
  await found(b, web, { digest: 'sha256:new', moved: true, level: 'digest' })
  const plan = { workload: web.id, host: 'local', name: 'web', updater: 'container', to: { digest: 'sha256:new' } }
  const update = await insertUpdate(b.db, { plan: plan as Plan, cause: 'policy', actor: 'x', now: at(0) })
  const { open, blockers } = await b.outlooks.outlook('web')
  assert.deepEqual([open?.id, blockers], [update!.id, ['an update of it is under way (planned)']])
  await movePhase(b.db, update!.id, { from: 'planned', to: 'committed', now: at(1) })
  assert.deepEqual((await b.outlooks.outlook('web')).blockers, [
    'it was updated to this very image on 2026-03-01 01:00 UTC, and yet another one runs',
  ])
})

test('unknown and ambiguous names are refused with what there is', async () => {
  const pi = { ...updatable('web', 'nginx:1'), host: 'pi', id: 'docker/pi/web' }
  await using b = await bench([updatable('web', 'nginx:1'), pi])
  const refusal = (code: string, text: RegExp) => (error: unknown) =>
    error instanceof Failure && error.code === code && text.test(describeError(error))
  await assert.rejects(b.outlooks.outlook('wbe'), refusal('not-found', /Did you mean web/))
  await assert.rejects(b.outlooks.outlook('web'), refusal('invalid', /local\/web, pi\/web/))
  assert.equal((await b.outlooks.outlook('pi/web')).workload, 'docker/pi/web')
})

test('what people decide keeps updates away, is told with an event, and ends', async () => {
  const web = updatable('web', 'nginx:1.27', { update: AUTO })
  await using b = await bench([web])
  const { decisions } = b
  await found(b, web, { tag: '1.28', tagDigest: 'sha256:new', level: 'minor' })
  const blockers = async () => (await b.outlooks.outlook('web')).blockers.join()
  assert.equal(await blockers(), '')
  await decisions.hold('web', { ...ANN, kind: 'hold', reason: 'holiday' })
  assert.match(await blockers(), /^held by ann since .*: holiday$/)
  assert.equal(await decisions.release('local/web', ANN), 1)
  await decisions.hold('web', { ...ANN, kind: 'snooze', until: at(5) })
  assert.match(await blockers(), /^put off until 2026-03-01 05:00 UTC by ann/)
  b.now = at(5)
  assert.equal(await blockers(), '')
  await decisions.hold('web', { ...ANN, kind: 'skip' })
  assert.match(await blockers(), /^this candidate is passed over by ann/)
  await found(b, web, { tag: '1.29', tagDigest: 'sha256:newer', level: 'minor' })
  assert.equal(await blockers(), '')
  const pin = await decisions.hold('web', { ...ANN, kind: 'pin' })
  assert.equal(pin.tag, '1.27')
  assert.match(await blockers(), /^pinned to 1\.27 by ann/)
  assert.equal(await decisions.release('web', { ...ANN, kind: 'pin' }), 1)
  await decisions.pause({ ...ANN, until: at(8) })
  assert.equal(await blockers(), 'updates are paused by ann until 2026-03-01 08:00 UTC')
  assert.deepEqual(await decisions.paused(), { actor: 'ann', until: at(8).toISOString() })
  await decisions.resume(ANN)
  assert.equal(await blockers(), '')
  const events = (await latestEvents(b.db, { most: 20 })).reverse()
  assert.deepEqual(
    events.map(({ kind, subject }) => [kind, subject]),
    [
      ['hold.set', web.id],
      ['hold.released', web.id],
      ['hold.set', web.id],
      ['hold.set', web.id],
      ['hold.set', web.id],
      ['hold.released', web.id],
      ['updates.paused', undefined],
      ['updates.resumed', undefined],
    ],
  )
  assert.equal(events[0]?.data.kind, 'hold')
  assert.equal(b.changes, 8)
})

test('a yes is to what is newest now, and stands though something still newer comes', async () => {
  const web = updatable('web', 'nginx:1.2.0', { update: { mode: 'approve' } })
  await using b = await bench([web])
  await tags(b.db, ['1.2.0', '2.0.0', '3.0.0'])
  const candidate = async () => {
    const { candidate: found, blockers } = await b.outlooks.outlook('web')
    return [found?.reference, found?.level, ...blockers]
  }
  await found(b, web, { tag: '2.0.0', tagDigest: 'sha256:two', level: 'major' })
  assert.deepEqual(await candidate(), ['nginx:2.0.0', 'major', 'waits for approval'])
  assert.equal((await b.decisions.approve('web', ANN)).digest, 'sha256:two')
  assert.deepEqual(await candidate(), ['nginx:2.0.0', 'major'])
  await found(b, web, { tag: '3.0.0', tagDigest: 'sha256:three', level: 'major' })
  assert.deepEqual(await candidate(), ['nginx:2.0.0', 'major'])
  const image = { name: 'docker.io/library/nginx', digest: 'sha256:two', tag: '2.0.0', host: 'local' }
  await putInQuarantine(b.db, { ...image, reason: 'it died' }, b.now)
  assert.deepEqual(await candidate(), ['nginx:3.0.0', 'major', 'waits for approval'])
})

test('a yes to an older version than the one that runs by now counts no more', async () => {
  const before = updatable('web', 'nginx:1.2.0', { update: { mode: 'approve' } })
  const after = updatable('web', 'nginx:3.0.0', { update: { mode: 'approve' } })
  await using b = await bench([before])
  await tags(b.db, ['1.2.0', '2.0.0', '3.0.0', '3.0.1'])
  await found(b, before, { tag: '2.0.0', tagDigest: 'sha256:two', level: 'major' })
  await b.decisions.approve('web', ANN)
  b.workloads = [after]
  await found(b, after, { tag: '3.0.1', tagDigest: 'sha256:three', level: 'patch' })
  const { candidate, blockers } = await b.outlooks.outlook('web')
  assert.deepEqual([candidate?.reference, blockers], ['nginx:3.0.1', ['waits for approval']])
})

test('a yes to a build of the tag in use stands through later builds, until it runs', async () => {
  const web = updatable('web', 'nginx:1', { update: { mode: 'approve' } })
  await using b = await bench([web])
  await found(b, web, { digest: 'sha256:b1', moved: true })
  await b.decisions.approve('web', ANN)
  await found(b, web, { digest: 'sha256:b2', moved: true })
  const candidate = async () => (await b.outlooks.outlook('web')).candidate?.digest
  assert.equal(await candidate(), 'sha256:b1')
  b.workloads = [{ ...web, running: { digests: ['sha256:b1'] } }]
  assert.equal(await candidate(), 'sha256:b2')
  assert.deepEqual((await b.outlooks.outlook('web')).blockers, ['waits for approval'])
})

test('decisions that make no sense are refused', async () => {
  await using b = await bench([updatable('web', 'nginx:1')])
  const { decisions } = b
  for (const [deciding, code] of [
    [() => decisions.hold('web', { ...ANN, kind: 'snooze' }), 'invalid'],
    [() => decisions.hold('web', { ...ANN, kind: 'hold', until: at(0) }), 'invalid'],
    [() => decisions.hold('web', { ...ANN, kind: 'skip' }), 'conflict'],
    [() => decisions.hold('wbe', { ...ANN, kind: 'hold' }), 'not-found'],
    [() => decisions.approve('web', ANN), 'conflict'],
    [() => decisions.pause({ ...ANN, until: at(-1) }), 'invalid'],
  ] as const)
    await assert.rejects(deciding, (error) => error instanceof Failure && error.code === code)
  assert.deepEqual(await latestEvents(b.db, { most: 10 }), [])
})

test('the config can pause everything', async () => {
  const web = updatable('web', 'nginx:1.27', { update: AUTO })
  await using b = await bench([web], { pausedByConfig: true })
  await found(b, web, { tag: '1.28', tagDigest: 'sha256:new', level: 'minor' })
  assert.deepEqual((await b.outlooks.outlook('web')).blockers, ['updates are paused by the config'])
  assert.deepEqual(await b.decisions.paused(), { actor: 'the config', until: undefined })
  await assert.rejects(b.decisions.resume(ANN), /paused by the config/)
})

test('what a real check finds can be moved to', async () => {
  await using checks = await checkBench()
  const image = `${APP}:1.0.0`
  const digests = [checks.registry.push(APP, '1.0.0', 'old')]
  const newer = checks.registry.push(APP, '1.1.0', 'new')
  const web = { ...container('web', image, { digests }), update: AUTO }
  await checks.check([web])
  const parts = { db: checks.store.db, discovery: { workloads: () => [web] }, now: () => new Date('2026-02-01') }
  const outlooks = createOutlooks({ ...parts, base: {}, policies: [], pausedByConfig: false })
  const { candidate, blockers } = await outlooks.outlook('web')
  assert.deepEqual([candidate?.reference, candidate?.digest, blockers], [`${APP}:1.1.0`, newer, []])
})

async function tags(db: Db, list: string[]): Promise<void> {
  const seen = at(-100).toISOString()
  const times = { firstListedAt: seen, listedAt: seen, firstSeen: {}, pushedAt: {} }
  await saveTagList(db, 'docker.io/library/nginx', { tags: list, etag: undefined, ...times })
}
