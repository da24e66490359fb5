import assert from 'node:assert/strict'
import type { Case, Inspect } from '../_case.ts'
import { CONTROL_GROUP } from '../_control-group.ts'
import { everything } from './everything.ts'

// What the owner said about the host: limits, devices, namespaces, logs. All of it stays as it is.

const SERVING = ['/bin/sh', '-c', 'trap "exit 0" TERM INT; sleep 100000 & wait']

export const hostConfigCases: readonly Case[] = [
  {
    id: 'H01',
    given: 'about forty fields of HostConfig are set',
    holds: 'HostConfig is the same in every field',
    create: (bench) => bench.run({ HostConfig: everything(bench) }),
    expect: sameHostConfig,
  },
  {
    id: 'H02',
    given: 'limits of CPU, memory, swap, processes and block devices',
    holds: 'they are the same, and hold',
    create: (bench) =>
      bench.run({
        HostConfig: {
          NanoCpus: 500_000_000,
          Memory: 64 << 20,
          MemorySwap: 128 << 20,
          MemoryReservation: 32 << 20,
          PidsLimit: 50,
          CpusetCpus: '0',
          CpuShares: 512,
          BlkioWeight: 300,
        },
      }),
    async expect(before, after, bench) {
      sameHostConfig(before, after)
      const limit = 'cat /sys/fs/cgroup/memory/memory.limit_in_bytes /sys/fs/cgroup/memory.max 2>/dev/null; true'
      assert.equal((await bench.exec(bench.name, 'sh', '-c', limit)).trim(), String(64 << 20))
    },
  },
  {
    id: 'H03',
    given: 'a device under another name, and rules for devices',
    holds: 'they are the same, and the device is there',
    create: (bench) =>
      bench.run({
        HostConfig: {
          Devices: [{ PathOnHost: '/dev/zero', PathInContainer: '/dev/x', CgroupPermissions: 'r' }],
          DeviceCgroupRules: ['c 1:5 r', 'c 42:* rwm'],
        },
      }),
    async expect(before, after, bench) {
      sameHostConfig(before, after)
      await bench.exec(bench.name, 'sh', '-c', 'test -c /dev/x')
    },
  },
  {
    id: 'H03b',
    given: 'a container that was created and never started asks for GPUs and for a CDI device',
    holds: 'the requests are the same with all their options, and it is still only created',
    create: (bench) =>
      bench.make({
        HostConfig: {
          DeviceRequests: [
            { Driver: 'nvidia', Count: -1, Capabilities: [['gpu', 'utility']], Options: { visible: 'all' } },
            { Driver: 'cdi', DeviceIDs: ['vendor.example/device=one'], Capabilities: null, Options: null },
          ],
        },
      }),
    expect: sameHostConfig,
  },
  {
    id: 'H04',
    given: 'extra hosts, DNS, an init process, a terminal, an open standard input, shareable IPC',
    holds: 'all of it is the same',
    create: (bench) =>
      bench.run({
        Tty: true,
        OpenStdin: true,
        StdinOnce: true,
        HostConfig: {
          ExtraHosts: ['db:192.0.2.7', 'six:2001:db8::7'],
          Dns: ['192.0.2.53'],
          DnsOptions: ['ndots:3'],
          DnsSearch: ['example.org'],
          Init: true,
          IpcMode: 'shareable',
          CgroupnsMode: 'private',
        },
      }),
    async expect(before, after, bench) {
      sameHostConfig(before, after)
      const { Tty, OpenStdin, StdinOnce } = after.Config
      assert.deepEqual([Tty, OpenStdin, StdinOnce], [true, true, true])
      assert.match(await bench.exec(bench.name, 'cat', '/etc/hosts'), /192\.0\.2\.7\s+db/)
    },
  },
  {
    id: 'H04b',
    given: "the host's own processes, host name, users, control groups and network",
    holds: 'all of it is the same, and the host name is no conflict',
    create: (bench) =>
      bench.run({
        Cmd: SERVING,
        HostConfig: {
          NetworkMode: 'host',
          PidMode: 'host',
          UTSMode: 'host',
          UsernsMode: 'host',
          CgroupnsMode: 'host',
          IpcMode: 'host',
        },
      }),
    expect: sameHostConfig,
  },
  {
    id: 'H05',
    given:
      'log driver, control group, runtime, masked and read-only paths, limits, kernel settings, tmpfs, annotations',
    holds: 'all of it is the same',
    create: (bench) =>
      bench.run({
        HostConfig: {
          LogConfig: { Type: 'local', Config: { 'max-size': '1m', 'max-file': '2' } },
          CgroupParent: CONTROL_GROUP,
          Runtime: 'other',
          MaskedPaths: ['/proc/kcore', '/proc/keys'],
          ReadonlyPaths: ['/proc/bus'],
          Ulimits: [{ Name: 'nofile', Soft: 1000, Hard: 2000 }],
          Sysctls: { 'net.ipv4.ip_unprivileged_port_start': '80' },
          Tmpfs: { '/scratch': 'rw,size=1048576,mode=1770' },
          ...(bench.speaks('1.43') && { Annotations: { 'org.example.owner': 'ops' } }),
        },
      }),
    expect: sameHostConfig,
  },
  {
    id: 'H10',
    given: 'the restart policy on-failure:4',
    holds: 'it is the same on the new container',
    create: (bench) => bench.run({ HostConfig: { RestartPolicy: { Name: 'on-failure', MaximumRetryCount: 4 } } }),
    expect: sameHostConfig,
  },
  {
    id: 'H10b',
    given: 'the same, and a new image that ends at once',
    holds: 'the old container runs again under its old policy',
    ends: 'rolled back',
    new: { cmd: ['/bin/false'] },
    create: (bench) => bench.run({ HostConfig: { RestartPolicy: { Name: 'on-failure', MaximumRetryCount: 4 } } }),
    expect: sameHostConfig,
  },
  {
    id: 'H11',
    given: 'a container that is removed when it stops',
    holds: 'it is replaced by one of the same kind, or refused; it is never lost',
    ends: 'either',
    create: (bench) => bench.run({ HostConfig: { AutoRemove: true } }),
    expect: (before, after, { told }) => {
      sameHostConfig(before, after)
      assert.equal(after.State.Status, 'running')
      if (after.Id === before.Id) assert.match(told, /--rm|AutoRemove|removed when it stops/i)
    },
  },
  {
    id: 'H12',
    given: 'the engine tells a field of HostConfig that nobody knows yet',
    holds: 'it is sent along untouched, digit by digit',
    create: (bench) => bench.run(),
    expect: (_before, _after, { calls, image }) => {
      const created = calls.find(({ path, body }) => path.includes('/containers/create') && body.includes(image))
      assert.ok(created, 'no container of this image was created through the tap')
      assert.ok(created.body.includes(UNKNOWN_FIELD), created.body)
    },
  },
  {
    id: 'H13',
    given: 'a container of another platform than the host, from an image of several',
    holds: 'the new one is of the same platform',
    old: { platforms: ['linux/amd64', 'linux/arm64'] },
    new: { platforms: ['linux/amd64', 'linux/arm64'] },
    async create(bench) {
      // The engine keeps one image under a digest: the host's own platform would stay there.
      await bench.daemon.docker('rmi', bench.image)
      await bench.daemon.docker('pull', '--quiet', '--platform', 'linux/arm64', bench.image)
      await bench.run({ platform: 'linux/arm64' })
    },
    async expect(_, after, { api }) {
      const image = await api<{ Architecture: string }>('GET', `/images/${after.Image}/json`)
      assert.equal(image.Architecture, 'arm64')
    },
  },
  {
    id: 'H13b',
    given: 'the new image is for another platform only',
    holds: 'it is refused before anything is stopped',
    ends: 'refused',
    new: { platforms: ['linux/arm64'] },
    create: (bench) => bench.run(),
    expect: (_before, _after, { told }) => assert.match(told, /linux\/(amd64|arm64)/),
  },
  {
    id: 'H14',
    given: 'a container that was created and never started',
    holds: 'it is replaced, and only created',
    create: (bench) => bench.make(),
    expect: sameHostConfig,
  },
  {
    id: 'H14b',
    given: 'a container that has ended',
    holds: 'it is replaced, and does not run',
    create: async (bench) => {
      await bench.run()
      await bench.daemon.docker('stop', bench.name)
    },
    expect: sameHostConfig,
  },
  {
    id: 'H14c',
    given: 'a paused container',
    holds: 'it is replaced and paused, or left alone',
    ends: 'either',
    create: async (bench) => {
      await bench.run()
      await bench.daemon.docker('pause', bench.name)
    },
    expect: (before, after) => {
      sameHostConfig(before, after)
      assert.equal(after.State.Status, 'paused')
    },
  },
]

/** What the tap adds to the HostConfig that the engine tells of H12. */
export const UNKNOWN_FIELD = '"FutureKnob":{"exact":12345678901234567890,"list":[1,null,"x"]}'

function sameHostConfig(before: Inspect, after: Inspect): void {
  assert.deepEqual(after.HostConfig, before.HostConfig)
}
