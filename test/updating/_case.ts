import type { DockerApi } from '../kit/parts/docker-api.ts'
import type { DockerDaemon } from '../kit/parts/docker-daemon.ts'
import type { Call } from '../kit/parts/docker-tap.ts'
import type { Engine } from '../kit/parts/engines.ts'
import type { PushOptions } from '../kit/parts/push-image.ts'
import type { Registry } from '../kit/parts/registry.ts'

/** One row of the table: a container, a new image of it, and what must hold afterwards. */
export interface Case {
  /** `R01`. The case's containers, networks and image are named after it: `r01`, `r01-child`, `case/r01:latest`. */
  readonly id: string
  /** What is so before: part of a sentence. */
  readonly given: string
  /** What must hold afterwards. */
  readonly holds: string
  /** Differences from {@link OLD} and {@link NEW}. */
  readonly old?: PushOptions
  readonly new?: PushOptions
  /** The engines that can express it; for the others the reason why not. */
  readonly only?: { readonly engines: readonly Engine[]; readonly reason: string }
  /**
   * How it ends; `updated` unless told. What belongs to an end is asserted for every case: a new container of the new image
   * in the old one's state, or the very same container, running as it did.
   */
  readonly ends?: 'updated' | 'refused' | 'rolled back' | 'either'
  /** Makes the container that bears the case's name, and whatever belongs to it. */
  create(bench: Bench): Promise<unknown>
  /** Throws where something does not hold. */
  expect(before: Inspect, after: Inspect, bench: Outcome): Promise<void> | void
}

/** Where a case makes its containers. */
export interface Bench {
  readonly engine: Engine
  readonly daemon: DockerDaemon
  readonly registry: Registry
  /** Calls in the engine's version of the API. */
  readonly api: DockerApi
  /** Name of the case's own container: its id in lower case. */
  readonly name: string
  /** Reference of the case's image. */
  readonly image: string
  /** Reference of an image that never changes. */
  readonly still: string
  /** Creates a container from the case's image without starting it. Returns its id. */
  make(body?: CreateBody, name?: string): Promise<string>
  /** Creates and starts it. */
  run(body?: CreateBody, name?: string): Promise<string>
  /** Creates a network with a subnet of its own. */
  network(suffix: string, options?: NetworkOptions): Promise<Network>
  inspect(name: string): Promise<Inspect>
  /** Runs a command in a container and returns what it wrote. */
  exec(name: string, ...command: string[]): Promise<string>
  /** Whether this engine speaks at least this version. */
  speaks(version: string): boolean
}

/** What a case is judged by. */
export interface Outcome extends Bench {
  before(name: string): Inspect
  after(name: string): Inspect
  /** The images' own configuration, as the engine shows it. */
  readonly oldImage: ImageInspect
  readonly newImage: ImageInspect
  /** Everything that `seaworthy update` and `seaworthy check` said of the case's own container, as JSON text. */
  readonly told: string
  /** What was asked of the engine during the update. */
  readonly calls: readonly Call[]
}

export interface CreateBody extends Readonly<Record<string, unknown>> {
  readonly HostConfig?: Readonly<Record<string, unknown>>
  /** Networks in order, the main one first: its name is also the network mode. `none` where nothing else is said. */
  readonly networks?: readonly (readonly [name: string, settings: Readonly<Record<string, unknown>>])[]
}

export interface NetworkOptions {
  readonly ipv6?: boolean
  readonly driver?: string
  readonly options?: Readonly<Record<string, string>>
}

export interface Network {
  readonly id: string
  readonly name: string
  /** An IPv4 address of its subnet by its place: 1 to 30; 1 is the gateway. */
  ip(place: number): string
  ip6(place: number): string
}

/** What tests read of a container; everything else is there as it came. */
export interface Inspect extends Readonly<Record<string, unknown>> {
  readonly Id: string
  readonly Name: string
  readonly Image: string
  readonly State: { readonly Status: string; readonly StartedAt: string; readonly Health?: { readonly Status: string } }
  readonly Config: ContainerConfig
  readonly HostConfig: Readonly<Record<string, unknown>> & { readonly NetworkMode: string }
  readonly Mounts: readonly Mount[]
  readonly NetworkSettings: { readonly Networks: Readonly<Record<string, Endpoint>> }
}

export interface ContainerConfig extends Readonly<Record<string, unknown>> {
  readonly Image: string
  readonly Hostname: string
  readonly Env: readonly string[]
  readonly Cmd: readonly string[] | null
  readonly Entrypoint: readonly string[] | null
  readonly Labels: Readonly<Record<string, string>>
  readonly ExposedPorts?: Readonly<Record<string, object>>
  readonly MacAddress?: string
}

export interface Mount {
  readonly Type: string
  readonly Name?: string
  readonly Source: string
  readonly Destination: string
  readonly RW: boolean
}

export interface Endpoint extends Readonly<Record<string, unknown>> {
  readonly Aliases: readonly string[] | null
  readonly IPAMConfig: Readonly<Record<string, unknown>> | null
  readonly IPAddress: string
  readonly Gateway: string
  readonly MacAddress: string
  readonly NetworkID: string
}

export interface ImageInspect {
  readonly Id: string
  readonly Architecture: string
  readonly Config: Readonly<Record<string, unknown>> & { readonly Env: readonly string[] }
}

// Ends at once at whichever signal it is told to stop by, and says which it was.
const TRAPS = 'for S in TERM INT QUIT USR1 USR2; do trap "echo stopped by $S; exit 0" $S; done'
/** The command of every image: the web server of the base image, which tells by what signal it was stopped. */
export const SERVE = `${TRAPS}; httpd -f -p 8080 -h /www & wait`

/** What every old image says unless its case says otherwise. */
export const OLD: PushOptions = {
  runnable: true,
  version: '1',
  env: ['VERSION=1', 'SHARED=a', 'REMOVED=yes'],
  labels: { 'app.version': '1', 'app.removed': 'yes' },
  cmd: ['/bin/sh', '-c', SERVE],
}

export const NEW: PushOptions = {
  runnable: true,
  version: '2',
  env: ['VERSION=2', 'SHARED=b', 'ADDED=yes'],
  labels: { 'app.version': '2', 'app.added': 'yes' },
  cmd: ['/bin/sh', '-c', SERVE],
}
