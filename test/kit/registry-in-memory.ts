import { createHash } from 'node:crypto'
import { Failure } from '../../src/domain/failure.ts'
import { nameOf, tagOf } from '../../src/domain/image-reference.ts'
import { formatPlatform } from '../../src/domain/platform.ts'
import type { RegistryClient } from '../../src/registries/_registry.ts'

/** A registry client without a network: what the engine asks is counted, and answered from what was pushed. */
export interface MemoryRegistry extends RegistryClient {
  /** Puts an image under a tag; the same content gives the same digest. Returns the digest. */
  push(name: string, tag: string, content: string): string
  /** Every further question about the name is refused with this, until `undefined` is given. */
  refuse(name: string, error: Error | undefined): void
  /** What was asked, in order: `digest docker.io/library/nginx:1`. */
  readonly asked: string[]
}

/** Platform digests follow the content's part before `/`, so that an index can change while the platform stays. */
export function memoryRegistry(): MemoryRegistry {
  const tags = new Map<string, Map<string, { digest: string; content: string }>>()
  const refused = new Map<string, Error>()
  const contents = new Map<string, string>()
  const asked: string[] = []
  const ask = (what: string, name: string): Map<string, { digest: string; content: string }> => {
    asked.push(what)
    const error = refused.get(name)
    if (error !== undefined) throw error
    const repository = tags.get(name)
    if (repository === undefined) throw new Failure('not-found', `${name} does not exist.`)
    return repository
  }
  return {
    asked,
    push(name, tag, content) {
      const digest = sha256(content)
      contents.set(digest, content)
      if (!tags.has(name)) tags.set(name, new Map())
      tags.get(name)!.set(tag, { digest, content })
      return digest
    },
    refuse(name, error) {
      if (error === undefined) refused.delete(name)
      else refused.set(name, error)
    },
    announce() {},
    config: async () => ({}),
    hubLink: () => undefined,
    credentials: async () => undefined,
    rateLimits: () => [],
    counts: () => [],
    async digest(reference, known) {
      const tag = tagOf(reference)!
      const found = ask(`digest ${nameOf(reference)}:${tag}`, nameOf(reference)).get(tag)
      if (found === undefined) throw new Failure('not-found', `${tag} does not exist.`)
      return {
        digest: found.digest,
        mediaType: 'application/vnd.oci.image.index.v1+json',
        unchanged: known.digest === found.digest,
      }
    },
    async tags(reference) {
      const repository = ask(`tags ${nameOf(reference)}`, nameOf(reference))
      return { tags: [...repository.keys()], unchanged: false, isWhole: true }
    },
    async details(reference, digest, { platform }) {
      asked.push(`details ${nameOf(reference)}@${digest.slice(7, 13)}`)
      const content = contents.get(digest)
      if (content === undefined) throw new Failure('not-found', `${digest} does not exist.`)
      return {
        digest,
        mediaType: 'application/vnd.oci.image.index.v1+json',
        platformDigest: sha256(`${content.split('/')[0]} ${formatPlatform(platform)}`),
        platform: formatPlatform(platform),
        created: '2026-01-01T00:00:00.000Z',
        labels: {},
        layers: [],
      }
    },
    async [Symbol.asyncDispose]() {},
  }
}

function sha256(text: string): string {
  return `sha256:${createHash('sha256').update(text).digest('hex')}`
}
