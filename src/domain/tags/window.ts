import type { TagPolicy } from '../policy.ts'
import { sortTags } from './sort-tags.ts'

/** What is left of a registry's tag list, and how much of it went for which reason. */
interface TagWindow {
  readonly tags: readonly string[]
  readonly total: number
  readonly notIncluded: number
  readonly excluded: number
  readonly artefacts: number
}

const ARTEFACT = /^sha256-[a-f0-9]{64}(?:\.(?:att|sbom|sig))?$/

/** Sorts, drops what registries generate beside images, applies `include` and `exclude`, then keeps the first `maxTags`, as Diun does. */
export function tagWindow(
  tags: readonly string[],
  { sort, include, exclude, maxTags }: Pick<TagPolicy, 'sort' | 'include' | 'exclude' | 'maxTags'>,
): TagWindow {
  const sorted = sortTags(tags, sort)
  const images = sorted.filter((tag) => !ARTEFACT.test(tag))
  const included = images.filter((tag) => isIncluded(tag, { include }))
  const kept = included.filter((tag) => !isExcluded(tag, { exclude }))
  return {
    tags: maxTags > 0 ? kept.slice(0, maxTags) : kept,
    total: tags.length,
    notIncluded: images.length - included.length,
    excluded: included.length - kept.length,
    artefacts: sorted.length - images.length,
  }
}

/** Whether a tag matches one of the policy's include patterns, or there are none. */
export function isIncluded(tag: string, { include }: Pick<TagPolicy, 'include'>): boolean {
  return include.length === 0 || include.some((matcher) => matcher.test(tag))
}

/** Whether a tag matches one of the policy's exclude patterns. */
export function isExcluded(tag: string, { exclude }: Pick<TagPolicy, 'exclude'>): boolean {
  return exclude.some((matcher) => matcher.test(tag))
}
