/** What the kernel tells a process about the container it runs in. */
export interface OwnTraces {
  /** Ids (or beginnings of ids) that may be its own, the surest first. Empty: it runs in none that can be known. */
  readonly ids: readonly string[]
  /** Whether the first of `ids` can only be its own: the others are those of the container whose network it shares, if it does. */
  readonly isSure: boolean
  /** The overlay directory that it writes to, as Docker's `GraphDriver` names it; tells containers apart that share a network. */
  readonly layer: string | undefined
}

/** `docker/<id>`, `docker-<id>.scope`, `libpod-<id>.scope`, `cri-containerd-<id>.scope`: the last one is the innermost. */
const IN_CGROUP = /(?:^|[/:-])([0-9a-f]{64})(?=$|[./])/g
/** Files that every engine mounts into a container out of a folder that bears its id. */
const MOUNTED = new Set(['/etc/hostname', '/etc/hosts', '/etc/resolv.conf'])
const IN_ROOT = /\/([0-9a-f]{64})\/(?:[^/]+\/)?(?:hostname|hosts|resolv\.conf)$/
const UPPER = /(?:^|,)upperdir=(?:[^,]*\/)?([^/,]+)\/diff(?:,|$)/
const SHORT_ID = /^[0-9a-f]{12}$/

/**
 * Looks for the container this process runs in. The control group names it where the engine lets it be seen (v1, or v2
 * without a namespace of its own); the mounts name it nearly always, but in a container that shares another's network
 * they are the other's (moby, `initializeNetworking`); the host name is its short id unless somebody chose another, so
 * only an engine that knows it makes it one. Mounts that merely lie on a host, such as other containers' `shm`, do not count.
 * @param read the text of a file, empty where it cannot be read
 */
export function ownTraces(read: (path: string) => string): OwnTraces {
  const mounts = read('/proc/self/mountinfo').split('\n').map(parseMount)
  const grouped = read('/proc/self/cgroup').split('\n').flatMap(idsInCgroup)
  const mounted = mounts.flatMap(({ root, point }) => (MOUNTED.has(point) ? (IN_ROOT.exec(root)?.[1] ?? []) : []))
  const name = read('/etc/hostname').trim()
  const layer = mounts.find(({ point, type }) => point === '/' && type === 'overlay')
  return {
    ids: [...new Set([...grouped, ...mounted, ...(SHORT_ID.test(name) ? [name] : [])])],
    isSure: grouped.length > 0,
    layer: layer && UPPER.exec(layer.options)?.[1],
  }
}

interface Mount {
  /** Of the mounted file system, what is mounted. */
  readonly root: string
  readonly point: string
  readonly type: string
  readonly options: string
}

/** proc_pid_mountinfo(5): `id parent major:minor root point options [fields] - type source options`. */
function parseMount(line: string): Mount {
  const [before = '', after = ''] = line.split(' - ')
  const [, , , root = '', point = ''] = before.split(' ')
  const [type = '', , options = ''] = after.split(' ')
  return { root, point, type, options }
}

/** proc_pid_cgroup(5): `hierarchy:controllers:path`. */
function idsInCgroup(line: string): string[] {
  const path = line.split(':').slice(2).join(':')
  const last = [...path.matchAll(IN_CGROUP)].at(-1)?.[1]
  return last === undefined ? [] : [last]
}
