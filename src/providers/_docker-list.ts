import { z } from '@hono/zod-openapi'
import type { DockerClient } from '../docker/client.ts'
import { DockerError, hasStatus } from '../docker/errors.ts'
import { Failure } from '../domain/failure.ts'
import { normalizePlatform, type Platform } from '../domain/platform.ts'
import { withoutHalves } from './_docker-halves.ts'

// What is read of the Engine API's answers, and only that. Lists and maps are null in some versions where they are empty.

const CONTAINER = z.object({
  Id: z.string(),
  Names: z.array(z.string()).nullish(),
  Image: z.string(),
  ImageID: z.string().default(''),
  Command: z.string().nullish(),
  Created: z.number().default(0),
  State: z.string().default(''),
  Status: z.string().default(''),
  Labels: z.record(z.string(), z.string()).nullish(),
  SizeRw: z.number().nullish(),
  SizeRootFs: z.number().nullish(),
  ImageManifestDescriptor: z
    .object({
      platform: z
        .object({
          os: z.string(),
          architecture: z.string(),
          variant: z.string().nullish(),
          'os.version': z.string().nullish(),
        })
        .nullish(),
    })
    .nullish(),
})
const IMAGE = z.object({
  RepoTags: z.array(z.string()).nullish(),
  RepoDigests: z.array(z.string()).nullish(),
  Os: z.string().default(''),
  Architecture: z.string().default(''),
  Variant: z.string().nullish(),
  OsVersion: z.string().nullish(),
})
const INSPECTION = z.object({ Config: z.object({ Image: z.string().default('') }).nullish() })
const VERSION = z.object({ Os: z.string(), Arch: z.string() })

export type Container = z.output<typeof CONTAINER>

/** What the engine knows about an image. */
export interface ImageFacts {
  /** Without the placeholders of images that have none. */
  readonly tags: readonly string[]
  /** `name@sha256:…` for every name it was pulled or pushed under. */
  readonly digests: readonly string[]
  readonly platform: Platform | undefined
}

/** `refused`: images may not be looked at; `gone`: there is no such image any more; an error: this one cannot be read. */
export type ImageAnswer = ImageFacts | 'refused' | 'gone' | DockerError

export interface ListQuery {
  /** Created and exited containers too. */
  readonly stopped: boolean
  readonly signal: AbortSignal
}

/**
 * The containers of an engine, by name. Paused and restarting ones count as running, as they do for Docker. States are
 * chosen here rather than by a filter, because Podman knows other ones.
 */
export async function listContainers(client: DockerClient, { stopped, signal }: ListQuery): Promise<Container[]> {
  const query = stopped ? { all: true } : {}
  const { body } = await client.request('GET', '/containers/json', { query, signal })
  const parsed = z.array(CONTAINER).safeParse(body ?? [])
  if (!parsed.success)
    throw new Failure('unavailable', `${client.endpoint} does not list containers as a Docker Engine does.`, {
      remedy: 'Check the address and the version of the engine.',
      cause: parsed.error,
    })
  return withoutHalves(parsed.data, containerName)
    .filter(({ State }) => State !== 'dead' && State !== 'removing')
    .sort((a, b) => compare(containerName(a), containerName(b)))
}

/** The name without its slash; not one of the aliases that links add (`/web/db`). */
export function containerName({ Names, Id }: Container): string {
  const names = (Names ?? []).map((name) => name.replace(/^\//, ''))
  return names.find((name) => !name.includes('/')) ?? names[0] ?? Id.slice(0, 12)
}

/** Asks about an image by its id, which stays right when a tag has moved on. */
export async function inspectImage(client: DockerClient, id: string, signal: AbortSignal): Promise<ImageAnswer> {
  try {
    const { body } = await client.request('GET', `/images/${encodeURIComponent(id)}/json`, { signal })
    return readImage(body)
  } catch (error) {
    if (hasStatus(error, 401, 403, 405)) return 'refused'
    if (hasStatus(error, 404)) return 'gone'
    if (error instanceof DockerError && error.kind === 'answer') return error
    throw error
  }
}

/** What was found out about an image, if anything. */
export function factsOf(image: ImageAnswer): ImageFacts | undefined {
  return typeof image === 'string' || image instanceof DockerError ? undefined : image
}

/** The image a container was created from, as it was written then; undefined when the container is gone. */
export async function originalImage(
  client: DockerClient,
  id: string,
  signal: AbortSignal,
): Promise<string | undefined> {
  try {
    const { body } = await client.request('GET', `/containers/${encodeURIComponent(id)}/json`, { signal })
    return INSPECTION.safeParse(body).data?.Config?.Image
  } catch (error) {
    if (hasStatus(error, 403, 404, 405)) return undefined
    throw error
  }
}

/** What the engine itself runs on; undefined where that may not be asked. */
export async function enginePlatform(client: DockerClient, signal: AbortSignal): Promise<Platform | undefined> {
  try {
    const { body } = await client.request('GET', '/version', { signal })
    const { data } = VERSION.safeParse(body)
    return data && normalizePlatform({ os: data.Os.toLowerCase(), architecture: data.Arch })
  } catch (error) {
    if (hasStatus(error, 401, 403, 404, 405)) return undefined
    throw error
  }
}

/** The platform a container was created for, which only engines with the containerd image store say. */
export function containerPlatform({ ImageManifestDescriptor }: Container): Platform | undefined {
  const platform = ImageManifestDescriptor?.platform
  if (!platform?.os || !platform.architecture) return undefined
  return asPlatform(platform.os, platform.architecture, [platform.variant, platform['os.version']])
}

function readImage(body: unknown): ImageFacts {
  const { data } = IMAGE.safeParse(body)
  if (data === undefined) return { tags: [], digests: [], platform: undefined }
  const { Os, Architecture, Variant, OsVersion } = data
  return {
    tags: (data.RepoTags ?? []).filter(isNamed),
    digests: (data.RepoDigests ?? []).filter(isNamed),
    platform: Os && Architecture ? asPlatform(Os, Architecture, [Variant, OsVersion]) : undefined,
  }
}

/** Older engines write `<none>` for what is not there. */
function isNamed(text: string): boolean {
  return !text.startsWith('<none>')
}

type Extra = string | null | undefined

function asPlatform(os: string, architecture: string, [variant, osVersion]: [Extra, Extra]): Platform {
  return normalizePlatform({
    os,
    architecture,
    ...(variant ? { variant } : {}),
    ...(osVersion ? { osVersion } : {}),
  })
}

function compare(a: string, b: string): number {
  return a < b ? -1 : Number(a > b)
}
