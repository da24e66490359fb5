// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the texts are what people write in compose files.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { mkdir, readFile, stat, symlink, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { after, afterEach, before, describe, test } from 'node:test'
import { createDockerClient, type DockerClient } from '../../src/docker/client.ts'
import { Failure } from '../../src/domain/failure.ts'
import type { Plan } from '../../src/domain/update.ts'
import { systemClock } from '../../src/lib/clock.ts'
import { createComposeCli } from '../../src/updaters/_compose-cli.ts'
import type { SpawnCompose } from '../../src/updaters/_compose-run.ts'
import { bringUp } from '../../src/updaters/_compose-steps.ts'
import type { Run, Target, Updater } from '../../src/updaters/_updater.ts'
import { GateError } from '../../src/updaters/_updater.ts'
import compose from '../../src/updaters/compose.ts'
import { composePlugin } from '../kit/parts/compose.ts'
import { type DockerDaemon, startDockerDaemon } from '../kit/parts/docker-daemon.ts'
import { needs } from '../kit/parts/needs.ts'
import { pushImage } from '../kit/parts/push-image.ts'
import { type Registry, startRegistry } from '../kit/parts/registry.ts'
import { PROVIDER_PARTS } from '../kit/provider.ts'

const WAIT_MS = 60_000
const HEALTHY = { Healthcheck: { Test: ['CMD', 'true'], Interval: 300_000_000, Retries: 2 } }
const SICK = { Healthcheck: { Test: ['CMD', 'false'], Interval: 300_000_000, Retries: 2 } }
const STEPS = ['verify', 'prepare', 'park', 'swap', 'start', 'gate', 'commit'] as const

