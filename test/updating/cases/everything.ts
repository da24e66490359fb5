import { readdirSync } from 'node:fs'
import path from 'node:path'
import type { Bench } from '../_case.ts'
import { CONTROL_GROUP } from '../_control-group.ts'

/** About forty fields of HostConfig at once, in values that this engine takes and under which a container runs. */
export function everything({ daemon, speaks }: Bench): Record<string, unknown> {
  return { ...limits(), ...confinement(), ...surroundings(daemon.folder), ...(speaks('1.43') && NEWER) }
}

const NEWER = { Annotations: { 'org.example.owner': 'ops', 'org.example.empty': '' } }

function limits(): Record<string, unknown> {
  return {
    CpuShares: 300,
    CpuPeriod: 50_000,
    CpuQuota: 40_000,
    CpusetCpus: '0-1',
    CpusetMems: '0',
    Memory: 96 << 20,
    MemoryReservation: 48 << 20,
    MemorySwap: 192 << 20,
    MemorySwappiness: 40,
    OomKillDisable: false,
    OomScoreAdj: 300,
    PidsLimit: 64,
    BlkioWeight: 400,
    BlkioDeviceReadBps: disks().map((Path) => ({ Path, Rate: 64 << 20 })),
    BlkioDeviceWriteIOps: disks().map((Path) => ({ Path, Rate: 100_000 })),
    ShmSize: 8 << 20,
    Ulimits: [
      { Name: 'nofile', Soft: 512, Hard: 1024 },
      { Name: 'core', Soft: 0, Hard: 0 },
    ],
  }
}

function confinement(): Record<string, unknown> {
  return {
    CapAdd: ['NET_ADMIN', 'SYS_TIME'],
    CapDrop: ['MKNOD', 'AUDIT_WRITE'],
    SecurityOpt: ['no-new-privileges'],
    GroupAdd: ['20', '44'],
    ReadonlyRootfs: true,
    Privileged: false,
    MaskedPaths: ['/proc/kcore'],
    ReadonlyPaths: ['/proc/bus', '/proc/irq'],
    Devices: [{ PathOnHost: '/dev/null', PathInContainer: '/dev/nothing', CgroupPermissions: 'rw' }],
    DeviceCgroupRules: ['c 10:200 rwm'],
    UsernsMode: '',
    IpcMode: 'private',
    PidMode: '',
    UTSMode: '',
    CgroupnsMode: 'private',
    CgroupParent: CONTROL_GROUP,
    Runtime: 'other',
  }
}

function surroundings(folder: string): Record<string, unknown> {
  return {
    Binds: [`${path.join(folder, 'config')}:/bound:ro,z`, 'h01-named:/named:nocopy'],
    Tmpfs: { '/run': 'rw,noexec,size=65536', '/var': '' },
    Mounts: [{ Type: 'tmpfs', Target: '/mounted', TmpfsOptions: { SizeBytes: 65_536, Mode: 0o1770 } }],
    LogConfig: { Type: 'json-file', Config: { 'max-size': '1m', tag: '{{.Name}}' } },
    NetworkMode: 'bridge',
    PortBindings: { '8080/tcp': [{ HostIp: '127.0.0.1', HostPort: '' }] },
    PublishAllPorts: true,
    RestartPolicy: { Name: 'unless-stopped', MaximumRetryCount: 0 },
    Dns: ['192.0.2.53', '192.0.2.54'],
    DnsOptions: ['timeout:1'],
    DnsSearch: ['example.org', 'example.com'],
    ExtraHosts: ['db:192.0.2.7', 'host.example:host-gateway'],
    Init: true,
    Sysctls: { 'net.core.somaxconn': '256' },
    AutoRemove: false,
    ContainerIDFile: '',
    VolumeDriver: 'local',
    ConsoleSize: [25, 100],
  }
}

/** The kernel takes limits for block devices that exist only. */
function disks(): string[] {
  return readdirSync('/sys/block')
    .filter((name) => /^(?:[sv]d[a-z]|nvme\d+n\d+)$/.test(name))
    .slice(0, 1)
    .map((name) => `/dev/${name}`)
}
