import { Failure } from './failure.ts'
import { isTag } from './image-reference.ts'
import { nearest } from './nearest.ts'
import type { NotifyOn, PolicyLevel, SelectBy, SortTags } from './workload.ts'

// What labels and watch lists say is text; these read it. Each throws a `Failure` that names the value; the caller
// knows the place.

/** What the domain cannot do itself. */
export interface ValueChecks {
  /** Why the text is no regular expression; undefined when it is one. */
  readonly checkRegex: (source: string) => string | undefined
  /** Milliseconds of `90s`, `3d`; undefined when it is no duration. */
  readonly parseDuration: (text: string) => number | undefined
}

const NOTIFY_ON: readonly NotifyOn[] = ['new', 'update']
const SORT_TAGS: readonly SortTags[] = ['default', 'reverse', 'lexicographical', 'semver']
const POLICIES: readonly PolicyLevel[] = ['digest', 'patch', 'minor', 'major']
const TRUE = new Set(['1', 't', 'T', 'TRUE', 'true', 'True'])
const FALSE = new Set(['0', 'f', 'F', 'FALSE', 'false', 'False'])

/** The texts of Go's `strconv.ParseBool`. */
export function readFlag(text: string): boolean {
  if (TRUE.has(text)) return true
  if (FALSE.has(text)) return false
  throw new Failure('invalid', `"${text}" is neither true nor false.`)
}

/** A number of tags; 0 and everything below is all of them. */
export function readCount(text: string): number {
  if (/^[+-]?\d+$/.test(text)) return Math.max(0, Number(text))
  throw new Failure('invalid', `"${text}" is not a whole number.`)
}

export function readNotifyOn(items: readonly string[]): readonly NotifyOn[] {
  return items.map((item) => readOneOf(item.trim(), { what: 'notify status', known: NOTIFY_ON }))
}

export function readSortTags(text: string): SortTags {
  return readOneOf(text, { what: 'sort tags type', known: SORT_TAGS })
}

export function readPolicy(text: string): PolicyLevel {
  return readOneOf(text, { what: 'policy', known: POLICIES })
}

/** A length of time with its unit, in milliseconds. */
export function readMinimumAge(text: string, { parseDuration }: ValueChecks): number {
  const hasUnit = !/^[+-]?\d+$/.test(text.trim()) || text.trim() === '0'
  const milliseconds = hasUnit ? parseDuration(text) : undefined
  if (milliseconds !== undefined && milliseconds >= 0) return milliseconds
  throw new Failure('invalid', `"${text}" is not a length of time.`, { remedy: 'Write it as 3d or 12h.' })
}

/** Regular expressions for tags, each checked. */
export function readPatterns(patterns: readonly string[], checks: ValueChecks): readonly string[] {
  for (const pattern of patterns) checkPattern(pattern, checks)
  return patterns
}

/** `family`, `glob:PATTERN`, `regex:PATTERN`, `semver`, `semver:PREFIX` or `digest-of:TAG:PATTERN`. */
export function readSelect(text: string, checks: ValueChecks): SelectBy {
  const [by, rest] = splitOnce(text)
  if (text === 'family') return { by: 'family' }
  if (by === 'semver') return { by: 'semver', prefix: rest ?? '' }
  if (by === 'glob' && rest) return { by: 'glob', pattern: rest }
  if (by === 'regex' && rest) return { by: 'regex', pattern: checkPattern(rest, checks) }
  const [tag, pattern] = splitOnce(rest ?? '')
  if (by === 'digest-of' && isTag(tag) && pattern)
    return { by: 'digest-of', tag, pattern: checkPattern(pattern, checks) }
  throw new Failure('invalid', `"${text}" is not a way to select tags.`, {
    remedy: 'Write family, glob:PATTERN, regex:PATTERN, semver, semver:PREFIX or digest-of:TAG:PATTERN.',
  })
}

/** One of some words; what is none of them is refused with the nearest. */
export function readOneOf<T extends string>(text: string, { what, known }: { what: string; known: readonly T[] }): T {
  const found = known.find((item) => item === text)
  if (found !== undefined) return found
  const guess = nearest(text, known)
  throw new Failure('invalid', `unknown ${what} "${text}"${guess === undefined ? '' : `, did you mean "${guess}"?`}`, {
    remedy: `Known: ${known.join(', ')}.`,
  })
}

function checkPattern(pattern: string, { checkRegex }: ValueChecks): string {
  const reason = checkRegex(pattern)
  if (reason === undefined) return pattern
  throw new Failure('invalid', `the regular expression "${pattern}" cannot be used: ${reason}.`)
}

function splitOnce(text: string): [string, string?] {
  const colon = text.indexOf(':')
  return colon < 0 ? [text] : [text.slice(0, colon), text.slice(colon + 1)]
}
