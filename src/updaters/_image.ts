import { z } from '@hono/zod-openapi'
import type { DockerClient } from '../docker/client.ts'
import { hasStatus } from '../docker/errors.ts'
import { readLines } from '../docker/events.ts'
import type { InspectedImage } from '../domain/container-spec/types.ts'
import { Failure } from '../domain/failure.ts'
import { familiarName, nameOf, parseImageReference, tagOf } from '../domain/image-reference.ts'
import { normalizePlatform, type Platform, parsePlatform } from '../domain/platform.ts'
import type { Progress } from './_updater.ts'

export interface FetchOptions {
  /** The name it is run under: `nginx:1.27`. The tag is not moved. */
  readonly reference: string
  readonly digest: string
  /** `linux/arm64/v8`. */
  readonly platform: string
  /** Value of `X-Registry-Auth`. */
  readonly auth: string | undefined
  readonly signal: AbortSignal
  readonly onProgress: (progress: Progress) => void
}

/**
 * Brings an image onto the host by its digest and returns the engine's id of it. The engine checks every byte against the
 * digest, and no tag is moved, so what runs and what would be started again stays as it is.
 * @throws Failure with what the registry or the engine said (a full disk comes in the middle of the answer).
 */
export async function fetchImage(docker: DockerClient, options: FetchOptions): Promise<string> {
  const { reference, digest, platform, auth, signal, onProgress } = options
  const name = nameOf(parseImageReference(reference))
  const there = await findImage(docker, `${name}@${digest}`, signal)
  if (there !== undefined) return there.Id
  const { chunks } = await docker.stream('POST', '/images/create', {
    query: { fromImage: name, tag: digest, platform },
    ...(auth === undefined ? {} : { headers: { 'x-registry-auth': auth } }),
    signal,
    // The engine answers only after its own tries at the registry.
    timeoutMs: PULL_HEAD_MS,
  })
  const layers = new Map<string, z.output<typeof PROGRESS>>()
  for await (const line of readLines(chunks)) {
    const message = PULL_LINE.safeParse(parseLine(line)).data
    if (message === undefined) continue
    const error = message.errorDetail?.message ?? message.error
    if (error !== undefined) throw pullFailure(`${familiarName(parseImageReference(reference))}@${digest}`, error)
    if (message.id === undefined || message.status !== 'Downloading') continue
    layers.set(message.id, message.progressDetail ?? {})
    onProgress(sum(layers.values()))
  }
  return (await inspectImage(docker, `${name}@${digest}`, signal)).Id
}

/** @throws Failure `not-found` */
export async function inspectImage(docker: DockerClient, name: string, signal: AbortSignal): Promise<InspectedImage> {
  const image = await findImage(docker, name, signal)
  if (image === undefined) throw new Failure('not-found', `There is no image "${name}" on the host.`)
  return image
}

/** Undefined when the host has no such image. `name` is a reference or an id. */
export async function findImage(
  docker: DockerClient,
  name: string,
  signal: AbortSignal,
): Promise<InspectedImage | undefined> {
  try {
    const { body } = await docker.request('GET', `/images/${name}/json`, { signal })
    return body as InspectedImage
  } catch (error) {
    if (hasStatus(error, 404)) return undefined
    throw error
  }
}

/** @throws Failure `unsupported` when the image is for another platform than the one wanted. */
export function verifyPlatform(image: InspectedImage, wanted: string): void {
  const platform = parsePlatform(wanted)
  const own = normalizePlatform({
    os: image.Os || platform.os,
    architecture: image.Architecture || platform.architecture,
    ...(image.Variant ? { variant: image.Variant } : {}),
  })
  if (runsOn(own, platform)) return
  const text = [own.os, own.architecture, own.variant].filter(Boolean).join('/')
  throw new Failure('unsupported', `The new image is for ${text}, the container is for ${wanted}.`, {
    remedy: 'Ask the publisher for that platform, or hold the workload where it is.',
  })
}

/** Points the tag of `reference` to an image that is on the host. */
export async function moveTag(
  docker: DockerClient,
  { reference, imageId, signal }: { reference: string; imageId: string; signal: AbortSignal },
): Promise<void> {
  const parsed = parseImageReference(reference)
  await docker.request('POST', `/images/${imageId}/tag`, {
    query: { repo: nameOf(parsed), tag: tagOf(parsed) ?? 'latest' },
    signal,
  })
}

/**
 * Takes a tag (or any other name) from an image; the image goes with its last name. Where a container uses it the engine
 * leaves that last name, and so do we.
 */
export async function removeName(docker: DockerClient, name: string, signal: AbortSignal): Promise<void> {
  try {
    await docker.request('DELETE', `/images/${name}`, { signal })
  } catch (error) {
    if (!hasStatus(error, 404, 409)) throw error
  }
}

const PULL_HEAD_MS = 10 * 60_000

const PROGRESS = z.object({ current: z.number().optional(), total: z.number().optional() })
const PULL_LINE = z.object({
  id: z.string().optional(),
  status: z.string().optional(),
  error: z.string().optional(),
  errorDetail: z.object({ message: z.string() }).optional(),
  progressDetail: PROGRESS.optional(),
})

function parseLine(line: string): unknown {
  try {
    return JSON.parse(line)
  } catch {
    return undefined
  }
}

function sum(layers: Iterable<z.output<typeof PROGRESS>>): Progress {
  let done = 0
  let total: number | undefined = 0
  for (const layer of layers) {
    done += layer.current ?? 0
    total = total === undefined || layer.total === undefined ? undefined : total + layer.total
  }
  return { done, total }
}

function pullFailure(image: string, error: string): Failure {
  const text = error.trim().replace(/\.$/, '')
  if (/no space left on device/i.test(text))
    return new Failure('unavailable', `The disk of the host is full: ${text}.`, {
      where: image,
      remedy: 'Make room (docker image prune), then update again. Nothing was changed.',
    })
  if (/no matching manifest|does not match the specified platform/i.test(text))
    return new Failure('unsupported', `${text}.`, {
      where: image,
      remedy: 'The publisher offers no image for this platform: hold the workload where it is.',
    })
  return new Failure('unavailable', `The image could not be pulled: ${text}.`, {
    where: image,
    remedy: 'Nothing was changed; it is tried again at the next round.',
  })
}

/** Whether an image runs where `wanted` is asked for; an image without a variant is for every one. */
function runsOn(own: Platform, wanted: Platform): boolean {
  if (own.os !== wanted.os || own.architecture !== wanted.architecture) return false
  return own.variant === undefined || wanted.variant === undefined || own.variant <= wanted.variant
}
