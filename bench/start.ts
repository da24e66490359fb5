import { writeFile } from 'node:fs/promises'
import path from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { temporaryFolder } from '../test/kit/parts/program.ts'
import { bundle } from './bundle.ts'
import { type RunningProgram, startProgram } from './program.ts'
import { startRegistry } from './registry.ts'
import { type Bench, median, type Row } from './row.ts'

const STARTS = 7
const IMAGES = 100
/** Long enough for the runtime to have tidied up after the check. */
const REST_MS = 10_000

/** How soon the server answers, and what it holds while it waits. */
export const startBenches: readonly Bench[] = [
  { name: 'start source', run: () => start('source', undefined, 400) },
  { name: 'start bundle', run: () => withBundle((entry) => start('bundle', entry, 200)) },
  { name: 'idle', run: () => withBundle(idle) },
]

async function withBundle(measure: (entry: string) => Promise<Row[]>): Promise<Row[]> {
  await using built = await bundle({ main: 'src/main.ts' })
  return await measure(built.entry('main'))
}

async function start(form: string, entry: string | undefined, limit: number): Promise<Row[]> {
  const times: number[] = []
  const cpu: number[] = []
  const bare: number[] = []
  for (let repeat = 0; repeat < STARTS; repeat++) {
    await using program = await startProgram(entry === undefined ? {} : { entry })
    times.push(program.startMs)
    cpu.push(program.startCpuMs)
    bare.push(await bareStart())
  }
  return [
    {
      name: `start until it listens, ${form}`,
      measured: median(times),
      unit: 'ms',
      limit,
      note: `median of ${STARTS}, best ${Math.min(...times).toFixed(0)} ms; processor ${median(cpu)} ms; a bare node:http server ${median(bare).toFixed(0)} ms`,
    },
  ]
}

/** The reference: the same runtime with a server that does nothing. */
async function bareStart(): Promise<number> {
  await using folder = await temporaryFolder('bare')
  const entry = path.join(folder.path, 'bare.mjs')
  await writeFile(
    entry,
    `import http from 'node:http'
const server = http.createServer().listen(0, () => process.stdout.write('Listening'))
process.once('SIGTERM', () => server.close())`,
  )
  await using program = await startProgram({ entry })
  return program.startMs
}

async function idle(entry: string): Promise<Row[]> {
  await using registry = await startRegistry({
    ...{ images: IMAGES, tags: 'rolling', protocol: 'http', auth: 'bearer', latencyMs: 0 },
  })
  await using folder = await temporaryFolder('idle')
  const list = path.join(folder.path, 'images.yml')
  await writeFile(list, registry.images.map(({ image }) => `- name: ${image}\n`).join(''))
  const config = `providers: {file: {filename: '${list}'}}
regopts: [{name: '${registry.host}', selector: image, plainHTTP: true, insecureTLS: true}]`
  await using program = await startProgram({ entry, config })
  await program.logged('Check finished')
  await loadDashboard(program)
  const busy = program.memory()
  await delay(REST_MS)
  return [
    {
      name: 'idle memory, bundle',
      measured: program.memory(),
      unit: 'MB',
      limit: 80,
      note: `after a check of ${IMAGES} images and one load of the dashboard; right behind them ${busy.toFixed(0)} MB`,
    },
  ]
}

/** What a browser gets: the page, what it names, and what its script asks for first. */
async function loadDashboard({ url }: RunningProgram): Promise<void> {
  const page = await (await fetch(url)).text()
  const named = [...page.matchAll(/(?:src|href)="(\/[^"]+)"/g)].map(([, address]) => address!)
  for (const address of [...named, '/api/v1/status', '/api/v1/images', '/api/updates', '/api/tags']) {
    await (await fetch(new URL(address, url))).arrayBuffer()
  }
}
