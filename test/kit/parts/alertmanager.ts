import { writeFile } from 'node:fs/promises'
import http from 'node:http'
import path from 'node:path'
import { json } from 'node:stream/consumers'
import { freePort, start, temporaryFolder } from './program.ts'

/** An alert as Alertmanager's API (v2) lists it. */
export interface Alert {
  readonly labels: Readonly<Record<string, string>>
  readonly annotations: Readonly<Record<string, string>>
  readonly startsAt: string
  readonly endsAt: string
  readonly status: { readonly state: string }
}

export interface Alertmanager extends AsyncDisposable {
  readonly url: string
  readonly log: () => string
  /** What it holds now. */
  alerts(): Promise<Alert[]>
}

/** Starts Debian's Alertmanager alone, without a cluster and with a receiver that tells nobody. */
export async function startAlertmanager(): Promise<Alertmanager> {
  await using cleanup = new AsyncDisposableStack()
  const folder = cleanup.use(await temporaryFolder('alertmanager')).path
  const port = await freePort()
  const url = `http://127.0.0.1:${port}`
  const config = path.join(folder, 'alertmanager.yml')
  await writeFile(config, JSON.stringify({ route: { receiver: 'nobody' }, receivers: [{ name: 'nobody' }] }))
  const flags = [
    `--config.file=${config}`,
    `--storage.path=${path.join(folder, 'data')}`,
    `--web.listen-address=127.0.0.1:${port}`,
    '--cluster.listen-address=',
  ]
  const alerts = async () => (await read(`${url}/api/v2/alerts`)) as Alert[]
  const running = cleanup.use(
    await start(['prometheus-alertmanager', ...flags], {
      what: 'alertmanager',
      folder,
      ready: async () => Array.isArray(await alerts()),
    }),
  )
  const kept = cleanup.move()
  return { url, log: running.log, alerts, [Symbol.asyncDispose]: () => kept.disposeAsync() }
}

function read(url: string): Promise<unknown> {
  return new Promise((resolve, reject) => {
    http.get(url, { agent: false }, (response) => json(response).then(resolve, reject)).on('error', reject)
  })
}
