import { asObject, asText, asTexts, isAtLeast, isEmpty, pick } from './json.ts'
import { followLinks } from './references.ts'
import type { InspectedContainer, JsonObject } from './types.ts'

export interface EndpointsOptions {
  readonly container: InspectedContainer
  /** Undefined where it could not be agreed on. */
  readonly apiVersion: string | undefined
  readonly replaced: ReadonlyMap<string, string>
}

export interface Endpoint {
  readonly network: string
  readonly endpoint: JsonObject
}

export interface Endpoints {
  /** What of `POST /containers/create` is about networks: NetworkingConfig, and MacAddress before API 1.44. */
  readonly body: JsonObject
  /** To be connected between create and start: the other networks, before API 1.44. */
  readonly later: readonly Endpoint[]
  readonly notes: readonly string[]
}

/** What the engine found out itself. Everything else of an endpoint was asked for, also what is not known here. */
const FOUND = new Set([
  ...['NetworkID', 'EndpointID', 'DNSNames', 'MacAddress', 'Gateway', 'IPAddress', 'IPPrefixLen'],
  ...['IPv6Gateway', 'GlobalIPv6Address', 'GlobalIPv6PrefixLen'],
])
const WITHOUT_ENDPOINTS = ['host', 'none']
const WITHOUT_ALIASES = ['default', 'bridge', 'nat']
/** An address that the engine gave before version 28: this and the IPv4 address. */
const FROM_ADDRESS = '02:42:'

/**
 * The container's networks as they were asked for: no address, MAC or alias of the engine's own. One whose mode is
 * `host`, `none` or `container:` has none.
 */
export function userEndpoints(options: EndpointsOptions): Endpoints {
  const { container } = options
  const networks = networksOf(container)
  const main = mainNetwork(container, networks)
  if (main === undefined) return { body: {}, later: [], notes: [] }
  const takesAll = takesAllNetworks(options.apiVersion, networks)
  const chosen = asText(container.Config.MacAddress)
  const endpoints = Object.entries(networks).map(([network, endpoint]) => {
    const mac = network === main ? chosen : otherMac(endpoint, chosen)
    return { network, endpoint: userEndpoint(network, endpoint, options), mac }
  })
  if (takesAll) {
    const all = endpoints.map(({ network, endpoint, mac }) => [
      network,
      mac ? { ...endpoint, MacAddress: mac } : endpoint,
    ])
    return { body: networkingConfig(Object.fromEntries(all)), later: [], notes: [] }
  }
  const first = endpoints.find(({ network }) => network === main)!
  const others = endpoints.filter(({ network }) => network !== main)
  return {
    body: { ...networkingConfig({ [main]: first.endpoint }), ...(chosen === '' ? {} : { MacAddress: chosen }) },
    later: others.map(({ network, endpoint }) => ({ network, endpoint })),
    notes: others.filter(({ mac }) => mac !== '').map(({ network, mac }) => lostMac(network, mac)),
  }
}

/** Settings of one endpoint that were asked for, without its MAC address. */
export function userEndpoint(
  network: string,
  endpoint: JsonObject,
  options: Pick<EndpointsOptions, 'container' | 'replaced'>,
): JsonObject {
  const addresses = pick(asObject(endpoint.IPAMConfig), (_, value) => !isEmpty(value))
  const aliases = WITHOUT_ALIASES.includes(network) ? [] : userAliases(asTexts(endpoint.Aliases), options.container)
  const links = followLinks(asTexts(endpoint.Links), options.replaced)
  return pick(
    { ...endpoint, IPAMConfig: addresses, Aliases: aliases, Links: links },
    (key, value) => !FOUND.has(key) && !isEmpty(value),
  )
}

/** The container's networks by name. */
export function networksOf({ NetworkSettings: settings, HostConfig }: InspectedContainer): Record<string, JsonObject> {
  if (asText(HostConfig.NetworkMode).startsWith('container:')) return {}
  const networks = Object.entries(settings.Networks ?? {})
  return Object.fromEntries(networks.filter(([name]) => !WITHOUT_ENDPOINTS.includes(name)))
}

function networkingConfig(endpoints: JsonObject): JsonObject {
  return { NetworkingConfig: { EndpointsConfig: endpoints } }
}

/** The one that NetworkMode names, by name or id; the default network has another name on Windows and Podman. Else the first. */
function mainNetwork({ HostConfig }: InspectedContainer, networks: Record<string, JsonObject>): string | undefined {
  const mode = asText(HostConfig.NetworkMode)
  const names = Object.keys(networks)
  const wanted = mode === 'default' || mode === '' ? 'bridge' : mode
  const isNamed = (name: string) => name === wanted || asText(networks[name]?.NetworkID) === wanted
  return names.find(isNamed) ?? names[0]
}

/** API 1.44 is the first to take several networks at once; it is also the first to show an endpoint's DNSNames. */
function takesAllNetworks(apiVersion: string | undefined, networks: Record<string, JsonObject>): boolean {
  if (apiVersion !== undefined) return isAtLeast(apiVersion, '1.44')
  return Object.values(networks).some(({ DNSNames }) => DNSNames !== undefined)
}

/**
 * Without what the engine adds when it answers API 1.44 or older: the short id, and behind it the hostname where no alias
 * says it already. An alias before the short id is the user's, be it the hostname or not.
 */
function userAliases(aliases: readonly string[], { Id, Config }: InspectedContainer): string[] {
  const isOwnId = (alias: string) => alias.length >= 12 && Id.startsWith(alias)
  const at = aliases.findIndex(isOwnId)
  const hostname = asText(Config.Hostname)
  return aliases.filter((alias, index) => !isOwnId(alias) && !(at >= 0 && index > at && alias === hostname))
}

/**
 * The MAC address of another network than the main one, where it must have been chosen: nothing in an inspection says so.
 * One of a maker's range is never the engine's (it sets the bit for locally administered ones). Any other is taken for
 * chosen if that of the main network was, unless it is plainly made of the IPv4 address.
 */
function otherMac(endpoint: JsonObject, chosen: string): string {
  const mac = asText(endpoint.MacAddress)
  if (mac === '') return ''
  const isLocal = (Number.parseInt(mac.slice(0, 2), 16) & 2) !== 0
  if (!isLocal) return mac.toLowerCase().startsWith(HYPER_V) ? '' : mac
  return chosen !== '' && !mac.toLowerCase().startsWith(FROM_ADDRESS + hexOf(asText(endpoint.IPAddress))) ? mac : ''
}

/** What Windows gives its containers. */
const HYPER_V = '00:15:5d:'

function hexOf(address: string): string {
  return address
    .split('.')
    .map((part) => Number(part).toString(16).padStart(2, '0'))
    .join(':')
}

function lostMac(network: string, mac: string): string {
  return `If the MAC address ${mac} on network "${network}" was chosen, it gets lost: this engine's API (older than 1.44) takes one for the main network only.`
}
