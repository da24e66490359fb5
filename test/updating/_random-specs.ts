import fc from 'fast-check'
import { CONTROL_GROUP } from './_control-group.ts'

/** What a random container is made of: what it says of itself, of the host, and of its networks. */
export interface RandomSpec {
  readonly config: Readonly<Record<string, unknown>>
  readonly host: Readonly<Record<string, unknown>>
  /** Settings of one endpoint per network of its own; `fixed`: with an address of that place in its subnet. */
  readonly networks: readonly {
    readonly fixed: number | undefined
    readonly settings: Readonly<Record<string, unknown>>
  }[]
}

/** Serves nothing, stops at whichever signal: many of them may share the host's network. */
export const WAITING = ['/bin/sh', '-c', 'trap "exit 0" TERM INT QUIT USR1; sleep 100000 & wait']

const MIB = 1 << 20
const SECOND = 1_000_000_000
const word = fc.constantFrom('one', 'two', 'three', 'with space', 'ünï', '')
const name = fc.constantFrom('alpha', 'beta', 'gamma', 'delta')
const flag = fc.boolean()
const some = <Value>(...values: Value[]) => fc.uniqueArray(fc.constantFrom(...values), { minLength: 1 })

/** Containers in values that every engine takes and under which they run. */
export function randomSpecs(): fc.Arbitrary<RandomSpec> {
  return fc
    .record({ config: config(), host: fc.tuple(limits(), confinement(), surroundings()), where: where() })
    .map(({ config, host: [limits, confinement, surroundings], where }) => {
      const host: Record<string, unknown> = { ...limits, ...confinement, ...surroundings, ...where.host }
      const mode = where.host.NetworkMode
      // The engine refuses a name, or a kernel setting of the network, where both are the host's.
      const bare = mode === 'host' || host.UTSMode === 'host' || mode === 'none'
      // All of root's capabilities are more than some machines give away.
      const owner = host.Privileged === true ? { User: '1000' } : {}
      return {
        config: { ...(bare ? { ...config, Hostname: '', Domainname: '' } : config), ...owner },
        host: mode === 'host' ? { ...host, Sysctls: {}, PublishAllPorts: false, PortBindings: {} } : host,
        networks: where.networks,
      }
    })
}

function config(): fc.Arbitrary<Record<string, unknown>> {
  return fc.record(
    {
      Env: fc
        .tuple(some('VERSION=user', 'USERSET=1', 'EMPTY=', 'EQUAL=a=b', 'SPACE=a b'), fc.constantFrom('a', 'mine'))
        .map(([lines, shared]) => [...lines, `SHARED=${shared}`]),
      Labels: fc.dictionary(name, word),
      Hostname: fc.constantFrom('web', 'host-1'),
      Domainname: fc.constantFrom('example.org', ''),
      User: fc.constantFrom('', '0', '1000', '1000:1000'),
      WorkingDir: fc.constantFrom('/', '/www', '/new/folder'),
      StopSignal: fc.constantFrom('SIGTERM', 'SIGQUIT', 'SIGUSR1', '2'),
      StopTimeout: fc.integer({ min: 3, max: 60 }),
      Tty: flag,
      OpenStdin: flag,
      StdinOnce: flag,
      AttachStdout: flag,
      Entrypoint: fc.constantFrom([], ['/bin/busybox', 'env', 'MORE=1']),
      Cmd: fc.constant([...WAITING, 'more', 'arguments, too']),
      ExposedPorts: fc.dictionary(fc.constantFrom('1234/tcp', '53/udp', '9000-9001/tcp'), fc.constant({})),
      Volumes: fc.dictionary(fc.constantFrom('/anonymous', '/second'), fc.constant({})),
      Healthcheck: fc.constantFrom(
        { Test: ['NONE'] },
        { Test: ['CMD', '/bin/test', '-n', 'y z'], Interval: SECOND, Timeout: SECOND / 2, Retries: 2 },
        { Test: ['CMD-SHELL', 'true'], Interval: SECOND, StartPeriod: 2 * SECOND },
      ),
    },
    { requiredKeys: ['Cmd'] },
  )
}

function limits(): fc.Arbitrary<Record<string, unknown>> {
  const memory = fc.integer({ min: 16, max: 64 }).map((size) => ({
    Memory: size * MIB,
    MemorySwap: 2 * size * MIB,
    MemoryReservation: 8 * MIB,
  }))
  const cpu = fc.constantFrom<Record<string, unknown>>(
    {},
    { NanoCpus: 500_000_000 },
    { CpuPeriod: 50_000, CpuQuota: 25_000 },
    { CpuShares: 512, CpusetCpus: '0', CpusetMems: '0' },
  )
  const others = fc.record(
    {
      MemorySwappiness: fc.integer({ min: 0, max: 100 }),
      PidsLimit: fc.constantFrom(null, -1, 64),
      OomScoreAdj: fc.integer({ min: 0, max: 900 }),
      OomKillDisable: fc.constant(false),
      BlkioWeight: fc.integer({ min: 10, max: 1000 }),
      ShmSize: fc.integer({ min: 1, max: 16 }).map((size) => size * MIB),
      Ulimits: some({ Name: 'nofile', Soft: 100, Hard: 200 }, { Name: 'core', Soft: 0, Hard: -1 }),
    },
    { requiredKeys: [] },
  )
  return fc.tuple(fc.option(memory, { nil: {} }), cpu, others).map((parts) => Object.assign({}, ...parts))
}

