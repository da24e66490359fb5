import { posix } from 'node:path'
import { asObject, asObjects, asText, asTexts } from './json.ts'
import type { InspectedContainer, JsonObject } from './types.ts'

/** `source:destination:options`, where Windows paths have a colon of their own and the source may be missing. */
const BIND = /^(?:((?:[a-z]:[\\/])?[^:]+):)?((?:[a-z]:[\\/])?[^:]+)(?::[^:]*)?$/i
const ANONYMOUS = /^[0-9a-f]{64}$/
const VOLUME_PATH = /\/volumes\/([^/]+)\/_data$/

/**
 * The same HostConfig with the container's anonymous volumes in it, so that the new container gets the same ones. They
 * are nowhere but in `.Mounts`: a destination that the HostConfig names already is left alone, for twice is refused
 * ("Duplicate mount point").
 */
export function keepAnonymousVolumes(hostConfig: JsonObject, container: InspectedContainer): JsonObject {
  const volumes = (container.Mounts ?? []).filter(({ Type, Name }) => Type === 'volume' && asText(Name) !== '')
  const named = new Map((container.Mounts ?? []).map((mount) => [cleanPath(asText(mount.Destination)), nameOf(mount)]))
  const taken = destinationsOf(hostConfig)
  const anonymous = volumes.filter(
    (mount) => !taken.has(cleanPath(asText(mount.Destination))) && !isDonors(mount, container),
  )
  const mounts = anonymous.map(({ Name, Destination, RW }) => ({
    Type: 'volume',
    Source: Name,
    Target: Destination,
    ...(RW === false ? { ReadOnly: true } : {}),
  }))
  return {
    ...hostConfig,
    ...(hostConfig.Binds ? { Binds: asTexts(hostConfig.Binds).map((bind) => withSource(bind, named)) } : {}),
    ...(mounts.length === 0 && !hostConfig.Mounts
      ? {}
      : { Mounts: [...asObjects(hostConfig.Mounts).map((mount) => withVolume(mount, named)), ...mounts] }),
  }
}

/** As the engine writes it: without doubled and closing slashes. Windows does not tell capitals apart. */
export function cleanPath(path: string): string {
  return path.includes('\\') ? path.toLowerCase() : posix.normalize(path).replace(/(.)\/$/, '$1')
}

/** Whether a mount asks for a volume without a name, or is what `keepAnonymousVolumes` (and compose) writes to keep one. */
export function isAnonymousMount(mount: JsonObject): boolean {
  const source = asText(mount.Source)
  return mount.Type === 'volume' && (source === '' || ANONYMOUS.test(source))
}

/** A bind as it was asked for: without the name that keeps its anonymous volume. */
export function plainBind(bind: string): string {
  return bind.replace(/^[0-9a-f]{64}:(?=[^:]*\/)/, '')
}

function destinationsOf(hostConfig: JsonObject): Set<string> {
  return new Set(
    [
      ...asTexts(hostConfig.Binds).map((bind) => BIND.exec(bind)?.[2] ?? bind),
      ...asObjects(hostConfig.Mounts).map((mount) => asText(mount.Target)),
      ...Object.keys(asObject(hostConfig.Tmpfs)),
    ].map(cleanPath),
  )
}

/** The name of a volume. Of one that a bind without a source has made, newer engines tell the path only. */
function nameOf({ Name, Source }: JsonObject): string | undefined {
  return asText(Name) || VOLUME_PATH.exec(asText(Source))?.[1]
}

/** A volume that was asked for without a name would be a new, empty one every time. */
function withVolume(mount: JsonObject, named: ReadonlyMap<string, string | undefined>): JsonObject {
  const name = named.get(cleanPath(asText(mount.Target)))
  return mount.Type === 'volume' && asText(mount.Source) === '' && name !== undefined
    ? { ...mount, Source: name }
    : mount
}

/** The same of a bind that names only its destination, which is possible through the API. */
function withSource(bind: string, named: ReadonlyMap<string, string | undefined>): string {
  const [, source, destination = ''] = BIND.exec(bind) ?? []
  const name = named.get(cleanPath(destination))
  return source === undefined && name !== undefined ? `${name}:${bind}` : bind
}

/**
 * Whether a volume came through VolumesFrom and will come that way again. `.Mounts` does not say; it is the container's
 * own only if it can be: a writable one with an engine's name at a path that is declared as a volume.
 */
function isDonors(mount: JsonObject, { Config: config, HostConfig: hostConfig }: InspectedContainer): boolean {
  if (asTexts(hostConfig.VolumesFrom).length === 0) return false
  const destination = cleanPath(asText(mount.Destination))
  const isDeclared = Object.keys(asObject(config.Volumes)).some((volume) => cleanPath(volume) === destination)
  return !(isDeclared && mount.RW !== false && ANONYMOUS.test(asText(mount.Name)))
}
