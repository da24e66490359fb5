import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { type MemoryEngine, type MemoryImage, memoryEngine } from '../../test/kit/memory-engine.ts'
import { DockerError } from '../docker/errors.ts'
import type { Plan } from '../domain/update.ts'
import { systemClock } from '../lib/clock.ts'
import { SILENT } from '../lib/log.ts'
import type { Run, Target, Updater } from './_updater.ts'
import container from './container.ts'

const NEVER = new AbortController().signal
const STEPS = ['fetch', 'verify', 'prepare', 'park', 'swap', 'start', 'gate', 'commit'] as const
const NAME = 'registry.test/web'
const DIGEST = `sha256:${'2'.repeat(64)}`
const TARGET: Target = {
  host: 'here',
  workload: 'docker/here/web',
  name: 'web',
  to: { reference: `${NAME}:latest`, digest: DIGEST },
  gate: { timeoutMs: undefined, soakMs: 0, probe: undefined },
  pins: [],
}
const RUN: Run = {
  id: 'update-1',
  signal: NEVER,
  clock: systemClock,
  log: SILENT,
  act: (_step, _detail, action) => action(),
  note: async () => {},
  keep: async () => {},
  progress() {},
}

const image = (id: string, digest: string): MemoryImage => ({
  Id: `sha256:${id.repeat(64)}`,
  Os: 'linux',
  Architecture: 'amd64',
  Config: { Env: [`VERSION=${id}`] },
  RepoDigests: [`${NAME}@${digest}`],
})
const OLD = image('a', `sha256:${'1'.repeat(64)}`)
const NEW = image('b', DIGEST)

/** A web server that runs, one in its network namespace, one that ended, and an engine that can pull the new image. */
function place(): { engine: MemoryEngine; updater: Updater } {
  const engine = memoryEngine()
  engine.images.set(OLD.Id, OLD)
  engine.tags.set(`${NAME}:latest`, OLD.Id)
  engine.registry.set(`${NAME}@${DIGEST}`, NEW)
  const add = (name: string, id: string, more: { HostConfig?: object; State?: object } = {}) =>
    engine.containers.set(id.repeat(64), {
      Id: id.repeat(64),
      Name: `/${name}`,
      Image: OLD.Id,
      Config: { Image: `${NAME}:latest`, Env: ['MINE=1', 'VERSION=a'], Labels: {} },
      HostConfig: { NetworkMode: 'bridge', RestartPolicy: { Name: 'always' }, Port: name, ...more.HostConfig },
      NetworkSettings: { Networks: {} },
      Mounts: [],
      State: { Status: 'running', Running: true, StartedAt: '2026-01-01T00:00:00Z', ExitCode: 0, ...more.State },
    })
  add('web', '1')
  add('side', '2', { HostConfig: { NetworkMode: `container:${'1'.repeat(64)}` } })
  add('job', '3', { State: { Status: 'exited', Running: false } })
  const parts = { docker: async () => engine.docker, registryAuth: async () => undefined, clock: systemClock }
  const updater = container.create({}, { ...parts, log: SILENT, home: '/', environment: {} })
  return { engine, updater }
}

/** What people would see of the host. */
function seen(engine: MemoryEngine) {
  const containers = [...engine.containers.values()].map(({ Id, Name, Image, HostConfig, State }) => ({
    ...{ Id, Name, Image, running: State.Running },
    policy: (HostConfig.RestartPolicy as { Name: string }).Name,
    network: HostConfig.NetworkMode,
  }))
  return { containers: containers.sort((a, b) => (a.Name < b.Name ? -1 : 1)), tag: engine.tags.get(`${NAME}:latest`) }
}

async function forward(updater: Updater, plan: Plan, from: (typeof STEPS)[number] = 'fetch'): Promise<Plan> {
  let known = plan
  for (const step of STEPS.slice(STEPS.indexOf(from))) {
    known =
      (await updater[step](known, RUN).catch((error: unknown) => {
        throw error instanceof Death ? Object.assign(error, { step }) : error
      })) ?? known
  }
  return known
}

test('the new one takes the place of the old one, and who shared its network shares the new one`s', async () => {
  const { engine, updater } = place()
  const plan = await updater.plan(TARGET, NEVER)
  assert.deepEqual(
    plan.containers.map(({ name, role }) => `${name} ${role}`),
    ['web workload', 'side namespace'],
  )
  const done = await forward(updater, plan)
  assert.deepEqual(done.changes, [{ path: 'Config.Env.VERSION', before: 'a', after: 'b' }])
  const { containers, tag } = seen(engine)
  assert.equal(tag, NEW.Id)
  assert.deepEqual(
    containers.map(({ Name, Image, running, policy }) => [Name, Image === NEW.Id ? 'new' : 'old', running, policy]),
    [
      ['/job', 'old', false, 'always'],
      ['/side', 'old', true, 'always'],
      ['/web', 'new', true, 'always'],
    ],
  )
  const [, side, web] = containers
  assert.equal(side!.network, `container:${web!.Id}`)
  assert.equal(await updater.observe(done, NEVER), 'after')
})

