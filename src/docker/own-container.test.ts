import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type OwnTraces, ownTraces } from './own-container.ts'

const ID = '3f4c9dd17a9f6a3c2d1b0e9f8a7b6c5d4e3f2a1b0c9d8e7f6a5b4c3d2e1f0a9b'
const OTHER = 'aa11bb22cc33dd44ee55ff66aa11bb22cc33dd44ee55ff66aa11bb22cc33dd44'
const LAYER = '8b1f0c5a7d3e9b2c4f6a8d0e1b3c5f7a9d2e4b6c8f0a1d3e5b7c9f2a4d6e8b0c'

const OVERLAY = `1035 740 0:94 / / rw,relatime master:310 - overlay overlay rw,lowerdir=/var/lib/docker/overlay2/l/AAA:/var/lib/docker/overlay2/l/BBB,upperdir=/var/lib/docker/overlay2/${LAYER}/diff,workdir=/var/lib/docker/overlay2/${LAYER}/work,nouserxattr`
const PROC = '1036 1035 0:97 / /proc rw,nosuid,nodev,noexec,relatime - proc proc rw'
const SHM = '1046 1037 0:96 / /dev/shm rw,nosuid,nodev,noexec,relatime - tmpfs shm rw,size=65536k'
const docker = (id: string, root = '/var/lib/docker'): string =>
  ['resolv.conf', 'hostname', 'hosts']
    .map(
      (file, nth) =>
        `${1049 + nth} 1035 254:1 ${root}/containers/${id}/${file} /etc/${file} rw,relatime - ext4 /dev/vda1 rw`,
    )
    .join('\n')
const podman = (root: string): string =>
  ['hosts', 'hostname', 'resolv.conf']
    .map(
      (file, nth) =>
        `${920 + nth} 901 0:42 ${root}/overlay-containers/${ID}/userdata/${file} /etc/${file} rw,nosuid,nodev - tmpfs tmpfs rw`,
    )
    .join('\n')

interface Files {
  readonly mountinfo?: string
  readonly cgroup?: string
  readonly hostname?: string
}

const NONE: OwnTraces = { ids: [], isSure: false, layer: undefined }
const ROWS: readonly [string, Files, OwnTraces][] = [
  [
    'Docker with overlay2 and cgroup v2: the mounts tell, and so does the host name',
    { mountinfo: [OVERLAY, PROC, SHM, docker(ID)].join('\n'), cgroup: '0::/\n', hostname: `${ID.slice(0, 12)}\n` },
    { ids: [ID, ID.slice(0, 12)], isSure: false, layer: LAYER },
  ],
  [
    'Docker with cgroup v1: the control group tells first',
    {
      mountinfo: docker(ID),
      cgroup: `12:pids:/docker/${ID}\n11:cpu,cpuacct:/docker/${ID}\n0::/system.slice/containerd.service\n`,
    },
    { ids: [ID], isSure: true, layer: undefined },
  ],
  [
    'systemd as the driver of control groups',
    { cgroup: `0::/system.slice/docker-${ID}.scope\n` },
    { ids: [ID], isSure: true, layer: undefined },
  ],
  [
    'Docker within Docker: the inner one',
    {
      mountinfo: docker(ID, `/var/lib/docker/volumes/${OTHER}/_data`),
      cgroup: `4:memory:/docker/${OTHER}/docker/${ID}\n`,
    },
    { ids: [ID], isSure: true, layer: undefined },
  ],
  [
    'Docker within Docker by the mounts alone',
    { mountinfo: docker(ID, `/var/lib/docker/volumes/${OTHER}/_data`) },
    { ids: [ID], isSure: false, layer: undefined },
  ],
  [
    'the network of another container: the mounts are the other one’s, the layer is its own',
    { mountinfo: [OVERLAY, docker(OTHER)].join('\n'), cgroup: '0::/\n', hostname: OTHER.slice(0, 12) },
    { ids: [OTHER, OTHER.slice(0, 12)], isSure: false, layer: LAYER },
  ],
  [
    'a data root on a file system of its own',
    { mountinfo: docker(ID, '') },
    { ids: [ID], isSure: false, layer: undefined },
  ],
  [
    'containerd by nerdctl',
    {
      mountinfo: `700 600 254:1 /var/lib/nerdctl/1935db59/containers/default/${ID}/resolv.conf /etc/resolv.conf rw - ext4 /dev/vda1 rw`,
    },
    { ids: [ID], isSure: false, layer: undefined },
  ],
  [
    'containerd under Kubernetes',
    {
      cgroup: `0::/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod8a.slice/cri-containerd-${ID}.scope\n`,
    },
    { ids: [ID], isSure: true, layer: undefined },
  ],
  ['Podman as root', { mountinfo: podman('/containers') }, { ids: [ID], isSure: false, layer: undefined }],
  [
    'Podman without root',
    {
      mountinfo: podman('/containers'),
      cgroup: `0::/user.slice/user-1000.slice/user@1000.service/user.slice/libpod-${ID}.scope/container\n`,
    },
    { ids: [ID], isSure: true, layer: undefined },
  ],
  [
    'a chosen host name and nothing else to go by',
    { mountinfo: [OVERLAY, PROC].join('\n'), cgroup: '0::/', hostname: 'ships' },
    { ids: [], isSure: false, layer: LAYER },
  ],
  [
    'a bare host that runs Docker: what lies on it is not its own',
    {
      mountinfo: [
        '27 1 254:0 / / rw,relatime - ext4 /dev/vda rw,discard',
        `512 27 0:55 / /var/lib/docker/overlay2/${LAYER}/merged rw - overlay overlay rw,upperdir=/var/lib/docker/overlay2/${LAYER}/diff,workdir=w`,
        `513 27 0:56 / /var/lib/docker/containers/${ID}/mounts/shm rw - tmpfs shm rw,size=65536k`,
      ].join('\n'),
      cgroup: '0::/system.slice/seaworthy.service\n',
      hostname: 'nas.example.org',
    },
    NONE,
  ],
  [
    'a log reader in whose container all containers’ folders are mounted',
    { mountinfo: `90 80 254:1 /var/lib/docker/containers /var/lib/docker/containers ro - ext4 /dev/vda1 rw` },
    NONE,
  ],
  ['a system without these files', {}, NONE],
]

for (const [name, files, expected] of ROWS) {
  test(name, () => {
    const texts: Record<string, string | undefined> = {
      '/proc/self/mountinfo': files.mountinfo,
      '/proc/self/cgroup': files.cgroup,
      '/etc/hostname': files.hostname,
    }
    assert.deepEqual(
      ownTraces((path) => texts[path] ?? ''),
      expected,
    )
  })
}
