import assert from 'node:assert/strict'
import { rename } from 'node:fs/promises'
import type { PushOptions } from '../../kit/parts/push-image.ts'
import type { Inspect } from '../_case.ts'
import type { PlayedCase } from '../_played.ts'
import { ended, type Project, type ProjectOptions, type Stage, type Told } from '../_stage.ts'

// Services of compose projects: what `docker compose up -d` makes of them afterwards.

const SIDE = ['  side:', '    image: IMAGE:latest', '    command: sleep 100000', '    stop_grace_period: 0s']
const WELL = { Test: ['CMD', 'test', '-e', '/www/version'], Interval: 300_000_000, Timeout: 1_000_000_000, Retries: 3 }
const SICK = { ...WELL, Test: ['CMD', 'false'] }

export const composeCases: readonly PlayedCase[] = [
  {
    id: 'C01',
    given: 'a service has a new build of its tag',
    holds: 'it runs it, and the next `docker compose up -d` changes nothing',
    play: (stage) => playDigest(stage, ['restart: always', 'volumes: [/data]']),
  },
  {
    id: 'C02',
    given: 'the same, pinned to a platform',
    holds: 'the same',
    play: (stage) => playDigest(stage, ['platform: linux/amd64'], { platforms: ['linux/amd64', 'linux/arm64'] }),
  },
  {
    id: 'C02b',
    given: 'the same on the image store of containerd, pinned to a platform and not',
    holds: 'the same',
    only: { engines: ['1.51'], reason: 'its image store cannot be switched on reliably here' },
    async play(stage) {
      const other = await stage.elsewhere('--feature=containerd-snapshotter=true', '--storage-driver=native')
      const shape = { platforms: ['linux/amd64', 'linux/arm64'] }
      await playDigest(other, [], shape)
      await playDigest(other, ['platform: linux/amd64'], shape)
      await playApart(other, shape)
    },
  },
  {
    id: 'C03',
    given: 'another service has its network mode: `service:web`',
    holds: 'both are made anew, the other one is in the new network, and `up` changes nothing',
    async play(stage) {
      await stage.push('one')
      const { container, project } = await openWeb(stage, [], [...SIDE, '    network_mode: service:web'])
      const before = await stage.inspect('c03-side-1')
      await playNext(stage, container)
      const [web, side] = [await stage.inspect(container), await stage.inspect('c03-side-1')]
      assert.notEqual(side.Id, before.Id)
      assert.equal(side.HostConfig.NetworkMode, `container:${web.Id}`)
      assert.match(await stage.exec(side.Name.slice(1), 'ip', '-o', 'link'), /eth0/)
      await project.expectSettled()
    },
  },
  {
    id: 'C06',
    given: 'configs with their content in the file, and secrets out of the environment',
    holds: 'they are still in the container, also after the next `up`',
    async play(stage) {
      await stage.push('one')
      const { container, project } = await openWeb(stage, ...INLINE)
      await playNext(stage, container)
      await expectInline(stage, container)
      await project.expectSettled()
      await expectInline(stage, container)
    },
  },
  {
    id: 'C06b',
    given: 'the same, and the files of the project cannot be read',
    holds: 'they are still in the container, or the update was refused',
    async play(stage) {
      await stage.push('one')
      const { container, project } = await openWeb(stage, ...INLINE)
      const told = await unreachable(project, async () => await tryNext(stage, container))
      await expectInline(stage, container)
      assert.match(told.text, /committed|config|secret/)
    },
  },
  {
    id: 'C07',
    given: 'a service of two replicas',
    holds: 'both are replaced, one at a time, with their numbers and names; `up` changes nothing',
    async play(stage) {
      await stage.push('one')
      const settings = ['deploy: {replicas: 2}', 'stop_grace_period: 0s']
      const { project } = await openWeb(stage, settings)
      const names = ['c07-web-1', 'c07-web-2']
      const before = await Promise.all(names.map(stage.inspect))
      await stage.push('two')
      const program = await stage.program({ updates: '  parallel: 2' })
      await program.check()
      const told = await program.update(...names)
      assert.equal(told.code, 0, told.text)
      const after = await Promise.all(names.map(stage.inspect))
      for (const [index, name] of names.entries()) {
        assert.notEqual(after[index]!.Id, before[index]!.Id)
        assert.equal(numberOf(after[index]!), numberOf(before[index]!))
        assert.equal(await stage.version(name), 'two')
      }
      const [first, second] = told.updates.toSorted((a, b) => (stoppedAt(a) < stoppedAt(b) ? -1 : 1))
      assert.ok(stoppedAt(second!) >= (first!.update.finishedAt ?? ''), `both were down at once: ${told.text}`)
      await project.expectSettled()
    },
  },
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
  {
    id: 'C12',
    given: 'a service of a profile that is not on, one of a profile that is, and a `docker compose run` that goes on',
    holds: 'the first is not made, the second is updated, the third is left alone',
    async play(stage) {
      await stage.push('one')
      const more = ['off', 'on'].flatMap((name) => [
        `  ${name}:`,
        '    image: IMAGE:latest',
        `    profiles: [${name}]`,
        '    init: true',
      ])
      const { project } = await openWeb(stage, [], more)
      await project.compose('up', '-d', 'on')
      const run = (await project.compose('run', '--detach', '--no-deps', 'web')).trim().split('\n').at(-1)!
      const before = await stage.inspect(run)
      await stage.push('two')
      const program = await stage.program()
      await program.check()
      const told = await program.update('--all')
      assert.deepEqual(told.updates.map(({ update }) => [update.plan.name, update.phase]).sort(), [
        ['c12-on-1', 'committed'],
        ['c12-web-1', 'committed'],
      ])
      const after = await stage.inspect(run)
      assert.deepEqual([after.Id, after.State.StartedAt], [before.Id, before.State.StartedAt])
      assert.equal(await stage.version('c12-on-1'), 'two')
      const names = (await project.containers()).map((line) => line.split(' ')[0])
      assert.deepEqual(names, ['c12-on-1', after.Name.slice(1), 'c12-web-1'].sort())
      await project.expectSettled()
    },
  },
]

