import assert from 'node:assert/strict'
import { mkdir, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { after, before, describe, test } from 'node:test'
import { type DockerProxy, type PassingCall, startDockerProxy } from '../kit/docker-proxy.ts'
import { type DockerDaemon, startDockerDaemon } from '../kit/parts/docker-daemon.ts'
import { needs } from '../kit/parts/needs.ts'
import { buildOwnImage, OWN_MAIN, OWN_NODE, type OwnImage, type OwnImageOptions } from '../kit/parts/own-image.ts'
import { freePort } from '../kit/parts/program.ts'
import { type Registry, startRegistry } from '../kit/parts/registry.ts'
import { until } from '../kit/parts/until.ts'

// Seaworthy in a container of its own image, with the engine's socket and its data mounted, updates that very container.

const HELPER = 'seaworthy.internal.helper'
/** Version 3 comes up as a container and never as a server. */
const MUTE = ['/bin/sh', '-c', 'trap "exit 0" TERM; while :; do sleep 1; done']

interface Ship extends AsyncDisposable {
  readonly name: string
  readonly id: string
  readonly proxy: DockerProxy
  /** A new image under the tag that it runs; known to it when this resolves. */
  publish(options: OwnImageOptions): Promise<void>
  /** A command of its own, in its container. */
  run(...args: readonly string[]): Promise<string>
  /** Its last update, when that is at its end and no helper is left. */
  ended(): Promise<StoredUpdate>
  /** The one container that bears its name, after it was seen to that no other does. */
  only(): Promise<Inspected>
  /** Processes of the helper, as this machine numbers them. */
  helpers(): Promise<{ id: string; pid: number }[]>
  read<Row>(sql: string): Row[]
}

interface StoredUpdate {
  readonly id: string
  readonly phase: string
  readonly error: string | null
}

interface Inspected {
  readonly Id: string
  readonly Image: string
  readonly Config: { readonly Env: readonly string[] }
  readonly State: { readonly Running: boolean; readonly Pid: number }
  readonly HostConfig: { readonly RestartPolicy: { readonly Name: string } }
}

interface Outlook {
  readonly name: string
  readonly blockers: readonly string[]
}

const isPost = (part: string) => (call: PassingCall) => call.method === 'POST' && call.path.includes(part)
const isRename = (to: RegExp) => (call: PassingCall) =>
  call.method === 'POST' && to.test(/\/rename\?name=(.*)$/.exec(call.path)?.[1] ?? '')

/** Each call of a helper that changes something. */
const CALLS: Record<string, (call: PassingCall) => boolean> = {
  'creation of the new': (call) => isPost('/containers/create')(call) && call.path.includes('__next_'),
  'policy update': isPost('/update'),
  'rename of the old': isRename(/__prev_/),
  'rename of the new': isRename(/^[a-z0-9-]+$/),
  stop: isPost('/stop'),
  start: isPost('/start'),
  'keeping of the image': (call) => isPost('/tag?')(call) && call.path.includes('seaworthy.internal'),
  'removal of the old': (call) => call.method === 'DELETE' && call.path.startsWith('/containers/'),
}

/** Those before which something else holds than after the call before them: nobody serves, or nobody did yet. */
const BEFORE: readonly string[] = ['creation of the new', 'stop', 'start']

const BACK: Record<string, (call: PassingCall) => boolean> = {
  'rename of the new away': isRename(/__next_/),
  'start of the old': isPost('/start'),
  'removal of the new': (call) => call.method === 'DELETE' && call.path.startsWith('/containers/'),
}

describe('Seaworthy updates itself', { skip: await needs('docker daemon', 'registry') }, () => {
  let registry: Registry
  let daemon: DockerDaemon
  let image: OwnImage
  const cleanup = new AsyncDisposableStack()
  before(async () => {
    registry = cleanup.use(await startRegistry())
    daemon = cleanup.use(await startDockerDaemon())
    image = cleanup.use(await buildOwnImage())
  })
  after(() => cleanup.disposeAsync())

  let count = 0
  const launch = (updates: string): Promise<Ship> =>
    launchShip({ registry, daemon, image, name: `ship${count++}`, updates })

  test('by itself, when its settings say so: the data are kept, no helper and no old container is left', async () => {
    await using ship = await launch('{ self: true, mode: auto, gate: { soak: 300ms } }')
    await ship.publish({ version: '2' })
    const update = await ship.ended()
    assert.equal(update.phase, 'committed', String(update.error))
    const now = await ship.only()
    assert.notEqual(now.Id, ship.id)
    assert.ok(now.Config.Env.includes(`SHIP=${ship.name} 2`))
    assert.equal(now.HostConfig.RestartPolicy.Name, 'always')
    const [report] = ship.read<{ value: string }>("select value from setting where key = 'self.report'")
    assert.equal(JSON.parse(report!.value).container, now.Id)
    const steps = ship.read<{ step: string }>('select step from update_step').map(({ step }) => step)
    for (const step of ['pull', 'hand-over', 'stop', 'start', 'reported', 'remove-old']) assert.ok(steps.includes(step))
  })

  test('a new one that does not report goes, the same old container runs again, its image is in quarantine', async () => {
    await using ship = await launch('{ self: true, gate: { soak: 300ms, timeout: 4s } }')
    await ship.publish({ version: '3', cmd: MUTE })
    await ship.run('update', ship.name, '--no-wait')
    const update = await ship.ended()
    assert.equal(update.phase, 'rolled-back')
    assert.match(String(update.error), /did not report within 4 s/)
    const now = await ship.only()
    assert.equal(now.Id, ship.id)
    assert.equal(now.HostConfig.RestartPolicy.Name, 'always')
    assert.equal(ship.read('select 1 from quarantine').length, 1)
    assert.match(await ship.run('version'), /\d/)
  })

  test('by default it only tells', async () => {
    await using ship = await launch('{ mode: auto }')
    await ship.publish({ version: '2' })
    await assert.rejects(
      ship.run('update', ship.name),
      /itself runs in; set updates\.self to true, or update it yourself/,
    )
    const outlooks = JSON.parse(await ship.run('workloads', '--json')) as Outlook[]
    const outlook = outlooks.find(({ name }) => name === ship.name)
    assert.match(String(outlook?.blockers), /itself runs in/)
    assert.equal((await ship.only()).Id, ship.id)
    assert.equal(ship.read('select 1 from "update"').length, 0)
  })

  // None of these does anything by itself, so that they may do it beside one another.
  describe('whatever becomes of its helper', { concurrency: 3 }, () => {
    for (const [what, fits] of Object.entries(CALLS)) {
      for (const moment of BEFORE.includes(what) ? (['before', 'after'] as const) : (['after'] as const)) {
        test(`the helper dies ${moment} the ${what}: somebody serves, nothing is left over`, async () => {
          await using ship = await launch('{ self: true, gate: { soak: 300ms } }')
          await ship.publish({ version: '2' })
          const died = dieAt(ship, { fits, moment })
          await ship.run('update', ship.name, '--no-wait')
          const update = await ship.ended()
          assert.equal(died.times, 1, 'it was killed')
          await assertServes(ship, update)
        })
      }
    }

    for (const [what, fits] of Object.entries(BACK)) {
      test(`the helper dies on the way back, after the ${what}: the old one serves, nothing is left over`, async () => {
        await using ship = await launch('{ self: true, gate: { soak: 300ms, timeout: 3s } }')
        await ship.publish({ version: '3', cmd: MUTE })
        let isBack = false
        const onWayBack = (call: PassingCall): boolean => {
          isBack ||= isRename(/__next_/)(call)
          return isBack && fits(call)
        }
        const died = dieAt(ship, { fits: onWayBack, moment: 'after' })
        await ship.run('update', ship.name, '--no-wait')
        const update = await ship.ended()
        assert.equal(died.times, 1, 'it was killed')
        assert.equal(update.phase, 'rolled-back')
        await assertServes(ship, update)
      })
    }

    test('a helper that a person removes is followed by another one', async () => {
      await using ship = await launch('{ self: true, gate: { soak: 300ms } }')
      await ship.publish({ version: '2' })
      const removed: string[] = []
      ship.proxy.rules = [
        {
          fits: CALLS['rename of the old']!,
          before: async () => {
            ship.proxy.rules = []
            for (const { id } of await ship.helpers()) {
              removed.push(id)
              await daemon.docker('rm', '--force', id)
            }
            return 'reset'
          },
        },
      ]
      await ship.run('update', ship.name, '--no-wait')
      const update = await ship.ended()
      assert.equal(removed.length, 1)
      await assertServes(ship, update)
    })
  })
})

/** Kills the process in the helper at the first call that fits, as the kernel does when memory runs out. */
function dieAt(
  ship: Ship,
  { fits, moment }: { fits: (call: PassingCall) => boolean; moment: 'before' | 'after' },
): { times: number } {
  const died = { times: 0 }
  let armed = false
  const die = async (): Promise<'reset'> => {
    ship.proxy.rules = []
    died.times++
    for (const { pid } of await ship.helpers()) process.kill(pid, 'SIGKILL')
    return 'reset'
  }
  ship.proxy.rules = [
    {
      fits(call) {
        // The start of the helper itself is the server's.
        const isArmed = armed
        armed ||= isPost('/start')(call)
        return isArmed && fits(call)
      },
      [moment]: die,
    },
  ]
  return died
}

/** One container under its name that runs with its policy, and a journal that is closed. */
async function assertServes(ship: Ship, update: StoredUpdate): Promise<void> {
  const now = await ship.only()
  const seen = JSON.stringify({ update, id: now.Id, old: ship.id })
  assert.ok(now.State.Running, seen)
  assert.equal(now.HostConfig.RestartPolicy.Name, 'always', seen)
  assert.ok(['committed', 'rolled-back'].includes(update.phase), seen)
  assert.equal(now.Id === ship.id, update.phase === 'rolled-back', seen)
  assert.match(await ship.run('updates', '--json'), new RegExp(update.id))
}

interface Launching {
  readonly registry: Registry
  readonly daemon: DockerDaemon
  readonly image: OwnImage
  readonly name: string
  /** The section `updates`, as YAML in one line. */
  readonly updates: string
}

async function launchShip({ registry, daemon, image, name, updates }: Launching): Promise<Ship> {
  await using cleanup = new AsyncDisposableStack()
  const proxy = cleanup.use(await startDockerProxy(daemon.socket))
  const data = path.join(daemon.folder, `${name}-data`)
  const port = await freePort()
  const reference = `${registry.address}/${name}:latest`
  await mkdir(data)
  await writeFile(
    path.join(data, 'seaworthy.yml'),
    `server: { port: ${port}, host: 127.0.0.1 }
watch: { schedule: "", runOnStartup: false }
db: { path: /data/seaworthy.db }
updates: ${updates}
providers:
  docker: { endpoint: "unix:///var/run/docker.sock", watchByDefault: true }
`,
  )
  // Two of them are no two names of one image: what one keeps for a rollback would be kept for the other.
  await image.push(registry, { repository: name, tag: 'latest' }, { version: `${name} 1` })
  cleanup.defer(async () => {
    const left = await listIds(daemon, ['--filter', `name=^${name}(__|$)`])
    if (left.length > 0) await daemon.docker('rm', '--force', '--volumes', ...left)
  })
  const mounts = ['--volume', `${proxy.socket}:/var/run/docker.sock`, '--volume', `${data}:/data`]
  const asked = ['--detach', '--name', name, '--restart', 'always', '--network', 'host', ...mounts]
  const id = (await daemon.docker('run', ...asked, reference)).trim()
  const answers = async (): Promise<boolean> => (await fetch(`http://127.0.0.1:${port}/healthcheck`)).ok
  await until(answers, { what: 'the server in its container to answer' }).catch(async (error: unknown) => {
    throw new Error(`${String(error)}: ${await daemon.docker('logs', name)}`)
  })
  const read = <Row>(sql: string): Row[] => readRows<Row>(path.join(data, 'seaworthy.db'), sql)
  const run = async (...args: readonly string[]): Promise<string> => {
    const own = args[0] === 'version' ? [] : ['--config', '/data/seaworthy.yml']
    return await daemon.docker('exec', name, OWN_NODE, OWN_MAIN, ...args, ...own)
  }
  const helpers = () => listIds(daemon, ['--filter', `label=${HELPER}`, '--filter', `name=^${name}__`])
  const kept = cleanup.move()
  return {
    ...{ name, id, proxy, read, run },
    async publish(options) {
      await image.push(
        registry,
        { repository: name, tag: 'latest' },
        { ...options, version: `${name} ${options.version}` },
      )
      await run('check', '--image', reference)
    },
    async ended() {
      const closed = async (): Promise<StoredUpdate | undefined> => {
        const [last] = read<StoredUpdate>('select id, phase, error from "update" order by started_at desc limit 1')
        const isAtEnd = ['committed', 'rolled-back', 'needs-operator'].includes(last?.phase ?? '')
        return isAtEnd && (await helpers()).length === 0 ? last : undefined
      }
      try {
        return await until(closed, { what: 'the update to end', timeoutMs: 110_000, everyMs: 100 })
      } catch (error) {
        const steps = read('select phase, step, kind, detail from update_step order by id')
        const all = await listIds(daemon, [])
        const logs = await Promise.all(all.map((each) => daemon.docker('logs', '--tail', '15', each)))
        const shown = await daemon.docker('ps', '--all')
        throw new Error(`${String(error)}\n${shown}\n${JSON.stringify(steps, undefined, 1)}\n${logs.join('\n---\n')}`)
      }
    },
    async only() {
      const ids = await listIds(daemon, ['--filter', `name=^${name}(__|$)`])
      assert.equal(ids.length, 1, await daemon.docker('ps', '--all'))
      const answer = async (): Promise<boolean> => await answers()
      await until(answer, { what: 'the server to answer' })
      return (JSON.parse(await daemon.docker('inspect', name)) as Inspected[])[0]!
    },
    async helpers() {
      const ids = await helpers()
      const all = ids.length === 0 ? [] : (JSON.parse(await daemon.docker('inspect', ...ids)) as Inspected[])
      return all.filter(({ State }) => State.Pid > 0).map(({ Id, State }) => ({ id: Id, pid: State.Pid }))
    },
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  }
}

async function listIds(daemon: DockerDaemon, filter: readonly string[]): Promise<string[]> {
  return (await daemon.docker('ps', '--all', '--quiet', '--no-trunc', ...filter)).split('\n').filter(Boolean)
}

function readRows<Row>(file: string, sql: string): Row[] {
  const database = new DatabaseSync(file, { readOnly: true })
  try {
    return database.prepare(sql).all() as Row[]
  } finally {
    database.close()
  }
}
