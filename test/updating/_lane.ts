import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { startDockerDaemon } from '../kit/parts/docker-daemon.ts'
import { startDockerTap } from '../kit/parts/docker-tap.ts'
import type { Engine } from '../kit/parts/engines.ts'
import { needs } from '../kit/parts/needs.ts'
import { pushImage } from '../kit/parts/push-image.ts'
import { startRegistry } from '../kit/parts/registry.ts'
import { benchOf, type Ground, ground } from './_bench.ts'
import { type Bench, type Case, type ImageInspect, type Inspect, NEW, OLD, type Outcome } from './_case.ts'
import { removeControlGroup } from './_control-group.ts'
import { expectEnd } from './_ends.ts'
import { inParallel } from './_in-parallel.ts'
import { keepResults, type Result } from './_results.ts'
import { tellOf, updateAll } from './_said.ts'

export interface LaneOptions {
  /** Heads the cases in the table: `Image-derived configuration`. */
  readonly groups: Readonly<Record<string, readonly Case[]>>
  /** False leaves the cases out of the table. */
  readonly kept?: boolean
  /** More YAML for the configuration of the run, one section a line. */
  readonly config?: string
  /** Changes what the engine tells, on its way to the program. */
  readonly rewrite?: { readonly path: RegExp; readonly answer: (text: string) => string }
}

const AT_ONCE = 4

/**
 * Runs cases on one engine: makes the containers of all of them, pushes their new images, lets the real program check and
 * update everything once, and then judges each case as a test of its own. Keeps the results for the table in docs/updating.md.
 */
export async function lane(engine: Engine, options: LaneOptions): Promise<void> {
  const skip = await needs(`engine ${engine}`, 'registry')
  const results = new Map<string, Result>()
  const rows = Object.entries(options.groups).flatMap(([group, cases]) => cases.map((one) => ({ group, one })))
  const cases = rows.map(({ one }) => one)
  const kept = options.kept === false ? [] : rows
  if (skip !== false) keepResults(engine, kept, () => ({ outcome: 'skipped', detail: skip }))

  describe(`updates on engine ${engine}`, { skip }, () => {
    const parts = new AsyncDisposableStack()
    let run: LaneRun
    before(async () => {
      run = await runLane(
        engine,
        cases.filter((one) => cannot(one, engine) === undefined),
        options,
        parts,
      )
    })
    after(async () => {
      keepResults(engine, kept, ({ id }) => results.get(id))
      await parts.disposeAsync()
    })
    for (const one of cases) {
      const reason = cannot(one, engine)
      if (reason !== undefined) results.set(one.id, { outcome: 'cannot be expressed', detail: reason })
      const name = `${one.id}: ${one.given}; ${one.holds}`
      test(name, { skip: reason === undefined ? false : `cannot be expressed: ${reason}` }, async () => {
        results.set(one.id, { outcome: 'fail', detail: '' })
        results.set(one.id, { outcome: 'pass', detail: await run.judge(one) })
      })
    }
  })
}

interface LaneRun {
  /** Throws what does not hold. Returns how a case ended that may end in several ways; empty for others. */
  judge(one: Case): Promise<string>
}

interface Prepared {
  readonly bench: Bench
  readonly before: ReadonlyMap<string, Inspect>
  readonly oldImage: ImageInspect
}

