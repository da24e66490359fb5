import { type ImageReference, nameOf } from '../domain/image-reference.ts'
import type { HttpClient } from '../lib/http/types.ts'
import type { Log } from '../lib/log.ts'
import type { Credentials } from './_credentials.ts'
import { type CredentialsSource, findCredentials } from './_credentials-source.ts'
import type { DockerCredentials } from './_docker-config.ts'
import { createEndpoint, type Endpoint } from './_endpoint.ts'
import type { Subject } from './_errors.ts'
import type { Host } from './_host.ts'
import { type Operation, startOperation } from './_operation.ts'
import type { AskOptions, RegistryMember, RegistryOptions } from './_registry.ts'
import { schemesFor, type Transports } from './_transport.ts'

/** How one image is asked for: where, as whom, how long. */
export interface Access {
  readonly endpoint: Endpoint
  readonly member: RegistryMember
  readonly client: HttpClient
  readonly operation: Operation
  subject(what: string): Subject
}

export interface AccessParts {
  readonly members: readonly RegistryMember[]
  readonly options: readonly RegistryOptions[]
  readonly dockerConfig: DockerCredentials
  readonly transports: Transports
  readonly hostOf: (name: string) => Host
  readonly log: Log
  readonly now: () => Date
}

export interface Directory {
  accessTo(reference: ImageReference, ask: AskOptions): Promise<Access>
  memberOf(registry: string): RegistryMember
  /** What is shown to the registry for an image; undefined where nobody has to say who they are. */
  credentialsFor(reference: ImageReference, ask: AskOptions): Promise<Credentials | undefined>
  announce(references: readonly ImageReference[]): void
}

/** Knows the way to every registry, and keeps one endpoint for each pair of registry and account. */
export function createDirectory(parts: AccessParts): Directory {
  const { options, log, now } = parts
  const memberOf = memberLookup(parts.members)
  const endpoints = new Map<string, Endpoint>()
  const optionFor = optionLookup(options, log)
  let announced = new Map<string, Set<string>>()

  const endpointFor = (reference: ImageReference, route: Route): Endpoint => {
    const { member, option, source, client } = route
    const { registry } = reference
    const schemes = schemesFor(reference, option)
    const key = [registry, option?.name ?? '', source.key, ...schemes].join('\n')
    const known = endpoints.get(key)
    if (known !== undefined) return known
    const endpoint = createEndpoint({
      registry,
      apiHost: member.apiHost?.(registry) ?? registry,
      schemes,
      client,
      hostOf: parts.hostOf,
      trustedHosts: [...(member.tokenHosts ?? []), ...(option?.tokenHosts ?? [])],
      sharesAnonymousToken: member.sharesAnonymousToken ?? false,
      credentials: () => source.read(),
      announced: () => announced.get(announceKey(registry, option)) ?? [],
      now,
    })
    endpoints.set(key, endpoint)
    return endpoint
  }
  return {
    memberOf,
    async credentialsFor(reference, { regopt }) {
      return await (await findCredentials(reference, optionFor(reference, regopt), parts)).read()
    },
    async accessTo(reference, { regopt, signal }) {
      const option = optionFor(reference, regopt)
      const member = memberOf(reference.registry)
      const client = await parts.transports.clientFor(reference.registry, option)
      const source = await findCredentials(reference, option, parts)
      return {
        endpoint: endpointFor(reference, { member, option, source, client }),
        member,
        client,
        operation: startOperation({ timeoutMs: option?.timeoutMs ?? 0, signal, now }),
        subject: (what) => ({
          registry: reference.registry,
          repository: reference.repository,
          what,
          credentials: source.name,
        }),
      }
    },
    announce(references) {
      announced = new Map()
      for (const reference of references) {
        const key = announceKey(reference.registry, chooseOptions(options, reference, undefined))
        const repositories = announced.get(key) ?? new Set()
        announced.set(key, repositories.add(reference.repository))
      }
    },
  }
}

interface Route {
  readonly member: RegistryMember
  readonly option: RegistryOptions | undefined
  readonly source: CredentialsSource
  readonly client: HttpClient
}

function optionLookup(options: readonly RegistryOptions[], log: Log) {
  const names = new Set<string | undefined>(
    options.filter(({ selector }) => selector === 'name').map(({ name }) => name),
  )
  names.add(undefined)
  return (reference: ImageReference, regopt: string | undefined): RegistryOptions | undefined => {
    if (!names.has(regopt)) {
      names.add(regopt)
      log.warn(
        {},
        `There is no regopts entry named "${regopt}", which ${nameOf(reference)} asks for. Going on without it.`,
      )
    }
    return chooseOptions(options, reference, regopt)
  }
}

/**
 * The first entry of the list that fits: by the name that was asked for, or by the beginning of the image's full name,
 * as in Diun. The host must be the whole of the entry's: credentials for `docker.io` are none for `docker.io.evil.example`.
 */
export function chooseOptions(
  options: readonly RegistryOptions[],
  reference: ImageReference,
  regopt: string | undefined,
): RegistryOptions | undefined {
  const image = nameOf(reference)
  return options.find(({ name, selector }) => (selector === 'name' ? name === regopt : beginsWith(image, name)))
}

function beginsWith(image: string, name: string): boolean {
  return image.startsWith(name) && (name === '' || name.includes('/') || image[name.length] === '/')
}

function announceKey(registry: string, option: RegistryOptions | undefined): string {
  return `${registry} ${option?.name ?? ''}`
}

function memberLookup(members: readonly RegistryMember[]): (registry: string) => RegistryMember {
  const exact = new Map(members.flatMap((member) => member.hosts.map((host) => [host, member] as const)))
  const suffixes = [...exact]
    .filter(([host]) => host.startsWith('*.'))
    .map(([host, member]) => [host.slice(1), member] as const)
  const fallback = members.find(({ hosts }) => hosts.length === 0)
  return (registry) => {
    const found = exact.get(registry) ?? suffixes.find(([suffix]) => registry.endsWith(suffix))?.[1] ?? fallback
    if (found === undefined) throw new Error('no member of the family stands for all other registries')
    return found
  }
}