const INLINE = [
  ['configs: [{source: c, target: /etc/c}]', 'secrets: [t]'],
  ['configs: {c: {content: hello}}', 'secrets: {t: {environment: TOKEN}}'],
  { 'compose.env': 'TOKEN=42\n' },
] as const

async function expectInline(stage: Stage, container: string): Promise<void> {
  assert.equal(await stage.exec(container, 'cat', '/etc/c'), 'hello')
  assert.equal(await stage.exec(container, 'cat', '/run/secrets/t'), '42')
}

/** A project of the service `web` and what else there is, from the case's image. `.env` is what `compose.env` holds. */
export async function openWeb(
  stage: Stage,
  settings: readonly string[] = [],
  more: readonly string[] = [],
  files: Readonly<Record<string, string>> = {},
  options: ProjectOptions = {},
): Promise<{ readonly project: Project; readonly container: string }> {
  const lines = ['services:', '  web:', '    image: IMAGE:latest', ...settings.map((line) => `    ${line}`), ...more]
  const { 'compose.env': env, ...rest } = files
  const all = { 'compose.yml': `${lines.join('\n')}\n`, ...(env === undefined ? {} : { '.env': env }), ...rest }
  const project = await stage.project(all, options)
  return { project, container: `${project.name}-web-1` }
}

/** Pushes version `two` and lets a program update a container to it. */
export async function tryNext(stage: Stage, container: string, next: PushOptions = {}): Promise<Told> {
  await stage.push('two', next)
  const program = await stage.program()
  await program.check()
  return await program.update(container)
}

/** The same, and it has to go well, through compose unless told. */
export async function playNext(stage: Stage, container: string, { updater = 'compose', ...next }: Next = {}) {
  const told = await tryNext(stage, container, next)
  const { update } = ended(told, 'committed')
  assert.equal(update.plan.updater, updater, told.text)
  assert.equal(await stage.version(container), 'two')
  return update
}

interface Next extends PushOptions {
  readonly updater?: 'compose' | 'container'
}

/** Takes the project's folder away while something is done. */
export async function unreachable<Result>({ folder }: Project, work: () => Promise<Result>): Promise<Result> {
  await rename(folder, `${folder}.away`)
  try {
    return await work()
  } finally {
    await rename(`${folder}.away`, folder)
  }
}

async function playDigest(stage: Stage, settings: readonly string[], shape: PushOptions = {}): Promise<void> {
  await stage.push('one', shape)
  await stage.daemon.docker('pull', '--quiet', stage.image)
  const { container, project } = await openWeb(stage, settings)
  const text = await project.read('compose.yml')
  await project.expectSettled()
  await playNext(stage, container, shape)
  assert.equal(await project.read('compose.yml'), text)
  await project.expectSettled()
}

async function playApart(stage: Stage, shape: PushOptions = {}): Promise<void> {
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

function numberOf({ Config }: Inspect): string | undefined {
  return Config.Labels['com.docker.compose.container-number']
}

/** When the old container was stopped. */
function stoppedAt({ steps }: Told['updates'][number]): string {
  return steps.find(({ step }) => step === 'stop')?.at ?? ''
}
