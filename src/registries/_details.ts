import { Failure } from '../domain/failure.ts'
import type { ImageDetails } from '../domain/finding.ts'
import { choosePlatform, formatPlatform, normalizePlatform, type Platform } from '../domain/platform.ts'
import type { Access } from './_access.ts'
import { failureOfStatus, type Subject } from './_errors.ts'
import {
  ACCEPT_MANIFESTS,
  bare,
  digestOf,
  type ImageConfig,
  type ImageManifest,
  type IndexEntry,
  isSchema1,
  readConfig,
  readManifest,
  schema1Failure,
} from './_manifest.ts'

/** An index may point to an index; nobody nests deeper than this. */
const DEEPEST = 3

/**
 * Reads the manifest behind a digest, the one for the platform where it is an index, and that one's config; each is
 * compared with its digest, so a registry cannot pass off something else.
 * @throws Failure
 */
export async function askDetails(
  access: Access,
  repository: string,
  { digest, platform }: { digest: string; platform: Platform },
): Promise<ImageDetails> {
  const { first, chosen, config, subject } = await askImage(access, repository, { digest, platform })
  return {
    digest,
    mediaType: first.mediaType,
    platformDigest: chosen.digest,
    ...describeConfig(readConfig(config, subject), platform),
    layers: chosen.image.layers.map((layer) => layer.digest),
  }
}

/**
 * The config of the image for a platform as the registry has it, whole: what containers of it will run (OCI image spec,
 * "Image Configuration").
 * @throws Failure
 */
export async function askConfig(
  access: Access,
  repository: string,
  question: { digest: string; platform: Platform },
): Promise<unknown> {
  const { config, subject } = await askImage(access, repository, question)
  readConfig(config, subject)
  return JSON.parse(new TextDecoder().decode(config))
}

async function askImage(
  access: Access,
  repository: string,
  { digest, platform }: { digest: string; platform: Platform },
) {
  const subject = access.subject(`image ${digest.slice(0, 19)}`)
  const first = await askManifest(access, repository, { digest, subject })
  const chosen = await descend(first, { access, repository, platform, subject })
  const { digest: configDigest } = chosen.image.config
  const config = await askBlob(access, `/v2/${repository}/blobs/${configDigest}`, { digest: configDigest, subject })
  return { first, chosen, config, subject }
}

interface Answered {
  readonly digest: string
  readonly mediaType: string
  readonly content: { readonly entries: readonly IndexEntry[] } | { readonly image: ImageManifest }
}

interface Descent {
  readonly access: Access
  readonly repository: string
  readonly platform: Platform
  readonly subject: Subject
}

async function descend(
  first: Answered,
  { access, repository, platform, subject }: Descent,
): Promise<{ digest: string; image: ImageManifest }> {
  let current = first
  for (let depth = 0; depth < DEEPEST; depth++) {
    if ('image' in current.content) return { digest: current.digest, image: current.content.image }
    const entry = chooseEntry(current.content.entries, platform, subject)
    current = await askManifest(access, repository, { digest: entry.digest, subject })
  }
  if ('image' in current.content) return { digest: current.digest, image: current.content.image }
  throw new Failure('unsupported', `${subject.what} of ${repository} is an index nested more than ${DEEPEST} deep.`)
}

/** The entry for the platform. @throws Failure `not-found` that names the platforms there are. */
export function chooseEntry(
  entries: readonly IndexEntry[],
  wanted: Platform,
  { repository, what }: Subject,
): IndexEntry {
  const choices = entries.map((entry) => ({ entry, platform: platformOf(entry) }))
  const chosen = choosePlatform(choices, wanted)
  if (chosen !== undefined) return chosen.entry
  const known = new Set(
    choices.flatMap(({ platform }) => (platform === undefined ? [] : [formatPlatform(normalizePlatform(platform))])),
  )
  throw new Failure(
    'not-found',
    `${what} of ${repository} is not built for ${formatPlatform(wanted)}, only for ${[...known].join(', ') || 'no platform at all'}.`,
    {
      remedy: 'Name one of these as the platform to watch.',
    },
  )
}

function platformOf({ platform }: IndexEntry): Platform | undefined {
  if (!platform || platform.os === '') return undefined
  const { os, architecture, variant, 'os.version': osVersion } = platform
  return { os, architecture, ...(variant ? { variant } : {}), ...(osVersion ? { osVersion } : {}) }
}

async function askManifest(
  access: Access,
  repository: string,
  { digest, subject }: { digest: string; subject: Subject },
): Promise<Answered> {
  const response = await access.endpoint.ask({
    method: 'GET',
    url: `/v2/${repository}/manifests/${digest}`,
    headers: { accept: ACCEPT_MANIFESTS },
    subject,
    operation: access.operation,
  })
  if (response.status !== 200) throw failureOfStatus(response.status, subject)
  const mediaType = bare(response.headers['content-type'])
  if (isSchema1(mediaType)) throw schema1Failure(subject)
  mustMatch(response.body, digest, subject)
  return { digest, mediaType, content: readManifest(response.body, subject) }
}

async function askBlob(
  access: Access,
  url: string,
  { digest, subject }: { digest: string; subject: Subject },
): Promise<Uint8Array> {
  const { status, body } = await access.endpoint.ask({ method: 'GET', url, subject, operation: access.operation })
  if (status !== 200) throw failureOfStatus(status, subject)
  mustMatch(body, digest, subject)
  return body
}

function mustMatch(bytes: Uint8Array, digest: string, { registry, repository }: Subject): void {
  if (digestOf(bytes, digest) === digest) return
  throw new Failure('invalid', `${registry} sent something else than what ${digest} of ${repository} names.`, {
    remedy:
      'Do not use this image. Something between here and the registry, or the registry itself, changes what it sends.',
  })
}

function describeConfig(
  config: ImageConfig,
  wanted: Platform,
): Pick<ImageDetails, 'platform' | 'created' | 'labels' | 'dockerVersion'> {
  const created = config.created ? Date.parse(config.created) : Number.NaN
  const { os, architecture, variant } = config
  const platform = normalizePlatform({
    os: os || wanted.os,
    architecture: architecture || wanted.architecture,
    ...(variant ? { variant } : {}),
  })
  return {
    platform: formatPlatform(platform),
    ...(Number.isNaN(created) ? {} : { created: new Date(created).toISOString() }),
    labels: config.config?.Labels ?? {},
    ...(config.docker_version ? { dockerVersion: config.docker_version } : {}),
  }
}
