import { nameOf, tagOf } from '../domain/image-reference.ts'
import type { TagPolicy } from '../domain/policy.ts'
import { hasVersion } from '../domain/tags/has-version.ts'
import type { WatchedImage } from '../domain/watched-image.ts'
import type { WatchSettings } from '../domain/workload.ts'
import { compileRegex } from '../lib/regex.ts'

/** The tag engine's policy for these settings, with the user's regular expressions compiled (RE2). Throws `RegexError` for a bad one. */
export function tagPolicyOf(settings: WatchSettings): TagPolicy {
  return {
    level: settings.policy,
    include: settings.includeTags.map(compileRegex),
    exclude: settings.excludeTags.map(compileRegex),
    select: selectOf(settings.select),
    sort: settings.sortTags,
    maxTags: settings.maxTags,
    minimumAgeMs: settings.minimumAgeMs,
  }
}

/** Whether newer tags can be meant at all: a tag that is no version (`latest`) has none, unless a pattern says which. */
export function needsTags({ reference, settings }: Pick<WatchedImage, 'reference' | 'settings'>, now: Date): boolean {
  if (settings.select.by !== 'family') return true
  const tag = tagOf(reference)
  return settings.policy !== 'digest' && tag !== undefined && hasVersion(tag, { now, repository: nameOf(reference) })
}

function selectOf(select: WatchSettings['select']): TagPolicy['select'] {
  switch (select.by) {
    case 'regex':
      return { by: 'regex', matcher: compileRegex(select.pattern) }
    case 'digest-of':
      return { by: 'digest-of', baseTag: select.tag, matcher: compileRegex(select.pattern) }
    default:
      return select as TagPolicy['select']
  }
}
