import { formatImageReference, tagOf, withTag } from '../domain/image-reference.ts'
import { formatPlatform } from '../domain/platform.ts'
import type { TagFacts } from '../domain/tags/verdict.ts'
import { tagWindow } from '../domain/tags/window.ts'
import type { WatchedImage } from '../domain/watched-image.ts'
import type { Workload } from '../domain/workload.ts'
import type { Asker } from './ask.ts'
import { tagPolicyOf } from './policy.ts'

/**
 * Adds to each image that watches its whole repository (Diun's `watch_repo`) the other tags in its window of
 * include, exclude, sort and max. A repository that cannot be listed adds none: its own tag reports the failure.
 */
export async function expandRepositories(images: readonly WatchedImage[], asker: Asker): Promise<WatchedImage[]> {
  if (!images.some(({ settings }) => settings.watchRepo)) return [...images]
  const expanded = await Promise.all(
    images.map(async (image) => (image.settings.watchRepo ? [image, ...(await otherTags(image, asker))] : [image])),
  )
  const keys = new Set(images.map(({ key }) => key))
  return expanded.flatMap(([image, ...others]) => {
    const fresh = others.filter(({ key }) => !keys.has(key))
    for (const { key } of fresh) keys.add(key)
    return [image!, ...fresh]
  })
}

async function otherTags(image: WatchedImage, asker: Asker): Promise<WatchedImage[]> {
  try {
    const facts = await asker.tags(image.reference, image.settings.regopt)
    const { tags } = tagWindow(
      facts.map(({ tag }) => tag),
      tagPolicyOf(image.settings),
    )
    const firstListedAt = Math.min(...facts.map(firstSeen))
    const old = new Set(facts.filter((each) => firstSeen(each) === firstListedAt).map(({ tag }) => tag))
    return tags
      .filter((tag) => tag !== tagOf(image.reference))
      .map((tag) => ({ ...otherTag(image, tag), isOfFirstListing: old.has(tag) }))
  } catch {
    return []
  }
}

function firstSeen({ firstSeenAt }: TagFacts): number {
  return firstSeenAt?.getTime() ?? 0
}

/** Another tag of the repository: nothing runs it, and only its digest is watched. */
function otherTag(image: WatchedImage, tag: string): WatchedImage {
  const reference = withTag(image.reference, tag)
  const settings = { ...image.settings, watchRepo: false, policy: 'digest' as const, select: { by: 'family' as const } }
  const workloads: Workload[] = image.workloads.map((workload) => ({
    ...workload,
    reference,
    settings,
    running: { digests: [] },
  }))
  return {
    key: `${formatImageReference(reference)}|${formatPlatform(image.platform)}|repo`,
    reference,
    platform: image.platform,
    settings,
    workloads,
  }
}
