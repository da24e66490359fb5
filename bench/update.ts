import path from 'node:path'
import { createDockerClient, type DockerClient } from '../src/docker/client.ts'
import type { Plan, Update } from '../src/domain/update.ts'
import { driveUpdate } from '../src/engine/rollout/drive.ts'
import { createHolder } from '../src/engine/rollout/holder.ts'
import { systemClock } from '../src/lib/clock.ts'
import { SILENT } from '../src/lib/log.ts'
import { openStore, type Store } from '../src/store/open.ts'
import { insertUpdate, listSteps } from '../src/store/update-journal.ts'
import type { Updater } from '../src/updaters/_updater.ts'
import container from '../src/updaters/container.ts'
import { type DockerDaemon, startDockerDaemon } from '../test/kit/parts/docker-daemon.ts'
import { needs } from '../test/kit/parts/needs.ts'
import { pushImage } from '../test/kit/parts/push-image.ts'
import { type Registry, startRegistry } from '../test/kit/parts/registry.ts'
import { type Bench, median, type Row } from './row.ts'

const ROUNDS = 9
const NEVER = new AbortController().signal
const NAME = 'web'

/** How long nothing serves while a container is replaced, beside a bare stop and start of the same container. */
export const updateBenches: readonly Bench[] = [{ name: 'gap', run: gap }]

interface Place {
  readonly daemon: DockerDaemon
  readonly registry: Registry
  readonly docker: DockerClient
  readonly updater: Updater
  readonly store: Store
}

async function gap(): Promise<Row[]> {
  const missing = await needs('docker daemon', 'registry')
  if (missing !== false) throw new Error(`The gap cannot be measured here: ${missing}`)
  await using registry = await startRegistry()
  await using daemon = await startDockerDaemon()
  await using docker = createDockerClient({ endpoint: `unix://${daemon.socket}`, home: '/' })
  await using store = await openStore(path.join(daemon.folder, 'journal.db'), { now: systemClock.now })
  const updater = container.create(
    {},
    {
      docker: async () => docker,
      registryAuth: async () => undefined,
      clock: systemClock,
      log: SILENT,
      home: '/',
      environment: {},
    },
  )
  const place: Place = { daemon, registry, docker, updater, store }
  await pushImage(registry, NAME, 'latest', { version: '0', runnable: true })
  await daemon.docker('pull', referenceOf(registry))
  await daemon.docker('run', '--detach', '--name', NAME, '--network', 'bridge', referenceOf(registry))
  const bare: number[] = []
  const updated: number[] = []
  const journal: number[] = []
  const whole: number[] = []
  // Turn by turn, so that whatever else the machine does meets both alike.
  for (let round = 1; round <= ROUNDS; round++) {
    bare.push(await gapOf(place, bareRestart))
    const { digest } = await pushImage(registry, NAME, 'latest', { version: String(round), runnable: true })
    let end: Update | undefined
    updated.push(
      await gapOf(place, async () => {
        end = await update(place, digest)
      }),
    )
    whole.push(Date.parse(end!.changedAt) - Date.parse(end!.startedAt))
    journal.push(await journalCost(store, end!))
  }
  return [
    {
      name: 'old container stopped to new one started',
      measured: median(updated),
      unit: 'ms',
      limit: 1.2 * median(bare),
      note: `1.2 × a bare stop and start: median of ${ROUNDS} turns ${median(bare).toFixed(0)} ms, best ${Math.min(...bare).toFixed(0)} ms; update's best ${Math.min(...updated).toFixed(0)} ms`,
    },
    {
      name: 'journal of an update',
      measured: median(journal),
      unit: 'ms',
      limit: 0.2 * median(whole),
      note: `a fifth of the update without its soak, median ${median(whole).toFixed(0)} ms`,
    },
  ]
}

async function bareRestart({ docker }: Place): Promise<void> {
  await docker.request('POST', `/containers/${NAME}/stop`)
  await docker.request('POST', `/containers/${NAME}/start`)
}

/** Milliseconds from the end of one process to the start of the next, by the engine's own events. */
async function gapOf(place: Place, act: (place: Place) => Promise<void>): Promise<number> {
  const since = (Date.now() / 1000).toFixed(3)
  await act(place)
  const until = ((Date.now() + 50) / 1000).toFixed(3)
  const filters = ['--filter', 'event=die', '--filter', 'event=start']
  const text = await place.daemon.docker(
    'events',
    '--since',
    since,
    '--until',
    until,
    ...filters,
    '--format',
    '{{json .}}',
  )
  const events = text
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as { Action: string; timeNano: number })
  const died = events.find(({ Action }) => Action === 'die')!
  const started = events.find(({ Action }) => Action === 'start')!
  return (started.timeNano - died.timeNano) / 1e6
}

async function update({ registry, updater, store }: Place, digest: string): Promise<Update> {
  const plan: Plan = await updater.plan(
    {
      host: 'local',
      workload: `docker/local/${NAME}`,
      name: NAME,
      to: { reference: referenceOf(registry), digest },
      gate: { timeoutMs: undefined, soakMs: 0, probe: undefined },
      pins: [],
    },
    NEVER,
  )
  const begun = await insertUpdate(store.db, { plan, cause: 'manual', actor: 'bench', now: new Date() })
  const end = await driveUpdate(
    {
      db: store.db,
      clock: systemClock,
      log: SILENT,
      holder: createHolder({ hostname: 'bench', pid: process.pid, instance: 'one', isAlive: () => true }),
      updater: () => updater,
      changed() {},
      onProgress() {},
      before: async () => {},
      reached: async () => {},
    },
    begun!.id,
    NEVER,
  )
  if (end.phase !== 'committed') throw new Error(`The update ended ${end.phase}: ${end.error}`)
  return end
}

/** As many rows as the update wrote, written again by themselves. */
async function journalCost({ db }: Store, { id }: Update): Promise<number> {
  const steps = await listSteps(db, id)
  const began = performance.now()
  for (const { id: _, ...step } of steps)
    await db
      .insertInto('update_step')
      .values({ ...step, detail: JSON.stringify(step.detail) })
      .execute()
  return performance.now() - began
}

function referenceOf({ address }: Registry): string {
  return `${address}/${NAME}:latest`
}
