import { type DockerApi, dockerApi } from '../kit/parts/docker-api.ts'
import type { DockerDaemon } from '../kit/parts/docker-daemon.ts'
import type { Engine } from '../kit/parts/engines.ts'
import type { Registry } from '../kit/parts/registry.ts'
import type { Bench, CreateBody, Inspect, Network, NetworkOptions } from './_case.ts'

/** What all cases of a lane share. */
export interface Ground {
  readonly engine: Engine
  readonly daemon: DockerDaemon
  readonly registry: Registry
  readonly api: DockerApi
  readonly subnets: Subnets
}

/** Subnets of /27 one after the other, out of the part of the daemon's own block that it does not give away itself. */
export interface Subnets {
  next(): { subnet: string; ip(place: number): string; subnet6: string; ip6(place: number): string }
}

/** Everything that cases stand on; `daemon` and `registry` are the caller's to end. */
export function ground(engine: Engine, daemon: DockerDaemon, registry: Registry): Ground {
  return { engine, daemon, registry, api: dockerApi(daemon.socket, engine), subnets: subnetsOf(daemon) }
}

/** The bench of one case. */
export function benchOf(on: Ground, id: string): Bench {
  const { engine, daemon, registry, api, subnets } = on
  const name = id.toLowerCase()
  const image = `${registry.address}/case/${name}:latest`
  const still = `${registry.address}/still:latest`
  const speaks = (version: string) => minor(engine) >= minor(version)

  async function make(body: CreateBody = {}, container: string = name): Promise<string> {
    const { networks = [], HostConfig, platform, ...config } = body
    const [first, ...others] = networks
    const atOnce = speaks('1.44') ? networks : networks.slice(0, 1)
    const mode = first === undefined ? { NetworkMode: 'none' } : { NetworkMode: first[0] }
    const { Id } = await api<{ Id: string }>('POST', `/containers/create?name=${container}${platformOf(platform)}`, {
      Image: image,
      ...config,
      HostConfig: { ...mode, ...HostConfig },
      ...(first && { NetworkingConfig: { EndpointsConfig: Object.fromEntries(atOnce) } }),
    })
    for (const [network, EndpointConfig] of speaks('1.44') ? [] : others) {
      await api('POST', `/networks/${network}/connect`, { Container: Id, EndpointConfig })
    }
    return Id
  }

  return {
    engine,
    daemon,
    registry,
    api,
    name,
    image,
    still,
    speaks,
    make,
    async run(body, container) {
      const made = await make(body, container)
      await api('POST', `/containers/${made}/start`)
      return made
    },
    network: (suffix, options) => makeNetwork(api, subnets, `${name}-${suffix}`, options),
    inspect: (container) => api<Inspect>('GET', `/containers/${container}/json`),
    exec: (container, ...command) => daemon.docker('exec', container, ...command),
  }
}

function platformOf(platform: unknown): string {
  return typeof platform === 'string' ? `&platform=${encodeURIComponent(platform)}` : ''
}

async function makeNetwork(
  api: DockerApi,
  subnets: Subnets,
  name: string,
  { ipv6 = false, driver = 'bridge', options = {} }: NetworkOptions = {},
): Promise<Network> {
  const { subnet, ip, subnet6, ip6 } = subnets.next()
  const { Id: id } = await api<{ Id: string }>('POST', '/networks/create', {
    Name: name,
    Driver: driver,
    EnableIPv6: ipv6,
    Options: options,
    IPAM: { Config: [{ Subnet: subnet }, ...(ipv6 ? [{ Subnet: subnet6 }] : [])] },
  })
  return { id, name, ip, ip6 }
}

function subnetsOf({ bridge }: DockerDaemon): Subnets {
  const block = Number(/\d+$/.exec(bridge)?.[0] ?? 0)
  let taken = 0
  return {
    next() {
      const [third, fourth] = [block * 8 + 7 - Math.floor(taken / 8), (taken % 8) * 32]
      const six = `fd00:5ea:${block.toString(16)}:${taken.toString(16)}`
      taken += 1
      return {
        subnet: `198.18.${third}.${fourth}/27`,
        ip: (place) => `198.18.${third}.${fourth + place}`,
        subnet6: `${six}::/64`,
        ip6: (place) => `${six}::${place.toString(16)}`,
      }
    },
  }
}

function minor(version: string): number {
  return Number(version.split('.')[1])
}
