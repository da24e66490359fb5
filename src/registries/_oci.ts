import { setTimeout } from 'node:timers/promises'
import type { Log } from '../lib/log.ts'
import { createDirectory } from './_access.ts'
import { askConfig, askDetails } from './_details.ts'
import { askDigest } from './_digest.ts'
import type { DockerCredentials } from './_docker-config.ts'
import { createHost, type Host } from './_host.ts'
import type { RegistryClient, RegistryMember, RegistryOptions } from './_registry.ts'
import { askTags } from './_tags.ts'
import { createTransports, type MakeClient } from './_transport.ts'

export interface RegistryClientParts {
  /** One of them, without hosts, stands for all other registries. */
  readonly members: readonly RegistryMember[]
  /** In the order in which they are tried. */
  readonly options: readonly RegistryOptions[]
  /** Makes an HTTP client: what is given adds to, or replaces, what all clients have in common. */
  readonly http: MakeClient
  readonly dockerConfig: DockerCredentials
  readonly now: () => Date
  readonly log: Log
  /** From 0 to 1; spreads repeated requests. */
  readonly random?: () => number
  /** Milliseconds; must reject when the signal is aborted. */
  readonly sleep?: (ms: number, signal: AbortSignal) => Promise<unknown>
  /** Requests under way at one host, at most. Default 20. */
  readonly maxConcurrency?: number
}

/** The client for all registries (OCI distribution spec 1.1; Docker's token authentication). Dispose of it to close its connections. */
export function createRegistryClient(parts: RegistryClientParts): RegistryClient {
  const { now, log, members, options, dockerConfig, maxConcurrency, random = Math.random } = parts
  const closing = new AbortController()
  const wait = parts.sleep ?? ((ms: number, signal: AbortSignal) => setTimeout(ms, undefined, { signal }))
  const sleep = async (ms: number, signal?: AbortSignal) => {
    await wait(ms, signal === undefined ? closing.signal : AbortSignal.any([closing.signal, signal]))
  }
  const hosts = new Map<string, Host>()
  const hostOf = (name: string) => {
    const host =
      hosts.get(name) ??
      createHost(name, { now, random, sleep, ...(maxConcurrency === undefined ? {} : { maxConcurrency }) })
    hosts.set(name, host)
    return host
  }
  const transports = createTransports(parts.http)
  const directory = createDirectory({ members, options, dockerConfig, transports, hostOf, log, now })
  return {
    digest: async (reference, known, ask) => askDigest(await directory.accessTo(reference, ask), reference, known),
    tags: async (reference, known, ask) =>
      askTags(await directory.accessTo(reference, ask), reference, known, { hostOf, now }),
    details: async (reference, digest, { platform, ...ask }) =>
      askDetails(await directory.accessTo(reference, ask), reference.repository, { digest, platform }),
    config: async (reference, digest, { platform, ...ask }) =>
      askConfig(await directory.accessTo(reference, ask), reference.repository, { digest, platform }),
    hubLink: (reference) => directory.memberOf(reference.registry).hubLink?.(reference),
    credentials: directory.credentialsFor,
    rateLimits: () => [...hosts.values()].map((host) => host.rateLimit()),
    counts: () => [...hosts.values()].map((host) => host.counts()),
    announce: directory.announce,
    async [Symbol.asyncDispose]() {
      closing.abort()
      await transports[Symbol.asyncDispose]()
    },
  }
}
