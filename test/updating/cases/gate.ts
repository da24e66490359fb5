import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import path from 'node:path'
import type { PushOptions } from '../../kit/parts/push-image.ts'
import type { CreateBody, Inspect } from '../_case.ts'
import type { PlayedCase } from '../_played.ts'
import { ended, expectSame, type Program, type Stage, type Told } from '../_stage.ts'

// What a new image can do wrong once it has been started, and how that is noticed.

const MILLISECOND = 1_000_000
const SECOND = 1000 * MILLISECOND
const CHECK = { Interval: 300 * MILLISECOND, Timeout: 300 * MILLISECOND, Retries: 3 }
/** A restart policy that would hide an end. */
const ALWAYS = { HostConfig: { NetworkMode: 'none', RestartPolicy: { Name: 'always', MaximumRetryCount: 0 } } }

const shell = (command: string): PushOptions => ({ cmd: ['/bin/sh', '-c', command] })

export const gateCases: readonly PlayedCase[] = [
  {
    id: 'B01',
    given: 'the new image ends with exit code 1 at once, under the restart policy "always"',
    holds: 'the very container from before runs again, with its name, policy and address',
    async play(stage) {
      const net = await stage.network('net')
      const networks = [[net.name, { IPAMConfig: { IPv4Address: net.ip(9) } }]] as const
      const body = { networks, HostConfig: { RestartPolicy: { Name: 'always', MaximumRetryCount: 0 } } }
      const { told } = await playBad(stage, { body, bad: shell('exit 1') })
      assert.match(reason(told), /exit code 1\b/)
      assert.equal((await stage.inspect(stage.name)).NetworkSettings.Networks[net.name]?.IPAddress, net.ip(9))
    },
  },
  {
    id: 'B02',
    given: 'the new image crashes after some seconds, again and again, under "always"',
    holds: 'it is seen within the soak, and the reason names the exit code',
    async play(stage) {
      const bad = shell('echo no database; sleep 2; exit 3')
      const { told } = await playBad(stage, { body: { ...ALWAYS, ...labels({ gate_soak: '30s' }) }, bad })
      assert.match(reason(told), /exit code 3\b/)
      assert.match(reason(told), /its restart policy has restarted it once/)
      assert.ok(gateMs(told) < 20_000, `after ${gateMs(told)} ms`)
    },
  },
  {
    id: 'B03',
    given: 'the new image is unhealthy',
    holds: 'it is rolled back after the retries of its health check, and not after the whole timeout',
    async play(stage) {
      const Healthcheck = { ...CHECK, Test: ['CMD-SHELL', 'echo disk is full; false'] }
      const body = { ...ALWAYS, ...labels({ gate_timeout: '5m' }) }
      const { told } = await playBad(stage, { body, bad: { config: { Healthcheck } } })
      assert.match(reason(told), /unhealthy.*disk is full/)
      assert.ok(gateMs(told) < 30_000, `after ${gateMs(told)} ms`)
    },
  },
  {
    id: 'B04',
    given: "the new image's health check never gets beyond its beginning",
    holds: 'it is given up when start period, intervals and retries are over',
    async play(stage) {
      const StartPeriod = 3 * SECOND
      const Healthcheck = { ...CHECK, StartPeriod, Test: ['CMD', '/bin/false'] }
      const proxy = await stage.proxy()
      // An engine whose checks do not come forward: by itself it would say "unhealthy" at about the same moment.
      const rewrite = (body: string) => body.replace('"Status":"unhealthy"', '"Status":"starting"')
      proxy.rules = [{ fits: ({ path }) => /^\/containers\/[^/]+\/json/.test(path), rewrite }]
      const { told } = await playBad(stage, { body: ALWAYS, bad: { config: { Healthcheck } }, socket: proxy.socket })
      assert.match(reason(told), /still "starting"/)
      assert.ok(gateMs(told) > 3000 && gateMs(told) < 30_000, `after ${gateMs(told)} ms`)
    },
  },
  {
    id: 'B05',
    given: 'the new image has no health check and listens late; a probe is asked for',
    holds: 'the probe is waited for, and passes',
    async play(stage) {
      const body = { HostConfig: { NetworkMode: 'bridge' }, ...labels({ gate_probe: 'http://:8080/version' }) }
      const { told } = await playTo(stage, { body, next: shell('sleep 3; httpd -f -p 8080 -h /www') })
      ended(told, 'committed')
      assert.ok(gateMs(told) > 2000, `after ${gateMs(told)} ms`)
      assert.equal(await stage.version(), 'two')
    },
  },
  {
    id: 'B06',
    given: 'the new image has an entry point that is not there',
    holds: 'it is rolled back, and the reason names exit code 127',
    async play(stage) {
      const { told } = await playBad(stage, { body: ALWAYS, bad: { config: { Entrypoint: ['/no/such/program'] } } })
      assert.match(reason(told), /exit code 127\b.*no\/such\/program/)
    },
  },
  {
    id: 'B06b',
    given: 'the new image starts a program that is made for another architecture',
    holds: "it is rolled back, and the reason names the exit code and the engine's words",
    async play(stage) {
      const foreign = path.join(stage.daemon.folder, 'foreign')
      await writeFile(foreign, elfFor(AARCH64), { mode: 0o755 })
      const HostConfig = { ...ALWAYS.HostConfig, Binds: [`${foreign}:/foreign:ro`] }
      const { told } = await playBad(stage, { body: { HostConfig }, bad: { config: { Entrypoint: ['/foreign'] } } })
      assert.match(reason(told), /exit code [1-9].*exec format error/)
    },
  },
  {
    id: 'B06c',
    given: 'the new image needs more memory than the container may have',
    holds: 'it is rolled back, and the reason says that it ran out of memory',
    async play(stage) {
      const HostConfig = { ...ALWAYS.HostConfig, Memory: 8 << 20, MemorySwap: 8 << 20 }
      const bad = shell('x=0123456789; while :; do x=$x$x; done')
      const { told } = await playBad(stage, { body: { HostConfig }, bad })
      assert.match(reason(told), /out of memory \(OOMKilled\)/)
    },
  },
  {
    id: 'B07',
    given: 'the new image takes a port that another container in the same network namespace has',
    holds: 'the old one runs again, and the other one was not touched',
    async play(stage) {
      const { name } = stage
      await stage.begin(shell('sleep 100000 & wait'))
      await stage.run({}, `${name}-other`)
      const listening = shell('httpd -f -p 8080 -h /www')
      await stage.daemon.docker('exec', '--detach', `${name}-other`, ...listening.cmd!)
      const other = await stage.inspect(`${name}-other`)
      const HostConfig = { ...ALWAYS.HostConfig, NetworkMode: `container:${other.Id}` }
      // `latest` is the image of the other one as well; it is not updated.
      const { told } = await playBad(stage, { body: { HostConfig }, bad: listening, isBegun: true })
      assert.match(reason(told), /exit code 1\b.*in use/i)
      const after = await stage.inspect(`${name}-other`)
      assert.deepEqual([after.Id, after.State.StartedAt], [other.Id, other.State.StartedAt])
    },
  },
]