test('what an image would change is told before it is pulled, from its config in the registry', async () => {
  const { engine, updater } = place()
  const plan = await updater.plan(TARGET, NEVER)
  const changes = [
    { path: 'Config.Env.VERSION', before: 'a', after: 'b' },
    { path: 'Config.WorkingDir', before: undefined, after: '/new' },
  ]
  const config = { os: 'linux', architecture: 'amd64', config: { Env: ['VERSION=b'], WorkingDir: '/new' } }
  assert.deepEqual(updater.preview!(plan, config).changes, changes)
  assert.deepEqual(engine.changes, [])
})

test('an image that ends at once is put back as if nothing had happened', async () => {
  const { engine, updater } = place()
  engine.broken.add(NEW.Id)
  const before = seen(engine)
  const plan = await updater.plan(TARGET, NEVER)
  await assert.rejects(forward(updater, plan), { name: 'GateError', message: /exit code 1/ })
  const known = { ...plan, to: { ...plan.to, imageId: NEW.Id } }
  await updater.rollBack(known, RUN)
  assert.deepEqual(seen(engine), before)
  assert.equal(await updater.observe(known, NEVER), 'before')
})

/** The updater dies at a call that changes something: before the engine has done it, or after. */
class Death extends Error {
  /** In which step. */
  readonly step: (typeof STEPS)[number] = 'fetch'
}

describe('cut off at any call', () => {
  const calls = async (): Promise<number> => {
    const { engine, updater } = place()
    await forward(updater, await updater.plan(TARGET, NEVER))
    return engine.changes.length
  }

  for (const moment of ['before', 'after'] as const) {
    test(`${moment} it is done: going back shows what was, going on shows what was to be`, async () => {
      const total = await calls()
      assert.ok(total > 15)
      for (let nth = 1; nth <= total; nth++) {
        for (const way of ['back', 'on'] as const) {
          const { engine, updater } = place()
          const before = seen(engine)
          let count = 0
          engine[moment] = () => {
            if (++count === nth) throw new Death(`call ${nth}`)
          }
          const plan = await updater.plan(TARGET, NEVER)
          const death = await forward(updater, plan).then(
            () => assert.fail(),
            (error: unknown) => error,
          )
          assert.ok(death instanceof Death, String(death))
          engine[moment] = () => {}
          const known = { ...plan, to: { ...plan.to, imageId: NEW.Id } }
          // Where the old one is being removed the new one has passed its gate, and there is no way back.
          const isCommitting = engine.changes.some((call) => call.startsWith('DELETE /containers'))
          if (way === 'back' && !isCommitting) {
            await updater.rollBack(known, RUN)
            assert.deepEqual(seen(engine), before, `${moment} call ${nth}: ${engine.changes.join(', ')}`)
          } else {
            await forward(updater, known, death.step)
            const names = seen(engine).containers.map(({ Name, running }) => `${Name} ${running}`)
            assert.deepEqual(names, ['/job false', '/side true', '/web true'], `${moment} call ${nth}`)
          }
        }
      }
    })
  }
})

test('a container that somebody else made meanwhile is left alone', async () => {
  const { engine, updater } = place()
  const plan = await updater.plan(TARGET, NEVER)
  const known = { ...plan, to: { ...plan.to, imageId: NEW.Id } }
  for (const step of STEPS.slice(0, 4)) await updater[step](known, RUN)
  const foreign = { ...structuredClone(engine.containers.get('1'.repeat(64))!), Id: '9'.repeat(64), Name: '/web' }
  engine.containers.set(foreign.Id, foreign)
  assert.equal(await updater.observe(known, NEVER), 'foreign')
  await assert.rejects(updater.rollBack(known, RUN), /belongs to a container that somebody else made/)
  assert.ok(engine.containers.has(foreign.Id))
  assert.equal(engine.containers.get('1'.repeat(64))!.State.Running, true)
})

test('what the engine says no to is told with what it said', async () => {
  const { engine, updater } = place()
  engine.registry.clear()
  const plan = await updater.plan(TARGET, NEVER)
  await assert.rejects(updater.fetch(plan, RUN), DockerError)
  await assert.rejects(updater.plan({ ...TARGET, name: 'nobody' }, NEVER), /There is no container "nobody"/)
})
