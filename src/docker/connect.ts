import { createDockerClient, type DockerClient } from './client.ts'
import { readTlsFiles } from './tls-files.ts'

export interface DockerPlace {
  /** `unix:///…`, `tcp://host:2376`, `ssh://user@host`. */
  readonly endpoint: string
  readonly apiVersion?: string | undefined
  /** Folder with ca.pem, cert.pem and key.pem. */
  readonly tlsCertsPath?: string | undefined
  readonly tlsVerify: boolean
}

/** A connection that is made at the first use, so that certificates that come later are found then. */
export interface LazyDocker {
  /** @throws Failure when the place cannot be read; it is tried anew at the next use. */
  open(): Promise<DockerClient>
  close(): Promise<void>
}

export function connectOnDemand(place: DockerPlace, home: string): LazyDocker {
  let client: Promise<DockerClient> | undefined
  return {
    open() {
      client ??= connect(place, home).catch((error: unknown) => {
        client = undefined
        throw error
      })
      return client
    },
    async close() {
      await (await client)?.[Symbol.asyncDispose]()
    },
  }
}

async function connect({ endpoint, apiVersion, tlsCertsPath, tlsVerify }: DockerPlace, home: string) {
  const tls = tlsCertsPath ? await readTlsFiles(tlsCertsPath, { verify: tlsVerify, home }) : undefined
  return createDockerClient({ endpoint, apiVersion, tls, home })
}
