import assert from 'node:assert/strict'
import { once } from '../../faults/_outcome.ts'
import { until } from '../../kit/parts/until.ts'
import type { PlayedCase } from '../_played.ts'
import { ended, expectSame, type Program, type Stage } from '../_stage.ts'
import { openWeb } from '../_web.ts'
import { playBad, playTo, reason } from './gate.ts'

// The way back, what is remembered of it, and hooks that keep an update from being begun.

const ALWAYS = { RestartPolicy: { Name: 'always', MaximumRetryCount: 0 } }
/** Longer than what fails later takes to do so. */
const PATIENT = { 'seaworthy.gate_soak': '4s' }
const FAILING = { cmd: ['/bin/sh', '-c', 'exit 1'] }

export const rollbackCases: readonly PlayedCase[] = [
  {
    id: 'B08',
    given: 'the new image changes what is in the volume, and then fails',
    holds: 'it is rolled back, and the journal says that data may have changed, and in which volume',
    async play(stage) {
      const volume = `${stage.name}-data`
      const body = { HostConfig: { ...ALWAYS, Binds: [`${volume}:/data`, '/usr/share:/host:ro'] } }
      const { told } = await playBad(stage, { body, bad: { cmd: ['/bin/sh', '-c', 'echo 2 >/data/schema; exit 1'] } })
      assert.deepEqual(notesOf(told.updates[0]!.steps, 'data-may-have-changed'), [
        { container: stage.name, volumes: [volume] },
      ])
      assert.equal(await stage.exec(stage.name, 'cat', '/data/schema'), '2\n')
    },
  },
  {
    id: 'B08b',
    given: 'the same in a service of a compose project',
    holds: 'the same',
    async play(stage) {
      await stage.push('one')
      const { container, project } = await openWeb(stage, ['volumes: [data:/data]'], ['volumes: {data: {}}'])
      await stage.push('two', { cmd: ['/bin/sh', '-c', 'echo 2 >/data/schema; exit 1'] })
      const program = await stage.program()
      await program.check()
      const { steps, update } = ended(await program.update(container), 'rolled-back')
      assert.equal(update.plan.updater, 'compose')
      assert.deepEqual(notesOf(steps, 'data-may-have-changed'), [{ container, volumes: [`${project.name}_data`] }])
      assert.equal(await stage.version(container), 'one')
    },
  },
  {
    id: 'B09',
    given: 'the new image fails, and somebody has removed the old container meanwhile',
    holds: 'a person is asked, with how it stands and with commands; nothing is tried again',
    async play(stage) {
      const proxy = await stage.proxy()
      await stage.begin()
      const old = await stage.run({ HostConfig: ALWAYS, Labels: PATIENT })
      await stage.push('two', { cmd: ['/bin/sh', '-c', 'sleep 2; exit 1'] })
      const program = await stage.program({ socket: proxy.socket })
      await program.check()
      const removeOld = async () => void (await stage.daemon.docker('rm', '--force', old))
      once({ proxy }, ({ method, path }) => method === 'POST' && path.includes('/start'), { after: removeOld })
      const told = await program.update(stage.name)
      const { update } = ended(told, 'needs-operator')
      assert.equal(told.code, 5, told.text)
      assert.match(update.error ?? '', /exit code 1\b.*Then, going back: .*old container .* is gone/)
      assert.match(update.commands.join('\n'), new RegExp(`docker ps -a --filter name=${stage.name}\n`))
      const changes = proxy.seen.filter(({ method }) => method !== 'GET').length
      await program.check()
      const again = await program.update(stage.name)
      assert.equal(again.code, 6, again.text)
      const { out } = await program.run('updates', '--open', '--json')
      const open = JSON.parse(out) as { id: string; phase: string; commands: string[] }[]
      assert.deepEqual(
        open.map(({ id, phase, commands }) => [id, phase, commands]),
        [[update.id, 'needs-operator', update.commands]],
      )
      assert.equal(proxy.seen.filter(({ method }) => method !== 'GET').length, changes)
    },
  },
  {
    id: 'B10',
    given: 'the new image has failed, and the registry still has it; then it has a newer one',
    holds: 'the one that failed is not tried again and says why, the newer one is taken',
    async play(stage) {
      const { program, before, told } = await playBad(stage, { body: { HostConfig: ALWAYS }, bad: FAILING })
      assert.match(reason(told), /exit code 1\b/)
      await program.check()
      const second = await program.update('--all')
      assert.deepEqual(second.updates, [])
      assert.match(second.refused[0]?.reason ?? '', /This image failed here before.*exit code 1\b/)
      assert.match((await outlookOf(program, stage.name)).blockers.join(), /failed here on .*exit code 1\b/)
      expectSame(before, await stage.inspect(stage.name), second.text)
      await stage.push('three')
      await program.check()
      ended(await program.update('--all'), 'committed')
      assert.equal(await stage.version(), 'three')
    },
  },
  {
    id: 'B11',
    given: 'two updates later a person goes back to the version before both of them',
    holds: 'it runs from the image that was kept, still by its tag, and is held there',
    async play(stage) {
      await stage.begin()
      await stage.run({ HostConfig: ALWAYS })
      const first = await stage.inspect(stage.name)
      const program = await stage.program({ updates: '  keep: 2' })
      for (const version of ['two', 'three']) {
        await stage.push(version)
        await program.check()
        ended(await program.update(stage.name), 'committed')
        assert.equal(await stage.version(), version)
      }
      const { code, err } = await program.run('rollback', stage.name, '--to', first.Image)
      assert.equal(code, 0, err)
      const after = await stage.inspect(stage.name)
      assert.equal(await stage.version(), 'one')
      assert.equal(after.Image, first.Image)
      assert.equal(after.Config.Image, stage.image)
      assert.deepEqual(after.HostConfig.RestartPolicy, first.HostConfig.RestartPolicy)
      assert.deepEqual(
        (await outlookOf(program, stage.name)).holds.map(({ kind }) => kind),
        ['hold'],
      )
      await program.check()
      const held = await program.update('--all')
      assert.match(held.refused[0]?.reason ?? '', /is held.*rolled back/)
    },
  },
  {
    id: 'B12',
    given: 'a container stands in the network namespace of the one whose new image fails',
    holds: 'it is the same as before, and attached to the old one again',
    async play(stage) {
      await playWithChild(stage, { cmd: ['/bin/sh', '-c', 'sleep 1; exit 1'] }, [])
    },
  },
  {
    id: 'B12b',
    given: 'the new image is well, and a container in its network namespace is not, with it',
    holds: 'both are the same as before, and attached to each other again',
    async play(stage) {
      const asks = 'for N in 1 2 3 4 5; do wget -q -O - 127.0.0.1:8080/version && break; sleep 1; done | grep -q one'
      await playWithChild(stage, {}, ['/bin/sh', '-c', `${asks} || exit 9; sleep 100000 & wait`])
    },
  },
  {
    id: 'B13',
    given: 'the hook before the update ends with exit code 75',
    holds: 'the update is passed over, nothing is touched, and the image is not to blame',
    play: (stage) => playHook(stage, { hook: 'exit 75', says: /not now \(exit code 75\)/ }),
  },
  {
    id: 'B13b',
    given: 'the hook before the update fails',
    holds: 'the update is broken off with its exit code, nothing is touched, and the image is not to blame',
    play: (stage) => playHook(stage, { hook: 'echo backup failed; exit 3', says: /failed with exit code 3\b/ }),
  },
  {
    id: 'B13c',
    given: 'the hook before the update hangs',
    holds: 'it is killed at its timeout, the update is broken off, and nothing is touched',
    async play(stage) {
      await playHook(stage, { hook: 'sleep 4321', timeout: '1s', says: /within 1 s.*killed|exit code 124/ })
      const isGone = async () => !(await stage.exec(stage.name, 'ps')).includes('4321')
      await until(isGone, { what: 'the end of the hook' })
    },
  },
]

