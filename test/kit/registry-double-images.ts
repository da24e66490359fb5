import { createHash } from 'node:crypto'

export interface ImageSpec {
  readonly labels?: Record<string, string>
  readonly created?: string
  readonly platforms?: readonly string[]
  readonly form?: 'docker' | 'oci' | 'artifact' | 'schema1' | 'nested'
  readonly attestation?: boolean
  readonly pushedAt?: string
}

export interface PushedImage {
  readonly digest: string
  readonly manifests: Readonly<Record<string, string>>
}

export interface Content {
  readonly type: string
  readonly bytes: Buffer
}

export interface Repository {
  readonly tags: Map<string, { digest: string; pushedAt: string }>
  readonly content: Map<string, Content>
}

export interface Store {
  readonly repositories: Map<string, Repository>
  readonly tokens: Map<string, ReadonlySet<string> | 'all'>
}

export function repositoryOf({ repositories }: Store, name: string): Repository {
  const repository = repositories.get(name) ?? { tags: new Map(), content: new Map() }
  repositories.set(name, repository)
  return repository
}

const TYPES = {
  docker: [
    'application/vnd.docker.distribution.manifest.v2+json',
    'application/vnd.docker.container.image.v1+json',
    'application/vnd.docker.distribution.manifest.list.v2+json',
  ],
  oci: [
    'application/vnd.oci.image.manifest.v1+json',
    'application/vnd.oci.image.config.v1+json',
    'application/vnd.oci.image.index.v1+json',
  ],
} as const

export function push(repository: Repository, tag: string, spec: ImageSpec): PushedImage {
  const { form = 'docker', platforms = ['linux/amd64'], pushedAt = '2026-01-01T00:00:00Z' } = spec
  const manifests = Object.fromEntries(platforms.map((platform) => [platform, putImage(repository, platform, spec)]))
  const single = Object.values(manifests)[0] ?? ''
  const isIndex = platforms.length > 1 || spec.attestation || form === 'nested'
  let digest = isIndex ? putIndex(repository, manifests, spec) : single
  if (form === 'nested') {
    const outer = {
      schemaVersion: 2,
      mediaType: TYPES.oci[2],
      manifests: [{ mediaType: TYPES.oci[2], digest, size: 1 }],
    }
    digest = put(repository, TYPES.oci[2], outer)
  }
  if (form === 'schema1') {
    digest = put(repository, 'application/vnd.docker.distribution.manifest.v1+prettyjws', { schemaVersion: 1, tag })
  }
  repository.tags.set(tag, { digest, pushedAt })
  return { digest, manifests }
}

function putImage(
  repository: Repository,
  platform: string,
  { form = 'docker', labels = {}, created }: ImageSpec,
): string {
  const [os, architecture, variant] = platform.split('/')
  const [type, configType] = TYPES[form === 'docker' ? 'docker' : 'oci']
  if (form === 'artifact') {
    const empty = put(repository, 'application/vnd.oci.empty.v1+json', {})
    const config = { mediaType: 'application/vnd.oci.empty.v1+json', digest: empty, size: 2 }
    return put(repository, type, {
      schemaVersion: 2,
      mediaType: type,
      artifactType: 'application/vnd.example.chart',
      config,
      layers: [],
    })
  }
  const config = put(repository, configType, {
    os,
    architecture,
    variant,
    created,
    docker_version: '25.0.0',
    config: { Labels: labels },
  })
  const layer = `sha256:${createHash('sha256').update(platform).digest('hex')}`
  return put(repository, type, {
    schemaVersion: 2,
    mediaType: type,
    config: { mediaType: configType, digest: config, size: 1 },
    layers: [{ mediaType: 'application/vnd.oci.image.layer.v1.tar+gzip', digest: layer, size: 1 }],
  })
}

function putIndex(
  repository: Repository,
  manifests: Record<string, string>,
  { form = 'docker', attestation }: ImageSpec,
): string {
  const [type, , indexType] = TYPES[form === 'docker' ? 'docker' : 'oci']
  const entries = Object.entries(manifests).map(([platform, digest]) => {
    const [os, architecture, variant] = platform.split('/')
    return { mediaType: type, digest, size: 1, platform: { os, architecture, variant } }
  })
  const unknown = { os: 'unknown', architecture: 'unknown' }
  const extra = {
    mediaType: type,
    digest: `sha256:${'0'.repeat(64)}`,
    size: 1,
    platform: unknown,
    annotations: { 'vnd.docker.reference.type': 'attestation-manifest' },
  }
  return put(repository, indexType, {
    schemaVersion: 2,
    mediaType: indexType,
    manifests: attestation ? [extra, ...entries] : entries,
  } as object)
}

function put({ content }: Repository, type: string, value: object): string {
  const bytes = Buffer.from(JSON.stringify(value))
  const digest = `sha256:${createHash('sha256').update(bytes).digest('hex')}`
  content.set(digest, { type, bytes })
  return digest
}
