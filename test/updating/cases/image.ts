import assert from 'node:assert/strict'
import { freePort } from '../../kit/parts/program.ts'
import { type Case, type ContainerConfig, type Outcome, SERVE } from '../_case.ts'

// What an image says and a container does not: it comes from the new image. What the container's owner said stays.

const SECOND = 1_000_000_000
const CHECK = { Test: ['CMD', '/bin/true'], Interval: SECOND, Timeout: SECOND, StartPeriod: 5 * SECOND, Retries: 3 }
const config = (settings: Record<string, unknown>) => ({ config: settings })

export const imageCases: readonly Case[] = [
  {
    id: 'R01',
    given: 'all variables come from the image',
    holds: "they are exactly the new image's",
    create: (bench) => bench.run(),
    expect: (_, after, { newImage }) => assert.deepEqual(sorted(after.Config.Env), sorted(newImage.Config.Env)),
  },
  {
    id: 'R02',
    given: 'the owner has set a variable of their own and one that the image sets too',
    holds: "both keep the owner's values, all others are the new image's",
    create: (bench) => bench.run({ Env: ['USERSET=1', 'VERSION=user'] }),
    expect: (_, after) =>
      assert.deepEqual(sorted(after.Config.Env), ['ADDED=yes', 'PATH=/bin', 'SHARED=b', 'USERSET=1', 'VERSION=user']),
  },
  {
    id: 'R03',
    given: "the owner has set a variable to just what the old image's default is",
    holds: 'it follows the new image: nobody can tell that it was meant',
    create: (bench) => bench.run({ Env: ['SHARED=a'] }),
    expect: (_, after) => assert.deepEqual(variable(after.Config, 'SHARED'), 'b'),
  },
  {
    id: 'R03b',
    given: 'the same, and a label that pins it',
    holds: 'it keeps its value; the rest follows the new image',
    create: (bench) => bench.run({ Env: ['SHARED=a'], Labels: { 'seaworthy.update_pin': 'env:SHARED' } }),
    expect: (_, after) => {
      assert.equal(variable(after.Config, 'SHARED'), 'a')
      assert.equal(variable(after.Config, 'VERSION'), '2')
    },
  },
  {
    id: 'R04',
    given: 'neither command nor entry point were given',
    holds: "both are the new image's",
    old: { cmd: [SERVE], ...config({ Entrypoint: ['/bin/sh', '-c'] }) },
    new: { cmd: ['-c', SERVE], ...config({ Entrypoint: ['/bin/busybox', 'sh'] }) },
    create: (bench) => bench.run(),
    expect: (_, after) => {
      assert.deepEqual(after.Config.Entrypoint, ['/bin/busybox', 'sh'])
      assert.deepEqual(after.Config.Cmd, ['-c', SERVE])
    },
  },
  {
    id: 'R05',
    given: "the owner's command after an entry point of the image that has three parts",
    holds: 'the command stays, the new entry point comes, and neither is joined into one text',
    old: config({ Entrypoint: ['/bin/busybox', 'sh', '-c'] }),
    new: config({ Entrypoint: ['/bin/busybox', 'ash', '-c'] }),
    create: (bench) => bench.run({ Cmd: [`: owner; ${SERVE}`, 'with two', 'arguments'] }),
    expect: (_, after) => {
      assert.deepEqual(after.Config.Entrypoint, ['/bin/busybox', 'ash', '-c'])
      assert.deepEqual(after.Config.Cmd, [`: owner; ${SERVE}`, 'with two', 'arguments'])
    },
  },
  {
    id: 'R06',
    given: "the owner's entry point and arguments",
    holds: 'both are the same lists, and the container runs',
    new: { cmd: ['/bin/false'], ...config({ Entrypoint: ['/bin/false'] }) },
    create: (bench) => bench.run({ Entrypoint: ['/bin/busybox', 'env', 'MORE=1'], Cmd: ['/bin/sh', '-c', SERVE] }),
    expect: (_, after) => {
      assert.deepEqual(after.Config.Entrypoint, ['/bin/busybox', 'env', 'MORE=1'])
      assert.deepEqual(after.Config.Cmd, ['/bin/sh', '-c', SERVE])
    },
  },
  {
    id: 'R07',
    given: 'labels of the image, one of which the new image drops, beside labels of the owner',
    holds: "the owner's stay, the image's are the new ones, the dropped one is gone",
    create: (bench) => bench.run({ Labels: { 'owner.team': 'ops', 'owner.empty': '' } }),
    expect: (_, after) => {
      const mine = ([name]: [string, string]) => !name.startsWith('seaworthy.internal.')
      const labels = Object.fromEntries(Object.entries(after.Config.Labels).filter(mine))
      assert.deepEqual(labels, { 'app.version': '2', 'app.added': 'yes', 'owner.team': 'ops', 'owner.empty': '' })
    },
  },
  {
    id: 'R08',
    given: 'the image exposed 8080 and now exposes 9090; the owner publishes 8080',
    holds: 'the mapping is kept, 9090 is exposed, and no other port of the old image is',
    old: config({ ExposedPorts: { '8080/tcp': {}, '7070/tcp': {} } }),
    new: config({ ExposedPorts: { '9090/tcp': {} } }),
    create: async (bench) => bench.run({ HostConfig: published(String(await freePort())) }),
    expect: (before, after) => {
      assert.deepEqual(Object.keys(after.Config.ExposedPorts ?? {}).sort(), ['8080/tcp', '9090/tcp'])
      assert.deepEqual(after.HostConfig.PortBindings, before.HostConfig.PortBindings)
    },
  },
  {
    id: 'R09',
    given: 'an anonymous volume for a path of the image, with a file in it; the new image has one path more',
    holds: 'the same volume with its file is at the old path, a new one at the new path',
    old: config({ Volumes: { '/data': {} } }),
    new: config({ Volumes: { '/data': {}, '/cache': {} } }),
    async create(bench) {
      await bench.run()
      await bench.exec(bench.name, 'sh', '-c', 'echo kept >/data/file')
    },
    async expect(before, after, bench) {
      const volumeAt = (place: string, of = after) => of.Mounts.find(({ Destination }) => Destination === place)?.Name
      assert.ok(volumeAt('/cache'))
      assert.equal(volumeAt('/data'), volumeAt('/data', before))
      assert.equal(await bench.exec(bench.name, 'cat', '/data/file'), 'kept\n')
    },
  },
  {
    id: 'R10',
    given: 'working directory, user, stop signal and shell come from the image and change with it',
    holds: "all four are the new image's, and the new signal is what stops it",
    old: config({ WorkingDir: '/etc', User: '1000', StopSignal: 'SIGUSR1', Shell: ['/bin/sh', '-c'] }),
    new: config({ WorkingDir: '/www', User: '1001', StopSignal: 'SIGUSR2', Shell: ['/bin/sh', '-ec'] }),
    create: (bench) => bench.run(),
    async expect(_, after, bench) {
      const { WorkingDir, User, StopSignal, Shell } = after.Config
      assert.deepEqual([WorkingDir, User, StopSignal], ['/www', '1001', 'SIGUSR2'])
      assert.deepEqual(Shell ?? ['/bin/sh', '-ec'], ['/bin/sh', '-ec'])
      assert.equal(await stoppedBy(bench), 'USR2')
    },
  },
  {
    id: 'R11',
    given: "the owner's working directory, user, stop signal and stop timeout",
    holds: 'all four are kept, and that signal is what stops it',
    old: config({ WorkingDir: '/etc', User: '1000', StopSignal: 'SIGUSR1' }),
    new: config({ WorkingDir: '/bin', User: '1001', StopSignal: 'SIGUSR2' }),
    create: (bench) => bench.run({ WorkingDir: '/www', User: '1002', StopSignal: 'SIGQUIT', StopTimeout: 7 }),
    async expect(_, after, bench) {
      const { WorkingDir, User, StopSignal, StopTimeout } = after.Config
      assert.deepEqual([WorkingDir, User, StopSignal, StopTimeout], ['/www', '1002', 'SIGQUIT', 7])
      assert.equal(await stoppedBy(bench), 'QUIT')
    },
  },
  {
    id: 'R12',
    given: 'the health check of the image changes in every part',
    holds: 'it is the new one in every part',
    old: config({ Healthcheck: CHECK }),
    new: config({
      Healthcheck: {
        Test: ['CMD-SHELL', 'test -e /www/version'],
        Interval: 2 * SECOND,
        Timeout: 3 * SECOND,
        StartPeriod: 4 * SECOND,
        StartInterval: SECOND / 2,
        Retries: 5,
      },
    }),
    create: (bench) => bench.run(),
    expect: (_, after, { newImage }) => assert.deepEqual(after.Config.Healthcheck, newImage.Config.Healthcheck),
  },
  {
    id: 'R13',
    given: 'the owner has switched the health check off',
    holds: 'it stays off',
    old: config({ Healthcheck: CHECK }),
    new: config({ Healthcheck: { ...CHECK, Test: ['CMD', '/bin/false'] } }),
    create: (bench) => bench.run({ Healthcheck: { Test: ['NONE'] } }),
    expect: (_, after) => assert.deepEqual((after.Config.Healthcheck as { Test: string[] }).Test, ['NONE']),
  },
  {
    id: 'R14',
    given: "the owner's health check: a list with a space in it, and half a second of time",
    holds: 'the list and the half second are unchanged',
    old: config({ Healthcheck: CHECK }),
    new: config({ Healthcheck: { ...CHECK, Test: ['CMD', '/bin/false'] } }),
    create: (bench) =>
      bench.run({
        Healthcheck: { Test: ['CMD', '/bin/test', '-n', 'y z'], Interval: SECOND, Timeout: SECOND / 2, Retries: 2 },
      }),
    expect: (before, after) => {
      assert.deepEqual(after.Config.Healthcheck, before.Config.Healthcheck)
      assert.equal((after.Config.Healthcheck as { Timeout: number }).Timeout, SECOND / 2)
    },
  },
  {
    id: 'R15',
    given: 'the old image had no health check, the new one has',
    holds: 'the new one is at work',
    new: config({ Healthcheck: CHECK }),
    create: (bench) => bench.run(),
    expect: (_, after, { newImage }) => {
      assert.deepEqual(after.Config.Healthcheck, newImage.Config.Healthcheck)
      assert.equal(after.State.Health?.Status, 'healthy')
    },
  },
  {
    id: 'R16',
    given: 'the old image was removed while its container stayed',
    holds: 'the update is refused or says so; nothing of the old image is taken for what the owner said in silence',
    ends: 'either',
    async create(bench) {
      const id = await bench.make()
      await bench.daemon.docker('rmi', '--force', bench.image)
      await bench.api('POST', `/containers/${id}/start`)
    },
    expect: (_, after, { told }) => {
      assert.equal(after.State.Status, 'running')
      assert.match(told, /image[^"]*(is gone|not (known|here|there|on)|no longer|missing|removed|cannot be)/i)
    },
  },
  {
    id: 'R17',
    given: 'the host name is the one Docker made up',
    holds: "it is made up anew: the new container's short id",
    create: (bench) => bench.run(),
    expect: (_, after) => assert.equal(after.Config.Hostname, after.Id.slice(0, 12)),
  },
  {
    id: 'R18',
    given: "the owner's host name and domain name",
    holds: 'both are kept, and the name can be resolved',
    async create(bench) {
      const network = await bench.network('net')
      await bench.run({ Hostname: 'web', Domainname: 'ex.org', networks: [[network.name, {}]] })
    },
    async expect(_, after, bench) {
      assert.deepEqual([after.Config.Hostname, after.Config.Domainname], ['web', 'ex.org'])
      const address = after.NetworkSettings.Networks[`${bench.name}-net`]!.IPAddress
      assert.match(
        await bench.exec(bench.name, 'cat', '/etc/hosts'),
        new RegExp(`^${address}\\s+web\\.ex\\.org web$`, 'm'),
      )
      const name = bench.speaks('1.44') ? 'web' : bench.name
      assert.match(await bench.exec(bench.name, 'nslookup', name), new RegExp(`Address.*${address}`))
    },
  },
]

function published(port: string): Record<string, unknown> {
  return { NetworkMode: 'bridge', PortBindings: { '8080/tcp': [{ HostIp: '127.0.0.1', HostPort: port }] } }
}

function variable({ Env }: ContainerConfig, name: string): string | undefined {
  return Env.find((line) => line.startsWith(`${name}=`))?.slice(name.length + 1)
}

/** Stops the container and reads which signal it was told to stop by. */
async function stoppedBy({ daemon, name }: Outcome): Promise<string | undefined> {
  await daemon.docker('stop', name)
  return /stopped by (\w+)/.exec(await daemon.docker('logs', name))?.[1]
}

function sorted(list: readonly string[]): string[] {
  return [...list].sort()
}