interface Known {
  readonly name: string
  readonly blockers: readonly string[]
  readonly holds: readonly { readonly kind: string }[]
}

/** What may be done about a workload, as `seaworthy workloads` says it. */
async function outlookOf(program: Program, name: string): Promise<Known> {
  const { out, err } = await program.run('workloads', '--json')
  const found = (JSON.parse(out) as Known[]).find((one) => one.name === name)
  return found ?? assert.fail(`${name} is not known: ${out}${err}`)
}

/** Rolls back a container in whose network namespace another one stands. */
async function playWithChild(stage: Stage, next: { readonly cmd?: string[] }, childCommand: readonly string[]) {
  const { name } = stage
  const child = `${name}-child`
  const net = await stage.network('net')
  await stage.push('one')
  await stage.daemon.docker('pull', '--quiet', stage.image)
  const provider = await stage.run({ networks: [[net.name, {}]], HostConfig: ALWAYS, Labels: PATIENT })
  const command = childCommand.length === 0 ? ['/bin/sleep', '100000'] : childCommand
  // Of another name, so that the child has nothing newer itself.
  const own = stage.image.replace(':latest', ':child')
  await stage.daemon.docker('tag', stage.image, own)
  const shared = { ...ALWAYS, NetworkMode: `container:${provider}` }
  await stage.run({ Image: own, Cmd: command, StopSignal: 'SIGKILL', HostConfig: shared }, child)
  const before = [await stage.inspect(name), await stage.inspect(child)]
  await stage.push('two', next)
  const program = await stage.program()
  await program.check()
  const told = await program.update(name)
  const { update } = ended(told, 'rolled-back')
  assert.match(update.error ?? '', /exit code [19]\b/)
  const after = [await stage.inspect(name), await stage.inspect(child)]
  for (const [index, one] of before.entries()) expectSame(one, after[index]!, told.text)
  assert.equal(after[1]!.HostConfig.NetworkMode, `container:${provider}`)
  const links = async (container: string) => await stage.exec(container, 'ip', '-o', 'link')
  assert.match(await links(child), /eth0/)
  assert.equal(await links(child), await links(name))
}

interface Hooked {
  readonly hook: string
  readonly timeout?: string
  readonly says: RegExp
}

/** The hook keeps the update from being made; the next one, without a word against it, is made. */
async function playHook(stage: Stage, { hook, timeout = '30s', says }: Hooked): Promise<void> {
  const Labels = {
    'seaworthy.hook_pre_update': `test -e /tmp/go || { ${hook}; }`,
    'seaworthy.hook_timeout': timeout,
  }
  const { told, before, program } = await playTo(stage, { body: { HostConfig: ALWAYS, Labels }, next: {} })
  ended(told, 'rolled-back')
  assert.match(reason(told), says)
  const after = await stage.inspect(stage.name)
  expectSame(before, after, told.text)
  assert.equal(after.State.StartedAt, before.State.StartedAt, 'the container was restarted')
  const names = await stage.daemon.docker('ps', '-a', '--format', '{{.Names}}', '--filter', `name=^${stage.name}(_|$)`)
  assert.equal(names.trim(), stage.name)
  if (timeout !== '30s') return
  await stage.exec(stage.name, 'touch', '/tmp/go')
  ended(await program.update('--all'), 'committed')
  assert.equal(await stage.version(), 'two')
}

function notesOf(steps: readonly { readonly step: string; readonly detail: object }[], step: string): object[] {
  return steps.filter((one) => one.step === step).map(({ detail }) => detail)
}