describe('compose updater and the real compose', { skip: await needs('docker daemon', 'registry') }, () => {
  let daemon: DockerDaemon
  let registry: Registry
  let docker: DockerClient
  let updater: Updater
  const opened: string[] = []

  before(async () => {
    daemon = await startDockerDaemon()
    registry = await startRegistry()
    docker = createDockerClient({ endpoint: `unix://${daemon.socket}`, home: '/' })
    // The plugin is put in place by its first use.
    await daemon.compose('version')
    updater = compose.create(compose.options.parse({}), {
      docker: async () => docker,
      registryAuth: async () => undefined,
      clock: systemClock,
      log: PROVIDER_PARTS.log,
      home: daemon.folder,
      environment: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', HOME: daemon.folder, ...daemon.env },
    })
  })
  after(async () => {
    await docker?.[Symbol.asyncDispose]()
    await registry?.[Symbol.asyncDispose]()
    await daemon?.[Symbol.asyncDispose]()
  })

  // There are few address pools for the networks of projects.
  afterEach(async () => {
    for (const name of opened.splice(0)) await daemon.compose('-p', name, 'down', '--timeout', '0')
  })

  async function push(repository: string, tag: string, version: string, config: Record<string, unknown> = HEALTHY) {
    const { digest } = await pushImage(registry, repository, tag, {
      version,
      config,
      labels: { repository },
      runnable: true,
    })
    return { reference: `${registry.address}/${repository}:${tag}`, digest }
  }

  /** A project of its own, up; in its files `REG` stands for the registry's address. */
  async function project(name: string, files: Record<string, string>) {
    const folder = path.join(daemon.folder, name)
    opened.push(name)
    const at = (file: string) => path.join(folder, file)
    for (const [file, text] of Object.entries(files)) {
      await mkdir(path.dirname(at(file)), { recursive: true })
      await writeFile(at(file), text.replaceAll('REG', registry.address))
    }
    const args = ['-p', name, '--project-directory', folder, '-f', at('compose.yml')]
    const up = () => daemon.compose(...args, 'up', '-d', '--quiet-pull')
    await up()
    return { up, at, read: (file: string) => readFile(at(file), 'utf8'), name: `${name}-web-1` }
  }

  async function inspect(name: string): Promise<{ id: string; image: string; startedAt: string; running: string }> {
    const format = '{{.Id}} {{.Image}} {{.State.StartedAt}} {{.State.Running}}'
    const [id = '', image = '', startedAt = '', running = ''] = (
      await daemon.docker('inspect', '--format', format, name)
    )
      .trim()
      .split(' ')
    return { id, image, startedAt, running }
  }

  const version = async (name: string) => (await daemon.docker('exec', name, 'cat', '/www/version')).trim()

  function target(name: string, to: Target['to']): Target {
    const gate = { timeoutMs: 20_000, soakMs: 300, probe: undefined }
    return { host: 'local', workload: `docker/local/${name}`, name, to, gate, pins: [] }
  }

  async function plan(name: string, to: Target['to']): Promise<Plan> {
    return await updater.plan(target(name, to), AbortSignal.timeout(WAIT_MS))
  }

  /** Takes an update forward, and back when a step fails; returns what was done, and the error. */
  async function update(first: Plan, until: (typeof STEPS)[number] = 'commit') {
    const done: string[] = []
    const run = runThatNotes(done)
    try {
      const fetched = await updater.fetch(first, run)
      for (const step of STEPS.slice(0, STEPS.indexOf(until) + 1)) await updater[step](fetched, run)
      return { done, plan: fetched, error: undefined, back: () => updater.rollBack(fetched, run) }
    } catch (error) {
      const kept = run.kept ?? first
      await updater.rollBack(kept, run)
      return { done, plan: kept, error, back: () => updater.rollBack(kept, run) }
    }
  }

  async function assertSettled(name: string, up: () => Promise<unknown>): Promise<void> {
    const { id } = await inspect(name)
    await up()
    assert.equal((await inspect(name)).id, id, 'docker compose up -d made the container anew')
  }

  const standing = (of: Plan) => updater.observe(of, AbortSignal.timeout(WAIT_MS))

  test('a new digest of the same tag: no file is edited, inline configs stay, dependants restart, up changes nothing', async () => {
    await push('same/app', '1', 'one')
    const { up, at, read, name } = await project('same', {
      '.env': 'TOKEN=42\n',
      'compose.yml': [
        'services:',
        '  web:',
        '    image: REG/same/app:1',
        '    configs: [{source: c, target: /etc/c}]',
        '    secrets: [t]',
        '    volumes: [/data]',
        '  restarted: {image: "REG/same/app:1@DIGEST", depends_on: {web: {condition: service_started, restart: true}}}',
        '  kept: {image: "REG/same/app:1@DIGEST", depends_on: [web]}',
        'configs: {c: {content: hello}}',
        'secrets: {t: {environment: TOKEN}}',
        '',
      ]
        .join('\n')
        .replaceAll('DIGEST', (await push('same/app', '1', 'one')).digest),
    })
    await daemon.docker('exec', name, 'touch', '/data/mine')
    const text = await read('compose.yml')
    const [restarted, kept] = [await inspect('same-restarted-1'), await inspect('same-kept-1')]
    const to = await push('same/app', '1', 'two')
    await writeFile(at('.env'), '')
    await assert.rejects(plan(name, to), /TOKEN, which is not set here/)
    await writeFile(at('.env'), 'TOKEN=42')
    const first = await plan(name, to)
    assert.equal(await standing(first), 'before')
    assert.deepEqual(
      first.containers.map(({ name, role }) => [name, role]),
      [
        [name, 'workload'],
        ['same-restarted-1', 'restart'],
      ],
    )
    const { done, error, plan: last } = await update(first)
    assert.equal(error, undefined)
    assert.deepEqual(done, ['pull', 'keep-image', 'tag', 'up', 'well', 'restart'])
    assert.equal(await version(name), 'two')
    assert.equal(await daemon.docker('exec', name, 'cat', '/etc/c'), 'hello')
    assert.equal(await daemon.docker('exec', name, 'cat', '/run/secrets/t'), '42')
    await daemon.docker('exec', name, 'test', '-f', '/data/mine')
    assert.equal(await read('compose.yml'), text)
    assert.equal(await standing(last), 'after')
    const again = await inspect('same-restarted-1')
    assert.equal(again.id, restarted.id)
    assert.notEqual(again.startedAt, restarted.startedAt)
    assert.deepEqual(await inspect('same-kept-1'), kept)
    await assertSettled(name, up)
    assert.equal(await daemon.docker('exec', name, 'cat', '/etc/c'), 'hello')
  })

  test('a new tag: one scalar of the file behind the link is written, with the mode it had', async () => {
    await push('bump/app', '1.0', 'one')
    const text = '# mine\r\nservices:\r\n  web:\r\n    image: &img "REG/bump/app:1.0"   # the tag\r\n    init: true'
    const folder = path.join(daemon.folder, 'bump')
    await mkdir(folder)
    await symlink(path.join(folder, 'real.yml'), path.join(folder, 'linked.yml'))
    const { up, at, read, name } = await project('bump', {
      'real.yml': text,
      'compose.yml': 'include: [linked.yml]\n',
    })
    const old = {
      image: (await inspect(name)).image,
      text: await read('real.yml'),
      mode: (await stat(at('real.yml'))).mode,
    }
    const first = await plan(name, await push('bump/app', '1.1', 'two'))
    assert.match(first.notes.join(), /linked\.yml:4: .*1\.0 → .*1\.1/)
    const { done, error, back, plan: last } = await update(first)
    assert.equal(error, undefined)
    assert.deepEqual(done, ['pull', 'keep-image', 'tag', 'write-file', 'up', 'well'])
    assert.equal(await read('real.yml'), old.text.replace('app:1.0', 'app:1.1'))
    assert.equal(await read('linked.yml'), await read('real.yml'))
    assert.equal((await stat(at('real.yml'))).mode, old.mode)
    assert.equal(await version(name), 'two')
    assert.equal(await standing(last), 'after')
    await assertSettled(name, up)

    await back()
    assert.equal(await read('real.yml'), old.text)
    assert.equal((await inspect(name)).image, old.image)
    assert.equal(await standing(last), 'before')
    await assertSettled(name, up)
    const { id } = await inspect(name)
    await back()
    assert.equal((await inspect(name)).id, id)
  })

  test('an unhealthy new tag in .env goes back to the old one, and up does not bring it again', async () => {
    await push('env/app', '1.0', 'one')
    const { up, read, name } = await project('env', {
      '.env': '# versions\nexport APP="1.0" # app\n',
      'compose.yml': 'services:\n  web:\n    image: REG/env/app:${APP:?}\n',
    })
    const bad = await update(await plan(name, await push('env/app', '1.1', 'bad', SICK)))
    assert.ok(bad.error instanceof GateError, String(bad.error))
    assert.deepEqual(bad.done.slice(0, 5), ['pull', 'keep-image', 'tag', 'write-file', 'up'])
    assert.deepEqual(bad.done.slice(-3), ['write-file-back', 'up-old', 'untag'])
    assert.equal(await read('.env'), '# versions\nexport APP="1.0" # app\n')
    assert.equal(await version(name), 'one')
    assert.equal(await standing(bad.plan), 'before')
    await assertSettled(name, up)

    const good = await update(await plan(name, await push('env/app', '1.2', 'good')))
    assert.equal(good.error, undefined)
    assert.equal(await read('.env'), '# versions\nexport APP="1.2" # app\n')
    assert.equal(await version(name), 'good')
    await assertSettled(name, up)
  })

  test('an unhealthy digest of the same tag goes back: the tag stands for the old image again', async () => {
    await push('sick/app', '1', 'one')
    const { up, name } = await project('sick', { 'compose.yml': 'services: {web: {image: "REG/sick/app:1"}}\n' })
    const old = await inspect(name)
    const { error, plan: last } = await update(await plan(name, await push('sick/app', '1', 'bad', SICK)))
    assert.ok(error instanceof GateError, String(error))
    assert.equal((await inspect(name)).image, old.image)
    assert.equal(await standing(last), 'before')
    await assertSettled(name, up)
    assert.equal((await inspect(name)).image, old.image)
  })

  test('an image that cannot be started is blamed, and the old one is back', async () => {
    await push('start/app', '1', 'one')
    const { up, name } = await project('start', { 'compose.yml': 'services: {web: {image: "REG/start/app:1"}}\n' })
    const bad = await push('start/app', '1', 'bad', { Cmd: ['/no/such/program'] })
    const { error } = await update(await plan(name, bad))
    assert.ok(error instanceof GateError, String(error))
    assert.match(error.message, /no\/such\/program/)
    assert.equal(await version(name), 'one')
    await assertSettled(name, up)
  })

  test('what shares the network of the service is made anew with it', async () => {
    await push('net/app', '1', 'one')
    const { up, name } = await project('net', {
      'compose.yml':
        'services:\n  web: {image: "REG/net/app:1"}\n  side: {image: "REG/net/app:1", command: sleep 1000, network_mode: "service:web", stop_grace_period: 0s}\n',
    })
    const first = await plan(name, await push('net/app', '1', 'two'))
    assert.deepEqual(
      first.containers.map(({ role }) => role),
      ['workload', 'namespace'],
    )
    const { error, back } = await update(first)
    assert.equal(error, undefined)
    const inSide = () => daemon.docker('exec', 'net-side-1', 'wget', '-q', '-O', '-', 'http://127.0.0.1:8080/version')
    assert.equal((await inSide()).trim(), 'two')
    await assertSettled(name, up)
    await back()
    assert.equal((await inSide()).trim(), 'one')
    await assertSettled('net-side-1', up)
  })

  test('a cut off swap is seen and taken back; one that was cut off after up can go on', async () => {
    await push('cut/app', '1.0', 'one')
    const { up, read, name } = await project('cut', { 'compose.yml': 'services: {web: {image: "REG/cut/app:1.0"}}\n' })
    const text = await read('compose.yml')
    const { id } = await inspect(name)
    const to = await push('cut/app', '1.1', 'two')
    const swapped = await update(await plan(name, to), 'swap')
    assert.equal(await standing(swapped.plan), 'between')
    assert.notEqual(await read('compose.yml'), text)
    await swapped.back()
    assert.equal(await read('compose.yml'), text)
    assert.equal(await standing(swapped.plan), 'before')
    assert.equal((await inspect(name)).id, id)
    await assert.rejects(daemon.docker('image', 'inspect', to.reference))

    const started = await update(await plan(name, to), 'start')
    assert.equal(await standing(started.plan), 'after')
    await updater.start(started.plan, runThatNotes([]))
    await updater.gate(started.plan, runThatNotes([]))
    await assertSettled(name, up)
    await daemon.docker('rm', '-f', name)
    assert.equal(await standing(started.plan), 'between')
    await started.back()
    assert.equal(await version(name), 'one')
    await assertSettled(name, up)
  })

  test('a pinned digest is written, and a service in the network of another is updated alone', async () => {
    await push('pin/app', '1', 'one')
    const old = await push('pin/side', '1', 'one')
    const { up, read, name } = await project('pin', {
      'compose.yml': [
        'services:',
        '  web: {image: "REG/pin/app:1"}',
        '  side:',
        `    image: REG/pin/side:1@${old.digest}`,
        '    command: sh -c "sleep 1000 & wait"',
        '    network_mode: service:web',
        '    stop_grace_period: 0s',
        '',
      ].join('\n'),
    })
    const web = await inspect(name)
    const text = await read('compose.yml')
    const to = await push('pin/side', '1', 'two')
    const { error, back } = await update(await plan('pin-side-1', to))
    assert.equal(error, undefined)
    assert.equal(await read('compose.yml'), text.replace(old.digest, to.digest))
    assert.equal(await version('pin-side-1'), 'two')
    assert.deepEqual(await inspect(name), web)
    await assertSettled('pin-side-1', up)
    await back()
    assert.equal(await read('compose.yml'), text)
    assert.equal(await version('pin-side-1'), 'one')
    await assertSettled('pin-side-1', up)
  })

  for (const mark of ['Recreate', 'Recreated', 'Starting']) {
    test(`compose is killed at "${mark}": the old one is back under its name, and nothing is left over`, async () => {
      const repository = `kill-${mark.toLowerCase()}/app`
      await push(repository, '1', 'one')
      const folder = mark.toLowerCase()
      const { up, name } = await project(folder, {
        'compose.yml': `services: {web: {image: "REG/${repository}:1", volumes: [/data]}}\n`,
      })
      await daemon.docker('exec', name, 'touch', '/data/mine')
      const swapped = await update(await plan(name, await push(repository, '1', 'two')), 'swap')
      const cli = createComposeCli({
        ...{ program: await composePlugin(), timeoutMs: WAIT_MS, home: '/', endpoint: `unix://${daemon.socket}` },
        environment: { PATH: '/usr/bin:/bin', HOME: daemon.folder },
        spawn: killedAt(new RegExp(`web-1 +${mark}\\b`)),
      })
      await assert.rejects(bringUp({ docker, cli }, swapped.plan, runThatNotes([])), /docker compose up failed/)
      assert.match(await standing(swapped.plan), /between|after/)
      await swapped.back()
      assert.equal(await version(name), 'one')
      await daemon.docker('exec', name, 'test', '-f', '/data/mine')
      const names = await daemon.docker('ps', '-a', '--format', '{{.Names}}', '--filter', `name=${folder}-web`)
      assert.deepEqual(names.trim().split('\n'), [name])
      assert.equal(await standing(swapped.plan), 'before')
      await assertSettled(name, up)
    })
  }

  test('a file that was changed since the plan stays as it is, and so does the container', async () => {
    await push('late/app', '1.0', 'one')
    const { at, read, name } = await project('late', {
      'compose.yml': 'services: {web: {image: "REG/late/app:1.0"}}\n',
    })
    const old = await inspect(name)
    const first = await plan(name, await push('late/app', '1.1', 'two'))
    const theirs = `# theirs\n${await read('compose.yml')}`
    await writeFile(at('compose.yml'), theirs)
    const { done, error } = await update(first)
    assert.ok(error instanceof Failure && error.code === 'conflict', String(error))
    assert.match(error.message, /changed since the update was planned/)
    assert.deepEqual(done, ['pull'])
    assert.equal(await read('compose.yml'), theirs)
    assert.deepEqual(await inspect(name), old)
  })

  test('changes that are not applied yet are not deployed by the way', async () => {
    await push('drift/app', '1', 'one')
    const { at, read, name } = await project('drift', {
      'compose.yml': 'services: {web: {image: "REG/drift/app:1"}}\n',
    })
    await writeFile(at('compose.yml'), (await read('compose.yml')).replace('web: {', 'web: {init: true, '))
    await assert.rejects(plan(name, await push('drift/app', '1', 'two')), /not applied yet/)
  })

  test('says why it cannot take a workload', async () => {
    const to = await push('unfit/app', '1', 'one')
    const { at, name } = await project('unfit', {
      'compose.yml': [
        'services:',
        '  web: {image: "REG/unfit/app:1"}',
        '  twice: {image: "REG/unfit/app:1", deploy: {replicas: 2}}',
        '  always: {image: "REG/unfit/app:1", pull_policy: always}',
        '',
      ].join('\n'),
    })
    const ask = async (of: string) => await updater.unfit!(target(of, to), AbortSignal.timeout(WAIT_MS))
    assert.equal(await ask(name), undefined)
    assert.match((await ask('unfit-twice-1'))!, /2 containers/)
    assert.match((await ask('unfit-always-1'))!, /pull_policy: always/)
    await daemon.docker(
      'run',
      '-d',
      '--name',
      'stranger',
      '--network',
      `container:${name}`,
      to.reference,
      'sleep',
      '99',
    )
    assert.match((await ask(name))!, /"stranger" uses its network/)
    await daemon.docker('rm', '-f', 'stranger')
    await daemon.docker('stop', '-t', '0', name)
    assert.match((await ask(name))!, /does not run/)
    await daemon.docker('start', name)
    await writeFile(at('compose.yml'), 'services: {web: {build: .}}')
    assert.match((await ask(name))!, /built from source/)
    await daemon.docker('run', '-d', '--name', 'alone', to.reference)
    assert.equal(await ask('alone'), '')
  })
})

/** Starts compose, and kills it as soon as it says so. */
function killedAt(mark: RegExp): SpawnCompose {
  return (command, args, options) => {
    const child = spawn(command, args, { ...options, stdio: ['ignore', 'pipe', 'pipe'] })
    child.stderr.on('data', (chunk: Buffer) => {
      if (mark.test(chunk.toString())) child.kill('SIGKILL')
    })
    return child
  }
}

function runThatNotes(done: string[]): Run & { kept: Plan | undefined } {
  return {
    id: '0123456789abcdef',
    kept: undefined,
    signal: AbortSignal.timeout(WAIT_MS),
    clock: systemClock,
    log: PROVIDER_PARTS.log,
    async act(step, _, action) {
      done.push(step)
      return await action()
    },
    async note(step) {
      done.push(step)
    },
    async keep(plan) {
      this.kept = plan
    },
    progress() {},
  }
}
