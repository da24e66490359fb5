import path from 'node:path'
import { temporaryFolder } from '../test/kit/parts/program.ts'
import type { Counts } from '../test/kit/registry-double-knobs.ts'
import type { BareAnswer } from './bare-child.ts'
import { bundle } from './bundle.ts'
import type { CheckAnswer, CheckQuestion } from './check-child.ts'
import { askChild } from './child.ts'
import { type MeasuringRegistry, type RegistrySpec, requestsIn, startRegistry } from './registry.ts'
import { type Bench, median, type Row } from './row.ts'

const LATENCY_MS = 50
const MOST_AT_ONCE = 20
/** The refusal that names the token server, and the token: two round trips before anything else can be asked. */
const HANDSHAKE_MS = 2 * LATENCY_MS
const REPEATS = 3
const SPEC: RegistrySpec = { images: 500, tags: 'rolling', protocol: 'https', auth: 'bearer', latencyMs: 0 }

/** Checks of the real engine against a registry that counts. */
export const checkBenches: readonly Bench[] = [
  { name: 'requests rolling', run: () => requests('rolling') },
  { name: 'requests versioned', run: () => requests('versioned') },
  { name: 'time https', run: () => time('https') },
  { name: 'time h2', run: () => time('h2') },
  { name: 'time http', run: () => time('http') },
  { name: 'cost 500', run: () => cost(500, { cpu: 1.1 }) },
  { name: 'cost 3000', run: () => cost(3000, { peak: 100 }) },
  { name: 'cost linear', run: linear },
]

interface Measured {
  readonly first: CheckAnswer & { readonly asked: Counts }
  /** Nothing changed since. Each in a process of its own; the one with the median processor time. */
  readonly again: CheckAnswer & { readonly asked: Counts }
}

/** Checks everything for the first time, then again, from a new process each time. */
async function checkTwice(spec: RegistrySpec, { repeats = 1 } = {}): Promise<Measured> {
  await using built = await bundle({ check: 'bench/check-child.ts' })
  await using registry = await startRegistry(spec)
  await using folder = await temporaryFolder('bench')
  const database = path.join(folder.path, 'seaworthy.db')
  const run = () => check(built.entry('check'), { registry, spec, database })
  const first = await run()
  const others: Measured['again'][] = []
  for (let repeat = 0; repeat < repeats; repeat++) others.push(await run())
  const middle = median(others.map(({ whole }) => whole.cpu))
  return { first, again: others.find(({ whole }) => whole.cpu === middle)! }
}

interface Asking {
  readonly registry: MeasuringRegistry
  readonly spec: RegistrySpec
  readonly database: string
}

async function check(entry: string, { registry, spec: { protocol, images }, database }: Asking) {
  await registry.counts()
  const question: CheckQuestion = {
    images: registry.images,
    host: registry.host,
    ca: registry.ca,
    plainHttp: protocol === 'http',
    database,
  }
  const answer = await askChild<CheckAnswer>(entry, question)
  if (answer.counts.current !== images)
    throw new Error(`${images} images are current, and the check says ${JSON.stringify(answer.counts)}`)
  return { ...answer, asked: await registry.counts() }
}

async function requests(tags: RegistrySpec['tags']): Promise<Row[]> {
  const spec = { ...SPEC, tags }
  const { first, again } = await checkTwice(spec)
  const { asked } = again
  const name = `requests, ${spec.images} unchanged images on ${tags} tags`
  const perImage = (count: number): number => count / spec.images
  return [
    {
      name: `${name}: without tag lists`,
      measured: perImage(requestsIn(asked) - asked.tags),
      unit: 'per image',
      limit: 1.02,
      note: `${kindsIn(asked)}; first check: ${kindsIn(first.asked)}`,
    },
    {
      name: `${name}: tag lists`,
      measured: perImage(asked.tags),
      unit: 'per image',
      limit: tags === 'rolling' ? 0 : 1,
      note: 'one conditional or resumed list per repository at most',
    },
    { name: `${name}: manifest GETs`, measured: asked.manifest, unit: 'requests', limit: 0, note: '' },
    {
      name: `${name}: connections`,
      measured: asked.connections,
      unit: 'connections',
      limit: MOST_AT_ONCE,
      note: `${asked.mostAtOnce} requests at once at most`,
    },
  ]
}