async function runLane(
  engine: Engine,
  cases: readonly Case[],
  options: LaneOptions,
  parts: AsyncDisposableStack,
): Promise<LaneRun> {
  parts.defer(removeControlGroup)
  const daemon = parts.use(await startDockerDaemon({ engine, args: ['--add-runtime=other=/usr/sbin/runc'] }))
  const on = ground(engine, daemon, parts.use(await startRegistry()))
  const tap = parts.use(await startDockerTap({ socket: daemon.socket, folder: daemon.folder, ...pick(options) }))
  await pushImage(on.registry, 'still', 'latest', { ...OLD, version: 'still' })
  await daemon.docker('pull', '--quiet', `${on.registry.address}/still:latest`)

  const broken = new Map<string, unknown>()
  const prepared = new Map<string, Prepared>()
  await inParallel(cases, AT_ONCE, (one) => keep(broken, one, async () => prepared.set(one.id, await prepare(on, one))))
  const pushed = new Map<string, string>()
  await inParallel(cases, AT_ONCE, async (one) => {
    const options = { ...NEW, created: madeAt(one, 'new'), ...one.new }
    const { digest } = await pushImage(on.registry, `case/${one.id.toLowerCase()}`, 'latest', options)
    pushed.set(one.id, digest)
  })
  const names = cases.map(({ id }) => id.toLowerCase())
  const said = await updateAll({ socket: tap.socket, names, parallel: AT_ONCE, config: options.config ?? '' })
  const afterwards = new Map<string, ReadonlyMap<string, Inspect>>()
  for (const one of cases) afterwards.set(one.id, await inspectAll(on, one.id.toLowerCase()))
  return {
    async judge(one) {
      if (broken.has(one.id)) throw new Error('The case could not be laid out', { cause: broken.get(one.id) })
      const { bench, before, oldImage } = prepared.get(one.id)!
      const found = afterwards.get(one.id)!
      const newImage = await imageOf(on, `${bench.image.replace(/:latest$/, '')}@${pushed.get(one.id)}`)
      const outcome: Outcome = {
        ...bench,
        before: (name) => before.get(name) ?? assert.fail(`${name} was not there before`),
        after: (name) => found.get(name) ?? assert.fail(`${name} is not there any more: ${tellOf(said, bench.name)}`),
        oldImage,
        newImage: newImage ?? oldImage,
        told: tellOf(said, bench.name),
        calls: tap.calls,
      }
      await expectEnd(one, outcome, { names: [[...before.keys()], [...found.keys()]], fetched: newImage !== undefined })
      const [first, last] = [outcome.before(bench.name), outcome.after(bench.name)]
      await one.expect(first, last, outcome)
      if (one.ends !== 'either') return ''
      return first.Id === last.Id ? 'left as it was' : 'replaced'
    },
  }
}

/** Old image, containers, and how they look. */
async function prepare(on: Ground, one: Case): Promise<Prepared> {
  const bench = benchOf(on, one.id)
  const old = { ...OLD, created: madeAt(one, 'old'), ...one.old }
  await pushImage(on.registry, `case/${bench.name}`, 'latest', old)
  await on.daemon.docker('pull', '--quiet', bench.image)
  const oldImage = (await imageOf(on, bench.image))!
  await one.create(bench)
  return { bench, before: await inspectAll(on, bench.name), oldImage }
}

/** Every container of a case by its name. */
async function inspectAll({ api }: Ground, name: string): Promise<ReadonlyMap<string, Inspect>> {
  const filter = encodeURIComponent(JSON.stringify({ name: [`^/?${name}(-|_|$)`] }))
  const listed = await api<{ Id: string }[]>('GET', `/containers/json?all=1&filters=${filter}`)
  const inspects = await Promise.all(listed.map(({ Id }) => api<Inspect>('GET', `/containers/${Id}/json`)))
  return new Map(inspects.map((inspect) => [inspect.Name.slice(1), inspect]))
}

function imageOf({ api }: Ground, reference: string): Promise<ImageInspect | undefined> {
  return api<ImageInspect>('GET', `/images/${reference}/json`).catch(() => undefined)
}

/** A time of its own for every case, so that no two share an image. */
function madeAt({ id }: Case, age: 'old' | 'new'): string {
  const place = Buffer.from(id).reduce((sum, byte) => sum * 256 + byte, 0)
  return new Date((age === 'old' ? 1_000_000_000 : 1_200_000_000) * 1000 + (place % 100_000_000) * 1000).toISOString()
}

function cannot({ only }: Case, engine: Engine): string | undefined {
  return only === undefined || only.engines.includes(engine) ? undefined : only.reason
}

function pick({ rewrite }: LaneOptions): Pick<LaneOptions, 'rewrite'> {
  return rewrite === undefined ? {} : { rewrite }
}

/** One case that cannot be laid out must not take the others with it. */
async function keep(broken: Map<string, unknown>, one: Case, work: () => Promise<unknown>): Promise<void> {
  try {
    await work()
  } catch (error) {
    broken.set(one.id, error)
  }
}
