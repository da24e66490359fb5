import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import path from 'node:path'
import type { PushOptions } from '../../kit/parts/push-image.ts'
import type { Inspect } from '../_case.ts'
import type { PlayedCase } from '../_played.ts'
import type { Stage, Told } from '../_stage.ts'
import { openWeb, playNext, tryNext, unreachable } from '../_web.ts'
import { playApart } from './compose-apart.ts'

// Services of compose projects: what `docker compose up -d` makes of them afterwards.

const SIDE = ['  side:', '    image: IMAGE:latest', '    command: sleep 100000', '    stop_grace_period: 0s']

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
    only: { engines: ['1.45', '1.51'], reason: 'this engine has only its own image store' },
    async play(stage) {
      const config = path.join(stage.daemon.folder, 'containerd.json')
      await writeFile(config, '{"features": {"containerd-snapshotter": true}}')
      const other = await stage.elsewhere(`--config-file=${config}`, '--storage-driver=native')
      assert.match(await other.daemon.docker('info', '--format', '{{.DriverStatus}}'), /io\.containerd\.snapshotter/)
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
    play: (stage) => playReplicas(stage, 1),
  },
  {
    id: 'C07b',
    given: 'the same, where several updates may be under way at once',
    holds: 'the same',
    play: (stage) => playReplicas(stage, 2),
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

/** @param parallel how many updates may be under way at once */
async function playReplicas(stage: Stage, parallel: number): Promise<void> {
  await stage.push('one')
  const { project } = await openWeb(stage, ['deploy: {replicas: 2}', 'stop_grace_period: 0s'])
  const names = [1, 2].map((number) => `${project.name}-web-${number}`)
  const before = await Promise.all(names.map(stage.inspect))
  await stage.push('two')
  const program = await stage.program({ updates: `  parallel: ${parallel}` })
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
}

function numberOf({ Config }: Inspect): string | undefined {
  return Config.Labels['com.docker.compose.container-number']
}

/** When the old container was stopped. */
function stoppedAt({ steps }: Told['updates'][number]): string {
  return steps.find(({ step }) => step === 'stop')?.at ?? ''
}
