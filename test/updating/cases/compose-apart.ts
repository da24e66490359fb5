import assert from 'node:assert/strict'
import { once } from '../../faults/_outcome.ts'
import type { PushOptions } from '../../kit/parts/push-image.ts'
import type { Inspect } from '../_case.ts'
import type { PlayedCase } from '../_played.ts'
import { ended, type Project, type Stage } from '../_stage.ts'
import { openWeb, playNext, tryNext, unreachable } from '../_web.ts'

// What must hold for services whichever way they are updated: through compose, or through the engine alone.

const WELL = { Test: ['CMD', 'test', '-e', '/www/version'], Interval: 300_000_000, Timeout: 1_000_000_000, Retries: 3 }
const SICK = { ...WELL, Test: ['CMD', 'false'] }

export const eitherWayCases: readonly PlayedCase[] = [
  {
    id: 'C08',
    given: 'other services depend on it: with and without `restart: true`, with and without `service_healthy`',
    holds: 'only those with `restart: true` are restarted, and only after it is healthy',
    play: (stage) => playDependants(stage, async (_, work) => await work()),
  },
  {
    id: 'C08b',
    given: 'the same, and the files of the project cannot be read',
    holds: 'the same',
    play: (stage) => playDependants(stage, unreachable),
  },
  {
    id: 'C09',
    given:
      'somebody runs `docker compose up -d` while the old container, with another name, still serves beside the new one',
    holds: 'no data is lost, the journal is closed, and one container serves',
    play: (stage) => playMeddling(stage, '/stop'),
  },
  {
    id: 'C09b',
    given: 'the same, when the old one has been stopped and the new one does not run yet',
    holds: 'the same',
    play: (stage) => playMeddling(stage, '/start'),
  },
  {
    id: 'C10',
    given: 'the new build of its tag is unhealthy',
    holds: 'the old one runs, and `up` does not bring the bad one back',
    play: (stage) => playBadBuild(stage, async (_, work) => await work()),
  },
  {
    id: 'C10b',
    given: 'the same, and the files of the project cannot be read',
    holds: 'the same',
    play: (stage) => playBadBuild(stage, unreachable),
  },
  {
    id: 'C11',
    given: 'the files of the project cannot be read',
    holds: 'it goes through the engine and says why; where they can be read again, `up` changes nothing',
    play: (stage) => playApart(stage),
  },
]

/** An update while the files are away, and `up` when they are back. */
export async function playApart(stage: Stage, shape: PushOptions = {}): Promise<void> {
  await stage.push('one', shape)
  await stage.daemon.docker('pull', '--quiet', stage.image)
  const { container, project } = await openWeb(stage, ['volumes: [/data]'])
  await stage.exec(container, 'touch', '/data/mine')
  const { plan } = await unreachable(project, () => playNext(stage, container, { ...shape, updater: 'container' }))
  assert.match(plan.notes.join('\n'), /compose file .*compose\.yml cannot be read from here/)
  await project.expectSettled()
  assert.equal(await stage.version(container), 'two')
  await stage.exec(container, 'test', '-f', '/data/mine')
}

type Around = <Result>(project: Project, work: () => Promise<Result>) => Promise<Result>

async function playDependants(stage: Stage, around: Around): Promise<void> {
  const kinds = {
    plain: 'condition: service_started, restart: false',
    healthy: 'condition: service_healthy',
    restarted: 'condition: service_started, restart: true',
    both: 'condition: service_healthy, restart: true',
  }
  const more = Object.entries(kinds).flatMap(([service, how]) => [
    `  ${service}:`,
    // Of another name, so that it has nothing newer itself.
    '    image: IMAGE:other',
    `    depends_on: {web: {${how}}}`,
  ])
  const config = { Healthcheck: WELL }
  await stage.push('one', { config })
  await stage.push('other', { tag: 'other' })
  const { container, project } = await openWeb(stage, [], more)
  const look = (service: string) => stage.inspect(`${project.name}-${service}-1`)
  const before = await Promise.all(Object.keys(kinds).map(look))
  const told = await around(project, () => tryNext(stage, container, { config }))
  ended(told, 'committed')
  const web = (await look('web')) as Inspect & { State: { Health: { Log: { ExitCode: number; End: string }[] } } }
  const healthyAt = Date.parse(web.State.Health.Log.find(({ ExitCode }) => ExitCode === 0)!.End)
  for (const [index, service] of Object.keys(kinds).entries()) {
    const after = await look(service)
    assert.equal(after.Id, before[index]!.Id, service)
    const isRestarted = after.State.StartedAt !== before[index]!.State.StartedAt
    assert.equal(isRestarted, ['restarted', 'both'].includes(service), service)
    if (isRestarted) assert.ok(Date.parse(after.State.StartedAt) > healthyAt, `${service} did not wait`)
  }
  await project.expectSettled()
}

async function playBadBuild(stage: Stage, around: Around): Promise<void> {
  await stage.push('one', { config: { Healthcheck: WELL } })
  const { container, project } = await openWeb(stage)
  const before = await stage.inspect(container)
  const told = await around(project, () => tryNext(stage, container, { config: { Healthcheck: SICK } }))
  const { update } = ended(told, 'rolled-back')
  assert.match(update.error ?? '', /unhealthy/)
  assert.equal((await stage.inspect(container)).Image, before.Image)
  await project.expectSettled()
  assert.equal((await stage.inspect(container)).Image, before.Image)
  assert.equal(await stage.version(container), 'one')
}

/** The owner's `up` comes between, right before the engine is asked to do something about the service's container. */
async function playMeddling(stage: Stage, before: '/stop' | '/start'): Promise<void> {
  await stage.push('one')
  const { container, project } = await openWeb(stage, ['volumes: [data:/data, /more]'], ['volumes: {data: {}}'])
  await stage.exec(container, 'touch', '/data/mine', '/more/mine')
  await stage.push('two')
  const proxy = await stage.proxy()
  const program = await stage.program({ socket: proxy.socket, updates: '  compose: { program: /no/such/program }' })
  await program.check()
  const meddled: string[] = []
  const meddle = async () => {
    meddled.push(await project.up().catch(String))
  }
  once({ proxy }, ({ method, path }) => method === 'POST' && path.includes(before), { before: meddle })
  const told = await program.update(container)
  const message = `${told.text}\nup said: ${meddled.join()}\n${(await project.containers()).join('\n')}`
  assert.equal(meddled.length, 1, message)
  const [report] = told.updates
  assert.ok(['committed', 'rolled-back', 'needs-operator'].includes(report?.update.phase ?? ''), message)
  if (report!.update.phase === 'needs-operator') assert.ok(report!.update.commands.length > 0, message)
  const serving = await stage.daemon.docker('ps', '--format', '{{.Names}}', '--filter', `name=^${container}`)
  assert.equal(serving.trim(), container, message)
  await stage.exec(container, 'ls', '/data/mine', '/more/mine')
  await project.up()
  assert.equal((await project.containers()).length, 1, message)
  await stage.exec(container, 'ls', '/data/mine', '/more/mine')
}
