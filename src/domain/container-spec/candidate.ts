import { formatPlatform, normalizePlatform, parsePlatform } from '../platform.ts'
import { idlePins, userConfig } from './config.ts'
import { type Endpoint, userEndpoints } from './endpoints.ts'
import { asObject, asText, isAtLeast } from './json.ts'
import { mergeConfig } from './merge.ts'
import { keepAnonymousVolumes } from './mounts.ts'
import { followReplaced } from './references.ts'
import type { InspectedContainer, InspectedImage, JsonObject } from './types.ts'

export interface CandidateOptions {
  /** As it was while it ran, at API 1.51 or older: later versions do not say whether its MAC address was chosen. */
  readonly container: InspectedContainer
  /** By the container's `Image`, never by its reference, which may have moved on. Undefined when it is gone. */
  readonly oldImage: InspectedImage | undefined
  readonly newImage: InspectedImage
  /** What `Config.Image` shall say: a reference with a tag, never an id. */
  readonly image: string
  /** Undefined where it could not be agreed on. */
  readonly apiVersion: string | undefined
  /** Set last, over whatever was there. */
  readonly labels: Readonly<Record<string, string>>
  /** `env:NAME`, `label:NAME`: keep the running value though it equals the old image's default. */
  readonly pins: readonly string[]
  /** New container ids by the ids of the old ones, and by their names with the slash, of those that were replaced before this one. */
  readonly replaced: ReadonlyMap<string, string>
  /** From `GET /info`, where it was asked: the machine's `Name` and its platform (`linux/amd64`). */
  readonly engine?: { readonly name?: string; readonly platform?: string }
}

export interface CandidateSpec {
  /** Of `POST /containers/create`. */
  readonly body: JsonObject
  /** The `Config` that the engine will make of it with the new image: what a later inspection will say. */
  readonly expected: JsonObject
  /** `?platform=`, where the container was made for another than the engine's. */
  readonly platform: string | undefined
  /** Networks to connect between create and start, in order: empty from API 1.44 on. */
  readonly later: readonly Endpoint[]
  /** What does not stay as it was, or cannot be known: sentences for the plan. */
  readonly notes: readonly string[]
}

/**
 * What the new container of an update looks like: the old one's HostConfig as it is, what of its Config is the user's and
 * not the old image's, its networks as they were asked for, its anonymous volumes, and references to replaced containers
 * brought up to date. What the new image brings along is for the engine to add.
 */
export function candidateSpec(options: CandidateOptions): CandidateSpec {
  const { container, oldImage, pins, replaced } = options
  const image = oldImage === undefined ? undefined : (oldImage.Config ?? {})
  const config = userConfig({ container, image, pins, machine: options.engine?.name })
  const endpoints = userEndpoints(options)
  const own = { ...config, Labels: { ...asObject(config.Labels), ...options.labels }, Image: options.image }
  return {
    body: {
      ...own,
      HostConfig: keepAnonymousVolumes(followReplaced(container.HostConfig, replaced), container),
      ...endpoints.body,
    },
    expected: mergeConfig(own, options.newImage.Config ?? {}),
    platform: platformOf(options),
    later: endpoints.later,
    notes: [
      ...(oldImage === undefined ? [IMAGE_GONE] : []),
      ...idlePins(container, pins).map((pin) => `The pin "${pin}" names nothing that the container has.`),
      ...endpoints.notes,
    ],
  }
}

const IMAGE_GONE =
  'The image that the container was made from is gone, so what came from it cannot be told from what was chosen: environment, labels, command and the rest stay as they are, and new defaults of the image do not come in.'

/** Undefined also where the engine's platform is not known and the container does not say which manifest it runs. */
function platformOf({ container, oldImage, apiVersion, engine }: CandidateOptions): string | undefined {
  if (apiVersion !== undefined && !isAtLeast(apiVersion, '1.41')) return undefined
  const own = readPlatform(asObject(container.ImageManifestDescriptor?.platform))
  const theirs = engine?.platform === undefined ? undefined : formatPlatform(parsePlatform(engine.platform))
  const wanted = own ?? (theirs === undefined || oldImage === undefined ? undefined : imagePlatform(oldImage))
  return wanted === theirs ? undefined : wanted
}

function imagePlatform({ Os, Architecture, Variant }: InspectedImage): string | undefined {
  return readPlatform({ os: Os, architecture: Architecture, variant: Variant })
}

function readPlatform(platform: JsonObject): string | undefined {
  const [os, architecture, variant] = [platform.os, platform.architecture, platform.variant].map(asText)
  if (!os || !architecture) return undefined
  return formatPlatform(normalizePlatform({ os, architecture, ...(variant ? { variant } : {}) }))
}
