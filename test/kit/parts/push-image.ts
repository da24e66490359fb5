import { buildImage, digestOf, type ImageOptions } from './base-image.ts'
import type { Registry } from './registry.ts'
import { signedSchema1 } from './schema1.ts'

/** The two families of media types a registry stores. */
const TYPES = {
  docker: {
    index: 'application/vnd.docker.distribution.manifest.list.v2+json',
    manifest: 'application/vnd.docker.distribution.manifest.v2+json',
    config: 'application/vnd.docker.container.image.v1+json',
    layer: 'application/vnd.docker.image.rootfs.diff.tar.gzip',
  },
  oci: {
    index: 'application/vnd.oci.image.index.v1+json',
    manifest: 'application/vnd.oci.image.manifest.v1+json',
    config: 'application/vnd.oci.image.config.v1+json',
    layer: 'application/vnd.oci.image.layer.v1.tar+gzip',
  },
} as const
const SCHEMA1 = 'application/vnd.docker.distribution.manifest.v1+prettyjws'

export interface PushOptions extends Omit<ImageOptions, 'platform'> {
  /** linux/amd64 unless told. More than one makes an index. */
  readonly platforms?: readonly string[]
  /** `image`: one manifest. `nested`: an index whose entry is an index. Unless told, the platforms decide. */
  readonly shape?: 'image' | 'index' | 'nested' | 'schema1'
  readonly format?: keyof typeof TYPES
  /** Puts a provenance manifest of platform unknown/unknown beside every image of an index, as BuildKit does. */
  readonly attestations?: boolean
  readonly annotations?: Readonly<Record<string, string>>
}

/** What the registry now holds under the tag. */
export interface Pushed {
  readonly digest: string
  readonly mediaType: string
  /** Of an index: the digest of each platform's own manifest. */
  readonly platforms: Readonly<Record<string, string>>
}

interface Descriptor {
  readonly mediaType: string
  readonly digest: string
  readonly size: number
  readonly platform?: Readonly<Record<string, string>>
  readonly annotations?: Readonly<Record<string, string>>
}

/** Puts an image of an exact shape into a registry over HTTP; the programs are left out unless `runnable` is true. */
export async function pushImage(
  registry: Registry,
  repository: string,
  tag: string,
  options: PushOptions = {},
): Promise<Pushed> {
  const platforms = options.platforms ?? ['linux/amd64']
  const shape = options.shape ?? (platforms.length > 1 || options.attestations ? 'index' : 'image')
  const target = { registry, repository, types: TYPES[options.format ?? 'oci'] }
  if (shape === 'schema1') return pushSchema1(target, tag, options)
  if (shape === 'image') {
    const image = await pushManifest(target, tag, { ...options, platform: platforms[0]! })
    return { digest: image.digest, mediaType: image.mediaType, platforms: {} }
  }
  const entries: Descriptor[] = []
  for (const platform of platforms) {
    const image = await pushManifest(target, undefined, { ...options, platform })
    entries.push(image, ...(options.attestations ? [await pushAttestation(target, image.digest)] : []))
  }
  const inner = await putIndex(target, shape === 'nested' ? undefined : tag, entries, options)
  const outer = shape === 'nested' ? await putIndex(target, tag, [inner], options) : inner
  const images = entries.filter((entry) => entry.platform?.os !== 'unknown')
  const byPlatform = Object.fromEntries(platforms.map((platform, index) => [platform, images[index]!.digest]))
  return { digest: outer.digest, mediaType: outer.mediaType, platforms: byPlatform }
}

interface Manifest extends Readonly<Record<string, unknown>> {
  readonly mediaType: string
}

interface Target {
  readonly registry: Registry
  readonly repository: string
  readonly types: (typeof TYPES)[keyof typeof TYPES]
}

async function pushManifest(target: Target, tag: string | undefined, options: PushOptions & { platform: string }) {
  const image = buildImage({ runnable: false, ...options })
  const manifest = {
    schemaVersion: 2,
    mediaType: target.types.manifest,
    config: await putBlob(target, target.types.config, image.config),
    layers: [await putBlob(target, target.types.layer, image.gzipped)],
    ...(options.annotations && { annotations: options.annotations }),
  }
  const [os, architecture, variant] = options.platform.split('/')
  const descriptor = await putManifest(target, tag, manifest)
  return { ...descriptor, platform: { os: os!, architecture: architecture!, ...(variant && { variant }) } }
}

async function pushAttestation(target: Target, subject: string): Promise<Descriptor> {
  const statement = Buffer.from(JSON.stringify({ _type: 'https://in-toto.io/Statement/v0.1', subject: [subject] }))
  const config = Buffer.from(JSON.stringify({ os: 'unknown', architecture: 'unknown', rootfs: { type: 'layers' } }))
  const descriptor = await putManifest(target, undefined, {
    schemaVersion: 2,
    mediaType: TYPES.oci.manifest,
    config: await putBlob(target, TYPES.oci.config, config),
    layers: [await putBlob(target, 'application/vnd.in-toto+json', statement)],
  })
  const annotations = {
    'vnd.docker.reference.type': 'attestation-manifest',
    'vnd.docker.reference.digest': subject,
  }
  return { ...descriptor, platform: { os: 'unknown', architecture: 'unknown' }, annotations }
}

function putIndex(target: Target, tag: string | undefined, manifests: readonly Descriptor[], options: PushOptions) {
  const annotations = options.annotations && { annotations: options.annotations }
  return putManifest(target, tag, { schemaVersion: 2, mediaType: target.types.index, manifests, ...annotations })
}

async function pushSchema1(target: Target, tag: string, options: PushOptions): Promise<Pushed> {
  const image = buildImage({ runnable: false, ...options })
  const layer = await putBlob(target, target.types.layer, image.gzipped)
  const signed = signedSchema1({ name: target.repository, tag, layer: layer.digest, config: image.config })
  await put(target, tag, SCHEMA1, Buffer.from(signed.text))
  return { digest: digestOf(signed.payload), mediaType: SCHEMA1, platforms: {} }
}

/** Stores a manifest under a tag, or without one under its digest. */
async function putManifest(target: Target, tag: string | undefined, manifest: Manifest) {
  const body = Buffer.from(JSON.stringify(manifest))
  const descriptor: Descriptor = { mediaType: manifest.mediaType, digest: digestOf(body), size: body.length }
  await put(target, tag ?? descriptor.digest, manifest.mediaType, body)
  return descriptor
}

async function put({ registry, repository }: Target, reference: string, mediaType: string, body: Buffer) {
  const headers = { 'content-type': mediaType, 'content-length': String(body.length) }
  const answer = await registry.request('PUT', `/v2/${repository}/manifests/${reference}`, { headers, body })
  if (answer.status !== 201) throw new Error(`The registry refused ${reference}: ${answer.status} ${answer.body}`)
}

async function putBlob({ registry, repository }: Target, mediaType: string, body: Buffer): Promise<Descriptor> {
  const descriptor = { mediaType, digest: digestOf(body), size: body.length }
  const there = await registry.request('HEAD', `/v2/${repository}/blobs/${descriptor.digest}`)
  if (there.status === 200) return descriptor
  const session = await registry.request('POST', `/v2/${repository}/blobs/uploads/`)
  const location = new URL(session.headers.location ?? '', registry.url)
  location.searchParams.set('digest', descriptor.digest)
  const headers = { 'content-type': 'application/octet-stream', 'content-length': String(body.length) }
  const answer = await registry.request('PUT', location.href, { headers, body })
  if (answer.status !== 201) throw new Error(`The registry refused a blob: ${answer.status} ${answer.body}`)
  return descriptor
}
