import { userCommand } from './command.ts'
import { envByName, userEnv } from './env.ts'
import { asObject, asText, asTexts, isEmpty, isSame, pick } from './json.ts'
import { cleanPath } from './mounts.ts'
import type { InspectedContainer, Json, JsonObject } from './types.ts'

export interface UserConfigOptions {
  readonly container: InspectedContainer
  /** The old image's config; undefined when the image is gone: then every value counts as the user's. */
  readonly image: JsonObject | undefined
  /** `env:NAME`, `label:NAME`: the user's although it equals the image's. */
  readonly pins: readonly string[]
  /** The machine's own name, where it is known: what a container in host mode has as its hostname unless it was given another. */
  readonly machine: string | undefined
}

/** Labels under this prefix say what an update did with a container; the next one says it anew. */
export const INTERNAL_LABELS = 'seaworthy.internal.'
/** An image that compose built has these too, yet only the container's own count for compose. */
export const COMPOSE_LABELS = 'com.docker.compose.'

/** Taken from the image where the user says nothing, as a whole. */
const WHOLE = ['User', 'StopSignal', 'Shell', 'OnBuild', 'ArgsEscaped']
/** Decided here one by one; all other keys are the user's as they are. */
const DECIDED = ['Env', 'Cmd', 'Entrypoint', 'Labels', 'ExposedPorts', 'Volumes', 'WorkingDir', 'Healthcheck', ...WHOLE]
const NEVER = ['Hostname', 'MacAddress', 'Image']

/**
 * What of a container's `Config` is the user's and not its old image's: the engine adds the new image's to it. A value that
 * equals the old image's may be either; it is taken for the image's unless it is pinned.
 */
export function userConfig(options: UserConfigOptions): JsonObject {
  const { container, pins } = options
  const { Config: config, HostConfig: hostConfig } = container
  const image = options.image ?? {}
  const mode = asText(hostConfig.NetworkMode)
  const env = userEnv(asTexts(config.Env), asTexts(image.Env), namesOf(pins, 'env:'))
  const sharesNetwork = mode.startsWith('container:')
  const rest = pick(config, (key) => !DECIDED.includes(key) && !NEVER.includes(key))
  return {
    // In `container:` mode the domain is the provider's, as the hostname is.
    ...(sharesNetwork ? pick(rest, (key) => key !== 'Domainname') : rest),
    ...hostname(options, mode),
    ...pick(config, (key, value) => WHOLE.includes(key) && !isSame(value, image[key])),
    ...filled({
      Env: env,
      Labels: userLabels(config, image, namesOf(pins, 'label:')),
      ExposedPorts: sharesNetwork ? {} : userPorts(config, image, hostConfig),
      Volumes: minus(asObject(config.Volumes), image.Volumes),
      WorkingDir: isSamePath(config.WorkingDir, image.WorkingDir) ? '' : config.WorkingDir,
      Healthcheck: isSameHealthcheck(config.Healthcheck, image.Healthcheck) ? {} : config.Healthcheck,
    }),
    ...userCommand(config, options.image === undefined ? undefined : image),
  }
}

/** The pins that name something the container does not have, so that they hold nothing. */
export function idlePins({ Config: config }: InspectedContainer, pins: readonly string[]): string[] {
  const env = [...envByName(asTexts(config.Env)).keys()].map((name) => `env:${name}`)
  const held = new Set([...env, ...Object.keys(asObject(config.Labels)).map((label) => `label:${label}`)])
  return pins.filter((pin) => !held.has(pin))
}

function namesOf(pins: readonly string[], prefix: string): Set<string> {
  return new Set(pins.filter((pin) => pin.startsWith(prefix)).map((pin) => pin.slice(prefix.length)))
}

function userLabels(config: JsonObject, image: JsonObject, pinned: ReadonlySet<string>): JsonObject {
  const given = asObject(image.Labels)
  return pick(asObject(config.Labels), (label, value) => {
    if (label.startsWith(INTERNAL_LABELS)) return false
    return label.startsWith(COMPOSE_LABELS) || pinned.has(label) || value !== given[label]
  })
}

/** A published port stays exposed though the old image exposed it too: it is in use, whatever the new image says. */
function userPorts(config: JsonObject, image: JsonObject, hostConfig: JsonObject): JsonObject {
  const ports = asObject(config.ExposedPorts)
  const published = asObject(hostConfig.PortBindings)
  return { ...minus(ports, image.ExposedPorts), ...pick(ports, (port) => published[port] !== undefined) }
}

/**
 * The hostname where the user chose it. Unset, the engine shows its own choice there: the short id, the machine's name in
 * host mode, the provider's in `container:` mode. Sent back, the last one is refused, and so is any with the machine's UTS.
 */
function hostname({ container, machine }: UserConfigOptions, mode: string): JsonObject {
  const name = asText(container.Config.Hostname)
  const isEngines =
    name === container.Id.slice(0, 12) || (mode === 'host' && (machine === undefined || name === machine))
  if (name === '' || isEngines || mode.startsWith('container:')) return {}
  const uts = asText(container.HostConfig.UTSMode)
  return uts === 'host' || uts.startsWith('container:') ? {} : { Hostname: name }
}

function minus(object: JsonObject, image: Json | undefined): JsonObject {
  const given = asObject(image)
  return pick(object, (key) => given[key] === undefined)
}

/** The engine cleans the path of a container, but not that of an image. */
function isSamePath(a: Json | undefined, b: Json | undefined): boolean {
  const [left, right] = [asText(a), asText(b)]
  return left === right || (left !== '' && right !== '' && cleanPath(left) === cleanPath(right))
}

/** All fields at once: half of one check and half of another make no check that anybody wrote. */
function isSameHealthcheck(a: Json | undefined, b: Json | undefined): boolean {
  const set = (value: Json | undefined) => pick(asObject(value), (_, field) => field !== 0)
  return isSame(set(a), set(b))
}

function filled(object: JsonObject): JsonObject {
  return pick(object, (_, value) => !isEmpty(value))
}