function confinement(): fc.Arbitrary<Record<string, unknown>> {
  return fc.record(
    {
      CapAdd: some('NET_ADMIN', 'SYS_TIME', 'SYS_PTRACE'),
      CapDrop: some('MKNOD', 'AUDIT_WRITE', 'SETFCAP'),
      Privileged: flag,
      SecurityOpt: some('no-new-privileges', 'seccomp=unconfined'),
      GroupAdd: some('20', '44', '1234'),
      ReadonlyRootfs: fc.constant(false),
      MaskedPaths: fc.constantFrom([], ['/proc/kcore']),
      ReadonlyPaths: fc.constantFrom([], ['/proc/bus', '/proc/irq']),
      Devices: fc.constant([{ PathOnHost: '/dev/null', PathInContainer: '/dev/nothing', CgroupPermissions: 'r' }]),
      DeviceCgroupRules: some('c 42:* rwm', 'c 10:200 r'),
      CgroupnsMode: fc.constantFrom('private', 'host'),
      CgroupParent: fc.constant(CONTROL_GROUP),
      IpcMode: fc.constantFrom('private', 'shareable', 'none', 'host'),
      PidMode: fc.constantFrom('', 'host'),
      UTSMode: fc.constantFrom('', 'host'),
      UsernsMode: fc.constantFrom('', 'host'),
      Runtime: fc.constantFrom('runc', 'other'),
      Init: fc.constantFrom(true, false, null),
    },
    { requiredKeys: [] },
  )
}

function surroundings(): fc.Arbitrary<Record<string, unknown>> {
  return fc.record(
    {
      Binds: some('/usr/share:/host-share:ro', 'random-named:/named', 'random-other:/other:nocopy'),
      Tmpfs: fc.dictionary(fc.constantFrom('/scratch', '/run'), fc.constantFrom('', 'size=65536,mode=1770')),
      Mounts: some(
        { Type: 'tmpfs', Target: '/small', TmpfsOptions: { SizeBytes: 65_536, Mode: 0o1770 } },
        { Type: 'volume', Source: 'random-mounted', Target: '/mounted', VolumeOptions: { NoCopy: true } },
        { Type: 'volume', Target: '/unnamed', ReadOnly: false },
        {
          Type: 'bind',
          Source: '/usr/share',
          Target: '/bound',
          ReadOnly: true,
          BindOptions: { Propagation: 'rprivate' },
        },
      ),
      VolumeDriver: fc.constantFrom('', 'local'),
      LogConfig: fc.constantFrom(
        { Type: 'json-file', Config: { 'max-size': '1m', tag: '{{.Name}}' } },
        { Type: 'local', Config: {} },
        { Type: 'none', Config: {} },
      ),
      RestartPolicy: fc.constantFrom(
        { Name: 'no', MaximumRetryCount: 0 },
        { Name: 'always', MaximumRetryCount: 0 },
        { Name: 'unless-stopped', MaximumRetryCount: 0 },
        { Name: 'on-failure', MaximumRetryCount: 3 },
      ),
      PortBindings: fc.constantFrom({}, { '8080/tcp': [{ HostIp: '127.0.0.1', HostPort: '' }] }),
      PublishAllPorts: fc.constant(false),
      Dns: some('192.0.2.53', '192.0.2.54'),
      DnsOptions: some('ndots:2', 'timeout:1'),
      DnsSearch: some('example.org', 'example.com'),
      ExtraHosts: some('db:192.0.2.7', 'six:2001:db8::7'),
      Sysctls: fc.constantFrom({}, { 'net.core.somaxconn': '256' }),
      ConsoleSize: fc.constantFrom([0, 0], [25, 100]),
    },
    { requiredKeys: [] },
  )
}

interface Where {
  readonly host: { readonly NetworkMode?: string }
  readonly networks: RandomSpec['networks']
}

function where(): fc.Arbitrary<Where> {
  const settings = fc.record(
    { Aliases: some('web', 'app', 'x.y'), DriverOpts: fc.constant({ 'org.example.option': 'kept' }) },
    { requiredKeys: [] },
  )
  const fixed = fc.option(fc.integer({ min: 10, max: 29 }), { nil: undefined })
  const networks = fc.array(fc.record({ fixed, settings }), { minLength: 1, maxLength: 2 })
  const modes = fc.constantFrom('none', 'bridge', 'default', 'host')
  return fc.oneof(
    modes.map((NetworkMode): Where => ({ host: { NetworkMode }, networks: [] })),
    networks.map((all): Where => ({ host: {}, networks: all })),
  )
}
