import type { DockerClient } from '../docker/client.ts'
import { DockerError } from '../docker/errors.ts'
import { dockerFailure } from '../docker/failure.ts'
import { describeError, Failure } from '../domain/failure.ts'
import { type LabelReading, readLabels } from '../domain/labels.ts'
import { DEFAULT_PLATFORM, type Platform } from '../domain/platform.ts'
import type { Workload } from '../domain/workload.ts'
import { isIdOnly, resolveImage } from './_docker-image.ts'
import {
  type Container,
  containerName,
  containerPlatform,
  enginePlatform,
  factsOf,
  type ImageAnswer,
  inspectImage,
  listContainers,
  originalImage,
} from './_docker-list.ts'
import { containerMetadata } from './_docker-metadata.ts'
import type { FormatTime } from './_go-time.ts'
import type { Listing, Problem, ProviderParts } from './_provider.ts'
import { mergeMetadata, VALUE_CHECKS } from './_watch-labels.ts'

export interface ListingParts {
  readonly options: { readonly name: string; readonly watchByDefault: boolean; readonly watchStopped: boolean }
  readonly parts: ProviderParts
  readonly warnOnce: (message: string, fields?: object) => void
  readonly formatTime: FormatTime
  readonly signal: AbortSignal
}

/**
 * One call for the list and one for each distinct image in it. Containers that are not to be watched cost nothing more.
 * @throws DockerError when the engine cannot be asked.
 */
export async function listWorkloads(client: DockerClient, given: ListingParts): Promise<Listing> {
  const { options, signal } = given
  const containers = await listContainers(client, { stopped: options.watchStopped, signal })
  const problems: Problem[] = []
  const wanted = containers.flatMap((container) => readWanted(container, given, problems))
  const [images, originals] = await Promise.all([
    inspectImages(client, wanted, signal),
    findOriginals(client, wanted, signal),
  ])
  const fallback = await fallbackPlatform(client, images, given)
  const workloads: Workload[] = []
  for (const one of wanted) {
    const image = images.get(one.container.ImageID) ?? 'gone'
    const original = originals.get(one.container.Id)
    collect(problems, one.container, () => {
      workloads.push(toWorkload(one, { image, original, fallback, given }))
    })
  }
  return { workloads, problems }
}

interface Wanted {
  readonly container: Container
  readonly labels: LabelReading
}

function readWanted(container: Container, { options, parts, warnOnce }: ListingParts, problems: Problem[]): Wanted[] {
  const wanted: Wanted[] = []
  collect(problems, container, () => {
    const labels = readLabels(container.Labels ?? {}, parts.defaults, {
      watchByDefault: options.watchByDefault,
      ...(parts.platform === undefined ? {} : { platform: parts.platform }),
      ...VALUE_CHECKS,
    })
    for (const warning of labels.warnings) warnOnce(`container "${containerName(container)}", ${warning}`)
    if (labels.enabled) wanted.push({ container, labels })
  })
  return wanted
}

async function inspectImages(
  client: DockerClient,
  wanted: readonly Wanted[],
  signal: AbortSignal,
): Promise<Map<string, ImageAnswer>> {
  const ids = [...new Set(wanted.map(({ container }) => container.ImageID))].filter((id) => id !== '')
  const answers = await Promise.all(ids.map(async (id) => [id, await inspectImage(client, id, signal)] as const))
  return new Map(answers)
}

/** The names behind containers for which the list has an id only. */
async function findOriginals(
  client: DockerClient,
  wanted: readonly Wanted[],
  signal: AbortSignal,
): Promise<Map<string, string | undefined>> {
  const ids = wanted.filter(({ container }) => isIdOnly(container)).map(({ container }) => container.Id)
  const answers = await Promise.all(ids.map(async (id) => [id, await originalImage(client, id, signal)] as const))
  return new Map(answers)
}

/** What stands in for the platform of images that may not be looked at. */
async function fallbackPlatform(
  client: DockerClient,
  images: ReadonlyMap<string, ImageAnswer>,
  { parts, warnOnce, signal }: ListingParts,
): Promise<Platform> {
  const answers = [...images.values()]
  if (answers.includes('refused'))
    warnOnce(
      'Images may not be inspected, so it is not known which digests run; where a socket proxy stands before Docker, allow IMAGES=1',
    )
  const isNeeded = answers.some((answer) => factsOf(answer)?.platform === undefined)
  const engine = isNeeded ? await enginePlatform(client, signal) : undefined
  return engine ?? parts.platform ?? DEFAULT_PLATFORM
}

interface WorkloadParts {
  readonly image: ImageAnswer
  readonly original: string | undefined
  readonly fallback: Platform
  readonly given: ListingParts
}

function toWorkload({ container, labels }: Wanted, { image, original, fallback, given }: WorkloadParts): Workload {
  const { options, parts } = given
  if (image instanceof DockerError) throw dockerFailure(image)
  const name = containerName(container)
  const { text, reference, digests, notCheckable } = resolveImage(container, image, original)
  const known = containerPlatform(container) ?? factsOf(image)?.platform
  return {
    id: `docker/${options.name}/${name}`,
    provider: 'docker',
    host: options.name,
    name,
    image: text,
    ...(reference === undefined ? {} : { reference }),
    platform: labels.platform ?? known ?? fallback,
    running: {
      ...(container.ImageID === '' ? {} : { imageId: container.ImageID }),
      digests,
      ...(container.State === '' ? {} : { state: container.State }),
    },
    settings: labels.settings,
    update: labels.update,
    metadata: mergeMetadata(labels.metadata, {
      defaults: parts.defaultMetadata,
      own: containerMetadata(container, given.formatTime),
    }),
    ...(notCheckable === undefined ? {} : { notCheckable }),
  }
}

/** A container that cannot be read is told about beside the list, and spoils nothing else. */
function collect(problems: Problem[], container: Container, read: () => void): void {
  try {
    read()
  } catch (error) {
    if (!(error instanceof Failure)) throw error
    const name = containerName(container)
    const place = error.where === undefined ? ': ' : ', '
    problems.push({ workload: name, message: `container "${name}"${place}${describeError(error)}` })
  }
}