export interface Playing {
  readonly body?: CreateBody
  readonly next: PushOptions
  /** Where the program finds the engine. */
  readonly socket?: string
  /** The old image is there already. */
  readonly isBegun?: boolean
}

/** A container of version `one`, which is updated to version `two`. */
export async function playTo(stage: Stage, { body = {}, next, socket, isBegun = false }: Playing): Promise<Played> {
  if (!isBegun) await stage.begin()
  await stage.run(body)
  const before = await stage.inspect(stage.name)
  await stage.push('two', next)
  const program = await stage.program(socket === undefined ? {} : { socket })
  await program.check()
  return { before, program, told: await program.update(stage.name) }
}

export interface Played {
  readonly before: Inspect
  readonly program: Program
  readonly told: Told
}

/** The same with an image that must not stay: what ran before runs again, and nothing is left over. */
export async function playBad(stage: Stage, { bad, ...rest }: Omit<Playing, 'next'> & { readonly bad: PushOptions }) {
  const played = await playTo(stage, { ...rest, next: bad })
  const { told, before } = played
  ended(told, 'rolled-back')
  assert.equal(told.code, 4, told.text)
  expectSame(before, await stage.inspect(stage.name), told.text)
  const left = await stage.daemon.docker('ps', '-a', '--format', '{{.Names}}', '--filter', `name=^${stage.name}__`)
  assert.equal(left, '')
  return played
}

export function reason({ updates }: Told): string {
  return updates[0]?.update.error ?? ''
}

/** How long it took from the start of the new container to what came of it. Milliseconds. */
function gateMs({ updates }: Told): number {
  const { steps, update } = updates[0]!
  const at = (step: string) => steps.find((one) => one.step === step && one.kind !== 'intent')?.at
  return Date.parse(at('stop-new') ?? at('well') ?? update.changedAt) - Date.parse(at('start')!)
}

function labels(said: Readonly<Record<string, string>>) {
  return { Labels: Object.fromEntries(Object.entries(said).map(([name, value]) => [`seaworthy.${name}`, value])) }
}

const AARCH64 = 183

/** The head of a program (ELF, 64 bits, little-endian) for a machine; no more of it is ever read. */
function elfFor(machine: number): Buffer {
  const head = Buffer.alloc(120)
  head.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1])
  head.writeUInt16LE(2, 16)
  head.writeUInt16LE(machine, 18)
  head.writeUInt32LE(1, 20)
  head.writeBigUInt64LE(64n, 32)
  head.writeUInt16LE(64, 52)
  head.writeUInt16LE(56, 54)
  head.writeUInt16LE(1, 56)
  return head
}
