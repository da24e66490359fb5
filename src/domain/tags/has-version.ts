import { parseTag } from './parse-tag.ts'
import { rulePackFor } from './rule-packs.ts'
import { stampLimits } from './stamp.ts'

/**
 * Whether a tag can have newer ones at all: it holds a version, a stamp or a counter that moves. `latest` does not, so
 * asking for the tags of its repository would be a request for nothing.
 */
export function hasVersion(tag: string, { now, repository }: { now: Date; repository: string }): boolean {
  const { numberPrefixes = [] } = rulePackFor(repository)
  return parseTag(tag, { limits: stampLimits(now, { shortDates: true }), numberPrefixes }).scheme !== 'none'
}
