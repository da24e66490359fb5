import http from 'node:http'
import { type RunningProgram, startProgram } from './program.ts'
import { type Bench, median, type Row } from './row.ts'

const TIMES = 50
const REPORTS = 500
const AT_ONCE = 50

/** Reports that come in from other watchers, and how soon a page hears of them. */
export const liveBenches: readonly Bench[] = [
  { name: 'live', run: live },
  { name: 'ingest', run: ingest },
]

async function live(): Promise<Row[]> {
  await using program = await startProgram()
  using events = await listen(program)
  const answered: number[] = []
  const heard: number[] = []
  for (let number = 0; number < TIMES; number++) {
    const image = `docker.io/live/image-${number}:latest`
    const begun = performance.now()
    const arrives = events.naming(image)
    const status = await report(program, image)
    if (status !== 200) throw new Error(`the webhook answered ${status}`)
    answered.push(performance.now() - begun)
    heard.push((await arrives) - begun)
  }
  return [
    {
      name: 'webhook in to live event out',
      measured: median(heard),
      unit: 'ms',
      limit: 100,
      note: `median of ${TIMES}, slowest ${Math.max(...heard).toFixed(0)} ms; the webhook's own answer ${median(answered).toFixed(1)} ms`,
    },
  ]
}

async function ingest(): Promise<Row[]> {
  await using program = await startProgram()
  const numbers = Array.from({ length: REPORTS }, (_, number) => number).values()
  const statuses: number[] = []
  const begun = performance.now()
  await Promise.all(
    Array.from({ length: AT_ONCE }, async () => {
      for (const number of numbers) statuses.push(await report(program, `docker.io/ingest/image-${number}:latest`))
    }),
  )
  const seconds = (performance.now() - begun) / 1000
  const rows = (await (await fetch(new URL('/api/updates', program.url))).json()) as object
  const lost = REPORTS - Object.keys(rows).length
  const refused = statuses.filter((status) => status !== 200).length
  const name = `${REPORTS} reports, ${AT_ONCE} at once`
  const note = `${(REPORTS / seconds).toFixed(0)} a second`
  return [
    { name: `${name}: not answered with 200`, measured: refused, unit: 'reports', limit: 0, note },
    { name: `${name}: lost`, measured: lost, unit: 'reports', limit: 0, note: '' },
  ]
}

const agent = new http.Agent({ keepAlive: true })

function report({ url }: RunningProgram, image: string): Promise<number> {
  const body = JSON.stringify({
    diun_version: '4.31.0',
    hostname: 'bench',
    status: 'new',
    provider: 'docker',
    image,
    hub_link: '',
    mime_type: 'application/vnd.oci.image.index.v1+json',
    digest: `sha256:${'0'.repeat(64)}`,
    created: '2026-01-01T00:00:00Z',
    platform: 'linux/amd64',
    metadata: { ctn_names: 'bench', ctn_id: '0123456789ab', ctn_state: 'running', ctn_status: 'Up 1 second' },
  })
  return new Promise((resolve, reject) => {
    const request = http.request(new URL('/webhook', url), {
      method: 'POST',
      agent,
      headers: { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) },
    })
    request.once('response', (response) => response.resume().once('end', () => resolve(response.statusCode ?? 0)))
    request.once('error', reject)
    request.end(body)
  })
}

interface Events extends Disposable {
  /** Resolves with the time at which an event that names the image came. */
  naming(image: string): Promise<number>
}

/** A client of the live events, as a page is one. */
async function listen({ url }: RunningProgram): Promise<Events> {
  const { promise, resolve, reject } = Promise.withResolvers<http.IncomingMessage>()
  const request = http.get(new URL('/api/v1/events', url), { headers: { accept: 'text/event-stream' } }, resolve)
  request.once('error', reject)
  const stream = await promise
  const waiting = new Map<string, (at: number) => void>()
  stream.setEncoding('utf8').on('error', () => {})
  stream.on('data', (text: string) => {
    for (const [image, arrived] of waiting) {
      if (!text.includes(image)) continue
      waiting.delete(image)
      arrived(performance.now())
    }
  })
  return {
    naming: (image) => new Promise((arrived) => waiting.set(image, arrived)),
    [Symbol.dispose]: () => request.destroy(),
  }
}