async function time(protocol: RegistrySpec['protocol']): Promise<Row[]> {
  const spec = { ...SPEC, protocol, latencyMs: LATENCY_MS }
  const { first, again } = await checkTwice(spec, { repeats: REPEATS })
  const row = (what: string, { ms, asked }: Measured['again']): Row => ({
    name: `time of a check over ${protocol}, ${what}`,
    measured: ms,
    unit: 'ms',
    limit: 1.3 * (requestsIn(asked) / MOST_AT_ONCE) * LATENCY_MS + HANDSHAKE_MS,
    note: `1.3 × (${requestsIn(asked)} requests ÷ ${MOST_AT_ONCE} × ${LATENCY_MS} ms) + ${HANDSHAKE_MS} ms handshake; ${asked.mostAtOnce} at once, ${asked.connections} connections`,
  })
  return [row('unchanged', again), row('first', first)]
}

async function cost(images: number, limits: { cpu?: number; peak?: number }): Promise<Row[]> {
  const { first, again } = await checkTwice({ ...SPEC, images }, { repeats: REPEATS })
  const bare = await bareLoop(images)
  const note = ({ checkCpu, whole }: CheckAnswer): string =>
    `check alone ${checkCpu.toFixed(2)} s; bare loop ${bare.cpu.toFixed(2)} s, its process ${bare.whole.cpu.toFixed(2)} s and ${bare.whole.peak.toFixed(0)} MB; process ${whole.cpu.toFixed(2)} s`
  const rows = (what: string, answer: CheckAnswer): Row[] => [
    ...(limits.cpu === undefined
      ? []
      : [
          {
            name: `processor, ${images} images, ${what}`,
            measured: answer.whole.cpu,
            unit: 's',
            limit: limits.cpu,
            note: note(answer),
          },
        ]),
    ...(limits.peak === undefined
      ? []
      : [
          {
            name: `peak memory, ${images} images, ${what}`,
            measured: answer.whole.peak,
            unit: 'MB',
            limit: limits.peak,
            note: note(answer),
          },
        ]),
  ]
  return [...rows('unchanged', again), ...rows('first check', first)]
}

/** The same requests from a loop that does nothing else. */
async function bareLoop(images: number): Promise<BareAnswer> {
  await using registry = await startRegistry({ ...SPEC, images, auth: 'none' })
  const { images: all, ca } = registry
  return await askChild<BareAnswer>('bare-child.ts', { images: all, ca })
}

/** Twice the images may cost twice the processor time and a little, not four times. */
async function linear(): Promise<Row[]> {
  const small = await checkTwice({ ...SPEC, images: 2500 })
  const large = await checkTwice({ ...SPEC, images: 10_000 })
  const row = (what: 'first' | 'again'): Row => ({
    name: `processor, 10,000 images to 2,500, ${what === 'first' ? 'first check' : 'unchanged'}`,
    measured: large[what].checkCpu / small[what].checkCpu,
    unit: '×',
    limit: 4.6,
    note: `${small[what].checkCpu.toFixed(2)} s → ${large[what].checkCpu.toFixed(2)} s, peak ${small[what].whole.peak.toFixed(0)} → ${large[what].whole.peak.toFixed(0)} MB`,
  })
  return [row('again'), row('first')]
}

function kindsIn({ token, head, manifest, tags, ping, other }: Counts): string {
  return `${head} HEAD, ${token} token, ${manifest} GET, ${tags} tag lists, ${ping + other} other`
}
