import { createHash, getHashes } from 'node:crypto'
import { z } from '@hono/zod-openapi'
import { Failure } from '../domain/failure.ts'
import type { Subject } from './_errors.ts'
import { readJson } from './_json.ts'

const OCI_INDEX = 'application/vnd.oci.image.index.v1+json'
const OCI_MANIFEST = 'application/vnd.oci.image.manifest.v1+json'
const DOCKER_LIST = 'application/vnd.docker.distribution.manifest.list.v2+json'
const DOCKER_MANIFEST = 'application/vnd.docker.distribution.manifest.v2+json'
const SCHEMA_1 = [
  'application/vnd.docker.distribution.manifest.v1+prettyjws',
  'application/vnd.docker.distribution.manifest.v1+json',
]
const IMAGE_CONFIGS = new Set([
  'application/vnd.oci.image.config.v1+json',
  'application/vnd.docker.container.image.v1+json',
])

/** What we can read, best first; the long outdated form last, so that it can be refused by name. */
export const ACCEPT_MANIFESTS = [OCI_INDEX, DOCKER_LIST, OCI_MANIFEST, DOCKER_MANIFEST, ...SCHEMA_1].join(', ')

const Descriptor = z.object({ digest: z.string(), mediaType: z.string().default('') })
const PlatformOfEntry = z.object({
  architecture: z.string().default(''),
  os: z.string().default(''),
  variant: z.string().optional(),
  'os.version': z.string().optional(),
})
const Index = z.object({
  manifests: z.array(
    Descriptor.extend({
      platform: PlatformOfEntry.nullish(),
      annotations: z.record(z.string(), z.string()).nullish(),
    }),
  ),
})
const Manifest = z.object({
  artifactType: z.string().optional(),
  config: Descriptor,
  layers: z.array(Descriptor).default([]),
})
const ImageConfig = z.object({
  created: z.string().nullish(),
  architecture: z.string().default(''),
  os: z.string().default(''),
  variant: z.string().nullish(),
  docker_version: z.string().nullish(),
  config: z.object({ Labels: z.record(z.string(), z.string()).nullish() }).nullish(),
})

export type IndexEntry = z.output<typeof Index>['manifests'][number]
export type ImageManifest = z.output<typeof Manifest>
export type ImageConfig = z.output<typeof ImageConfig>

/** Whether a media type stands for the outdated schema 1, which Docker does not pull any more either. */
export function isSchema1(mediaType: string): boolean {
  return SCHEMA_1.includes(bare(mediaType))
}

/** `application/json; charset=utf-8` → `application/json`. */
export function bare(mediaType: string | undefined): string {
  return (mediaType ?? '').replace(/\s*;.*$/, '').toLowerCase()
}

export function schema1Failure({ registry, repository, what }: Subject): Failure {
  return new Failure(
    'unsupported',
    `${what} of ${repository} at ${registry} has a manifest of schema 1, which is outdated.`,
    {
      remedy: 'Push the image anew with a current Docker; Docker cannot pull it either.',
    },
  )
}

/** Whether it is an index or a manifest of any kind (OCI image spec: `schemaVersion` must be there). */
export function looksLikeManifest(body: Uint8Array): boolean {
  return readJson(z.object({ schemaVersion: z.number() }), body) !== undefined
}

/** An index, or the manifest of one image. @throws Failure `unsupported` for anything else. */
export function readManifest(
  body: Uint8Array,
  subject: Subject,
): { entries: readonly IndexEntry[] } | { image: ImageManifest } {
  const index = readJson(Index, body)
  if (index !== undefined) return { entries: index.manifests.filter(isImage) }
  const image = readJson(Manifest, body)
  if (image === undefined) {
    const outdated = readJson(z.object({ schemaVersion: z.literal(1) }), body)
    throw outdated === undefined ? notAnImage('an unknown form', subject) : schema1Failure(subject)
  }
  if (!IMAGE_CONFIGS.has(image.config.mediaType)) {
    throw notAnImage(`type "${image.artifactType ?? image.config.mediaType}"`, subject)
  }
  return { image }
}

/** The image's own config. @throws Failure `unsupported` */
export function readConfig(body: Uint8Array, subject: Subject): ImageConfig {
  const config = readJson(ImageConfig, body)
  if (config === undefined) throw notAnImage('an unknown form', subject)
  return config
}

/** The digest of some bytes, under the algorithm of `like`. */
export function digestOf(bytes: Uint8Array, like = 'sha256:'): string | undefined {
  const algorithm = like.slice(0, like.indexOf(':'))
  if (!getHashes().includes(algorithm)) return undefined
  return `${algorithm}:${createHash(algorithm).update(bytes).digest('hex')}`
}

/** Attestations stand beside the images in an index, under no real platform (BuildKit, attestation storage). */
function isImage({ platform, annotations }: IndexEntry): boolean {
  if (annotations?.['vnd.docker.reference.type'] !== undefined) return false
  return !(platform?.os === 'unknown' && platform.architecture === 'unknown')
}

function notAnImage(form: string, { registry, repository, what }: Subject): Failure {
  return new Failure(
    'unsupported',
    `${what} of ${repository} at ${registry} is not a container image but an artifact of ${form}.`,
    {
      remedy: 'Leave it out of what is watched.',
    },
  )
}
