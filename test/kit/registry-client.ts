import { parseImageReference } from '../../src/domain/image-reference.ts'
import { createHttpClient } from '../../src/lib/http/client.ts'
import type { HttpClient, HttpRequest } from '../../src/lib/http/types.ts'
import { type Log, SILENT } from '../../src/lib/log.ts'
import type { DockerCredentials } from '../../src/registries/_docker-config.ts'
import { createRegistryClient, type RegistryClientParts } from '../../src/registries/_oci.ts'
import type { RegistryClient, RegistryMember } from '../../src/registries/_registry.ts'

/** Any registry that has nothing special about it. */
export const PLAIN_MEMBER: RegistryMember = { name: 'oci', summary: 'Any.', hosts: [] }

export const NO_DOCKER_CREDENTIALS: DockerCredentials = { find: async () => undefined }

/** A log that keeps its warnings. */
export function recordingLog(warnings: string[]): Log {
  return { ...SILENT, warn: (_, message) => warnings.push(message) }
}

export interface TestClient {
  readonly client: RegistryClient
  /** Every wait that was asked for, in milliseconds; none of them is waited for. */
  readonly waits: number[]
  /** Everything that was sent, before the network. */
  readonly sent: HttpRequest[]
  readonly clock: { time: number }
  [Symbol.asyncDispose](): PromiseLike<void>
}

export interface TestClientOptions extends Partial<RegistryClientParts> {
  /** Hosts that are really somewhere else: `docker.io` → `127.0.0.1:4711`. */
  readonly standIns?: Readonly<Record<string, string>>
}

/** A registry client with a clock that only moves while it waits. */
export function testClient({ standIns = {}, ...parts }: TestClientOptions = {}): TestClient {
  const waits: number[] = []
  const sent: HttpRequest[] = []
  const clock = { time: Date.parse('2026-06-01T12:00:00Z') }
  const client = createRegistryClient({
    members: [PLAIN_MEMBER],
    options: [],
    http: (options) => redirecting(createHttpClient({ userAgent: 'test', ...options }), standIns, sent),
    dockerConfig: NO_DOCKER_CREDENTIALS,
    now: () => new Date(clock.time),
    log: SILENT,
    random: () => 1,
    sleep: async (ms: number) => {
      waits.push(ms)
      clock.time += ms
    },
    ...parts,
  })
  return { client, waits, sent, clock, [Symbol.asyncDispose]: () => client[Symbol.asyncDispose]() }
}

export interface MadeUpAnswer {
  readonly status: number
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
}

/** A registry client that gets its answers without any network. */
export function answering(answer: (url: URL, method: string) => MadeUpAnswer): TestClient {
  const sent: HttpRequest[] = []
  const client: HttpClient = {
    async request(request) {
      sent.push(request)
      const { status, headers = {}, body = '' } = answer(request.url, request.method)
      return { status, headers, body: Buffer.from(request.method === 'HEAD' ? '' : body), url: request.url }
    },
    async [Symbol.asyncDispose]() {},
  }
  return { ...testClient({ http: () => client }), sent }
}

export const image = parseImageReference

function redirecting(client: HttpClient, standIns: Readonly<Record<string, string>>, sent: HttpRequest[]): HttpClient {
  return {
    async request(request) {
      sent.push(request)
      const standIn = standIns[request.url.host]
      if (standIn === undefined) return await client.request(request)
      const answer = await client.request({
        ...request,
        url: new URL(request.url.href.replace(request.url.origin, standIn)),
      })
      return {
        ...answer,
        url: answer.url.origin === standIn ? new URL(answer.url.href.replace(standIn, request.url.origin)) : answer.url,
      }
    },
    [Symbol.asyncDispose]: () => client[Symbol.asyncDispose](),
  }
}
