import { z } from '@hono/zod-openapi'

/** One file of credentials, with its keys brought into one form. */
export interface DockerConfigFile {
  readonly path: string
  /** By `host` or `host/namespace`. */
  readonly entries: ReadonlyMap<string, DockerConfigEntry>
  /** The credential program of a host, and the name by which it knows the host. */
  readonly programs: ReadonlyMap<string, { readonly name: string; readonly server: string }>
  /** The credential program for all other hosts. */
  readonly store: string | undefined
}

const Entry = z.object({
  auth: z.string().optional(),
  username: z.string().optional(),
  password: z.string().optional(),
  identitytoken: z.string().optional(),
})
export type DockerConfigEntry = z.output<typeof Entry>

const Entries = z.record(z.string(), Entry)
const Config = z.object({
  auths: Entries.default({}),
  credHelpers: z.record(z.string(), z.string()).default({}),
  credsStore: z.string().optional(),
})

const HUB_ALIASES = new Set(['index.docker.io', 'registry-1.docker.io', 'registry.hub.docker.com'])

/** Reads `config.json`, `auth.json`, or the old `.dockercfg`, which is the entries alone. @throws SyntaxError, ZodError */
export function parseDockerConfig(path: string, text: string): DockerConfigFile {
  const content: unknown = JSON.parse(text)
  const { auths, credHelpers, credsStore } = path.endsWith('.dockercfg')
    ? { auths: Entries.parse(content), credHelpers: {}, credsStore: undefined }
    : Config.parse(content)
  const programs = Object.entries(credHelpers).map(([server, name]) => [authKey(server), { name, server }] as const)
  return {
    path,
    entries: new Map(Object.entries(auths).map(([key, entry]) => [authKey(key), entry])),
    programs: new Map(programs),
    store: credsStore || undefined,
  }
}

/** `https://index.docker.io/v1/` → `docker.io`; `ghcr.io/owner` stays. */
export function authKey(key: string): string {
  const [host = '', ...rest] = key
    .replace(/^https?:\/\//, '')
    .replace(/\/(?:v[12]\/?)?$/, '')
    .split('/')
  return [HUB_ALIASES.has(host) ? 'docker.io' : host, ...rest].join('/')
}
