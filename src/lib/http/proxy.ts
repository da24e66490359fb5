import { BlockList, isIP } from 'node:net'
import { basicOf } from './user-info.ts'

/** The proxy for a target; undefined = go there directly. */
export type ProxyChoice = (url: URL) => URL | undefined

/**
 * Reads `HTTP_PROXY`, `HTTPS_PROXY`, `ALL_PROXY` and `NO_PROXY` (lower case first, as curl does). `NO_PROXY` is a list of
 * hosts, which cover their subdomains too, `.suffixes`, `host:port`, addresses, CIDR ranges, or `*` for all.
 * Loopback targets are always direct (Go, net/http ProxyFromEnvironment).
 */
export function proxyFromEnvironment(env: Readonly<Record<string, string | undefined>>): ProxyChoice {
  const read = (name: string) => env[name.toLowerCase()] || env[name] || undefined
  const all = read('ALL_PROXY')
  // A CGI program gets a caller's `Proxy:` header as HTTP_PROXY; only the lower-case name is safe there.
  const plain = (env.REQUEST_METHOD === undefined ? read('HTTP_PROXY') : env.http_proxy) ?? all
  const secure = read('HTTPS_PROXY') ?? all
  const proxies = { 'http:': parseProxy(plain), 'https:': parseProxy(secure) }
  const bypasses = bypassRules(read('NO_PROXY') ?? '')
  return (url) => {
    const proxy = proxies[url.protocol as keyof typeof proxies]
    if (proxy === undefined || isLoopback(url.hostname) || bypasses(url)) return undefined
    return proxy
  }
}

/** `Proxy-Authorization` from the user and password in the proxy's URL. */
export function proxyHeaders(proxy: URL): Record<string, string> {
  const basic = basicOf(proxy)
  return basic === undefined ? {} : { 'proxy-authorization': basic }
}

/** Reads `host:port` or `http(s)://user:password@host:port`; undefined when it is neither. */
export function parseProxy(text: string | undefined): URL | undefined {
  if (text === undefined || text.trim() === '') return undefined
  const trimmed = text.trim()
  const url = URL.parse(/^[a-z][a-z0-9+.-]*:\/\//i.test(trimmed) ? trimmed : `http://${trimmed}`)
  return url !== null && /^https?:$/.test(url.protocol) ? url : undefined
}

function isLoopback(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127\.\d+\.\d+\.\d+$/.test(hostname)
}

function bypassRules(text: string): (url: URL) => boolean {
  const rules = text
    .split(/[\s,]+/)
    .filter((item) => item !== '')
    .map((item) => bypassRule(item.toLowerCase()))
  return (url) => rules.some((rule) => rule(url))
}

function bypassRule(item: string): (url: URL) => boolean {
  if (item === '*') return () => true
  const range = addressRange(item)
  if (range !== undefined) return (url) => isInRange(range, unbracket(url.hostname))
  const [, host = item, port] = /^(.*?)(?::(\d+))?$/.exec(item) ?? []
  const address = unbracket(host)
  const name = host.replace(/^\*?\./, '')
  const wantsSubdomain = name !== host
  return (url) => {
    if (port !== undefined && port !== (url.port || (url.protocol === 'https:' ? '443' : '80'))) return false
    const target = unbracket(url.hostname)
    if (isIP(target) !== 0) return target === address
    return (target === name && !wantsSubdomain) || target.endsWith(`.${name}`)
  }
}

function addressRange(item: string): BlockList | undefined {
  const [, address, bits] = /^(.+)\/(\d{1,3})$/.exec(item) ?? []
  const version = address === undefined ? 0 : isIP(address)
  if (version === 0 || Number(bits) > (version === 4 ? 32 : 128)) return isIP(item) === 6 ? single(item) : undefined
  const range = new BlockList()
  range.addSubnet(address!, Number(bits), version === 4 ? 'ipv4' : 'ipv6')
  return range
}

function single(address: string): BlockList {
  const range = new BlockList()
  range.addAddress(address, 'ipv6')
  return range
}

function isInRange(range: BlockList, host: string): boolean {
  const version = isIP(host)
  return version !== 0 && range.check(host, version === 4 ? 'ipv4' : 'ipv6')
}

function unbracket(host: string): string {
  return host.startsWith('[') ? host.replace(/^\[|\]$/g, '') : host
}
