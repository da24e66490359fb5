import { z } from '@hono/zod-openapi'
import type { LogLevel } from '../lib/log.ts'
import { duration, flag, integer, secret, secretFile, text, textList } from '../lib/options.ts'
import type { Secret } from '../lib/secret.ts'
import type { RegistryOptions } from '../registries/_registry.ts'

const LEVELS: Record<string, LogLevel> = {
  panic: 'fatal',
  critical: 'fatal',
  fatal: 'fatal',
  error: 'error',
  warning: 'warn',
  warn: 'warn',
  info: 'info',
  debug: 'debug',
  trace: 'trace',
  silent: 'silent',
}

export const logSection = z.strictObject({
  level: z
    .preprocess(
      (value) => (typeof value === 'string' ? value.toLowerCase() : value),
      z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent', 'panic', 'critical', 'warning']),
    )
    .default('info')
    .describe('The least important lines that are written.'),
  json: flag().optional().describe('Write JSON lines.'),
  format: z.enum(['text', 'json']).optional().describe('The same as `json`, as a word; `json` wins.'),
  color: flag().optional().describe('Use colors; when not set, where a terminal takes them and `NO_COLOR` is not set.'),
})

/** One spelling of the two. */
export function foldLog({ level, json, format, color }: z.output<typeof logSection>) {
  return { level: LEVELS[level]!, json: json ?? format === 'json', color }
}

const ADDRESS = /^(?:\[[0-9a-fA-F:.%]+\]|[^:\s/]*):\d{1,5}$/
const METRICS_PORT = 9090

function httpPath() {
  return text().refine((path) => path.startsWith('/'), 'must begin with /')
}

export const metricsSection = z.strictObject({
  enabled: flag().default(false).describe('Serve metrics on a port of their own, besides `/metrics` of the dashboard.'),
  addr: text()
    .refine((addr) => ADDRESS.test(addr), 'must be host:port or :port')
    .default(`:${METRICS_PORT}`)
    .describe('Where they are served.'),
  path: httpPath().default('/metrics').describe('Path of the metrics.'),
  token: secret().optional().describe('Bearer token a scraper must show.'),
  tokenFile: secretFile().optional().describe('File that holds the token.'),
  prometheus: z
    .strictObject({
      enable: flag().optional().describe('The same as `metrics.enabled`.'),
      listenAddr: text().optional().describe('The host of `metrics.addr`.'),
      listenPort: integer(1, 65_535).optional().describe('The port of `metrics.addr`.'),
      path: httpPath().optional().describe('The same as `metrics.path`.'),
    })
    .optional()
    .describe('A second spelling of this section; what is set here wins.'),
})

/** One spelling of the two. */
export function foldMetrics({ prometheus = {}, ...metrics }: z.output<typeof metricsSection>) {
  const { enable, listenAddr, listenPort, path } = prometheus
  const apart = listenAddr !== undefined || listenPort !== undefined
  return foldSecrets(
    {
      ...metrics,
      enabled: enable ?? metrics.enabled,
      addr: apart ? `${bracketed(listenAddr ?? '')}:${listenPort ?? METRICS_PORT}` : metrics.addr,
      path: path ?? metrics.path,
    },
    ['token'],
  )
}

function regopt() {
  return z.strictObject({
    name: text()
      .refine((name) => name !== '', 'must not be empty')
      .describe('Name to refer to, or what the full name of an image begins with (`ghcr.io/owner`).'),
    selector: z
      .enum(['name', 'image'])
      .optional()
      .describe(
        '`name`: for workloads that ask for it; `image`: for images that begin so. Not set: `name`, and for the name of a registry both.',
      ),
    username: secret().optional().describe('User to log in as.'),
    usernameFile: secretFile().optional().describe('File that holds the user.'),
    password: secret().optional().describe('Password or access token.'),
    passwordFile: secretFile().optional().describe('File that holds the password.'),
    insecureTLS: flag().default(false).describe('Accept any certificate, and plain http where https fails.'),
    insecure: flag().optional().describe('The same as `insecureTLS`.'),
    plainHTTP: flag().default(false).describe('Speak plain http.'),
    timeout: duration().default(0).describe('For a whole question to the registry; 0 for the usual limit.'),
    caFile: text().optional().describe('File with further certificate authorities (PEM).'),
    certFile: text().optional().describe('File with the certificate to show (PEM).'),
    keyFile: text().optional().describe('File with the key of that certificate (PEM).'),
    proxy: text()
      .refine((proxy) => URL.canParse(proxy) && proxy.includes('://'), 'must be an address with a scheme')
      .optional()
      .describe('Proxy in place of the one in the environment.'),
    tokenHosts: textList().optional().describe('Further hosts that may ask for the credentials and hand out tokens.'),
  })
}

/** The list of `regopts`, resolved. The order is kept: the first that fits is used. */
export function regopts() {
  return z.array(regopt()).transform((list) => list.flatMap(toRegistryOptions))
}

/** Whether a name without a selector is that of a registry, so that people expect it to hold for its images. */
export function looksLikeRegistry(name: string): boolean {
  return /^(?:[^/\s]*\.[^/\s]+|localhost|[^/\s]+:\d+)(?:\/|$)/.test(name)
}

function toRegistryOptions(entry: z.output<ReturnType<typeof regopt>>): RegistryOptions[] {
  const { selector, insecureTLS, insecure = false, plainHTTP, timeout, ...rest } = entry
  const options = {
    ...defined(foldSecrets(rest, ['username', 'password'])),
    insecureTls: insecureTLS || insecure,
    plainHttp: plainHTTP,
    timeoutMs: timeout,
  }
  if (selector !== undefined) return [{ ...options, selector }]
  const named = { ...options, selector: 'name' as const }
  return looksLikeRegistry(entry.name) ? [named, { ...options, selector: 'image' }] : [named]
}

type Folded<Section, Name extends string> = Omit<Section, Name | `${Name}File`> & Partial<Record<Name, Secret>>

/** Makes one secret of `name` and `nameFile`: what is written plainly wins. */
export function foldSecrets<Section extends object, const Name extends string>(
  section: Section,
  names: readonly Name[],
): Folded<Section, Name> {
  const folded = { ...section } as Record<string, unknown>
  for (const name of names) {
    const value = folded[name] ?? folded[`${name}File`]
    delete folded[name]
    delete folded[`${name}File`]
    if (value !== undefined) folded[name] = value
  }
  return folded as Folded<Section, Name>
}

type Defined<Section> = { [Key in keyof Section]: Exclude<Section[Key], undefined> }

function defined<Section extends object>(section: Section): Defined<Section> {
  return Object.fromEntries(Object.entries(section).filter(([, value]) => value !== undefined)) as Defined<Section>
}

function bracketed(host: string): string {
  return host.includes(':') && !host.startsWith('[') ? `[${host}]` : host
}
