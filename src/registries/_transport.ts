import { readFile } from 'node:fs/promises'
import { Failure } from '../domain/failure.ts'
import type { ImageReference } from '../domain/image-reference.ts'
import { parseProxy } from '../lib/http/proxy.ts'
import type { HttpClient, HttpClientOptions } from '../lib/http/types.ts'
import type { RegistryOptions } from './_registry.ts'

/** What a registry needs of its HTTP client beyond what all have in common. */
export type TransportOptions = Pick<HttpClientOptions, 'ca' | 'cert' | 'key' | 'insecure' | 'proxyFor'>

export type MakeClient = (options: TransportOptions) => HttpClient

/** HTTP clients by what they must do; one each. */
export interface Transports extends AsyncDisposable {
  /** @throws Failure `invalid` when a file or the proxy that the entry names cannot be used. */
  clientFor(registry: string, option: RegistryOptions | undefined): Promise<HttpClient>
}

export function createTransports(make: MakeClient): Transports {
  const clients = new Map<string, Promise<HttpClient>>()
  return {
    clientFor(registry, option) {
      const insecure = option?.insecureTls === true || isLoopback(registry)
      const key = JSON.stringify([insecure, option?.caFile, option?.certFile, option?.keyFile, option?.proxy])
      const known = clients.get(key)
      if (known !== undefined) return known
      const client = readOptions(option, insecure).then(make)
      clients.set(key, client)
      client.catch(() => clients.delete(key))
      return client
    },
    async [Symbol.asyncDispose]() {
      const made = await Promise.allSettled(clients.values())
      await Promise.all(
        made.map(async (client) => client.status === 'fulfilled' && client.value[Symbol.asyncDispose]()),
      )
    },
  }
}

/** In which order to try them. Registries on this machine may speak either, as Docker allows it. */
export function schemesFor(
  { registry, scheme }: ImageReference,
  option: RegistryOptions | undefined,
): ('http' | 'https')[] {
  if (scheme !== undefined) return [scheme]
  if (option?.plainHttp) return ['http']
  return option?.insecureTls || isLoopback(registry) ? ['https', 'http'] : ['https']
}

function isLoopback(registry: string): boolean {
  const hostname = registry.replace(/:\d+$/, '')
  return hostname === 'localhost' || hostname === '[::1]' || /^127(?:\.\d{1,3}){3}$/.test(hostname)
}

async function readOptions(option: RegistryOptions | undefined, insecure: boolean): Promise<TransportOptions> {
  const [ca, cert, key] = await Promise.all([
    readPem(option, 'caFile'),
    readPem(option, 'certFile'),
    readPem(option, 'keyFile'),
  ])
  return {
    ...(insecure ? { insecure } : {}),
    ...(ca === undefined ? {} : { ca: [ca] }),
    ...(cert === undefined ? {} : { cert }),
    ...(key === undefined ? {} : { key }),
    ...(option?.proxy === undefined ? {} : { proxyFor: proxyOf(option) }),
  }
}

async function readPem(option: RegistryOptions | undefined, field: 'caFile' | 'certFile' | 'keyFile') {
  const path = option?.[field]
  if (path === undefined) return undefined
  try {
    return await readFile(path, 'utf8')
  } catch (cause) {
    throw new Failure('invalid', `The file "${path}" cannot be read.`, {
      where: `regopts entry "${option?.name}", ${field}`,
      remedy: 'Check the path, and whether this user may read it.',
      cause,
    })
  }
}

function proxyOf({ name, proxy }: RegistryOptions): () => URL {
  const url = parseProxy(proxy)
  if (url !== undefined) return () => url
  throw new Failure('invalid', 'The proxy is not an http or https URL.', {
    where: `regopts entry "${name}", proxy`,
    remedy: 'Write it as http://host:port.',
  })
}
