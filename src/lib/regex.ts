import { type Matcher, RE2JS } from 're2js'

/** A pattern in RE2 syntax, so that no text can make a match take more than linear time. */
export interface Regex {
  readonly source: string
  /** Whether the pattern is found anywhere in the text. */
  test(text: string): boolean
  /** The first match: the whole of it at 0, then the groups; a group that took no part is undefined. */
  match(text: string): RegexMatch | undefined
  /** Replaces every match. `$1`, `${1}`, `$name` and `${name}` stand for groups and `$$` for a dollar sign, as in Go.
   * @throws RangeError when the result has more than `limit` characters; there is none unless it is given. */
  replaceAll(text: string, replacement: string, options?: { limit?: number }): string
}

export interface RegexMatch {
  readonly groups: readonly (string | undefined)[]
  readonly named: Readonly<Record<string, string>>
  readonly start: number
  readonly end: number
}

/** The pattern cannot be compiled. */
export class RegexError extends Error {
  readonly source: string
  readonly reason: string

  constructor(source: string, reason: string) {
    super(`the regular expression ${JSON.stringify(source)} cannot be used: ${reason}`)
    this.name = 'RegexError'
    this.source = source
    this.reason = reason
  }
}

/**
 * Compiles a pattern in Go's syntax (https://github.com/google/re2/wiki/Syntax).
 * @throws RegexError when it is not one, with a hint when the pattern needs what RE2 leaves out.
 */
export function compileRegex(source: string): Regex {
  const pattern = compile(source)
  return {
    source,
    test: (text) => pattern.matcher(text).find(),
    match(text) {
      const matcher = pattern.matcher(text)
      return matcher.find() ? matchOf(pattern, matcher) : undefined
    },
    replaceAll: (text, replacement, { limit = Number.POSITIVE_INFINITY } = {}) =>
      replaceAll(pattern, { text, parts: replacementParts(replacement), limit }),
  }
}

function compile(source: string): RE2JS {
  try {
    return RE2JS.compile(source)
  } catch (error) {
    throw new RegexError(source, reasonOf(source, error instanceof Error ? error.message : String(error)))
  }
}

// The engine names the part it stumbled over, in backquotes, at the end of its message.
const LEFT_OUT: readonly [part: RegExp, reason: string][] = [
  [/`\(\?<?[=!]/, 'look-around such as (?=…) or (?<!…) does not exist in RE2; match more and take a group instead'],
  [/`\\[1-9k]|`\(\?P=?`$/, 'back-references such as \\1 do not exist in RE2; write the repeated part out'],
  [
    /`\(\?>|nested repetition operator: `[*+?}]\+`/,
    'atomic groups and possessive repeats do not exist in RE2 and are not needed, as matching never backtracks',
  ],
  [/`\\Z`/, '\\Z does not exist in RE2; use \\z for the end of the text'],
]

function reasonOf(source: string, message: string): string {
  const known = LEFT_OUT.find(([part]) => part.test(message))
  if (known) return known[1]
  if (source.startsWith('*')) return 'it begins with *, which repeats nothing; use .* for any text'
  return message.replace(/^error parsing regexp: /, '')
}

function matchOf(pattern: RE2JS, matcher: Matcher): RegexMatch {
  const groups = Array.from({ length: matcher.groupCount() + 1 }, (_, index) => matcher.group(index) ?? undefined)
  const named = Object.entries(pattern.namedGroups()).map(([name, index]) => [name, groups[index] ?? ''] as const)
  return { groups, named: Object.fromEntries(named), start: matcher.start(), end: matcher.end() }
}

interface Replacing {
  readonly text: string
  readonly parts: readonly ReplacementPart[]
  readonly limit: number
}

/** The rules of Go's regexp.ReplaceAllString: an empty match right behind another match does not count. */
function replaceAll(pattern: RE2JS, { text, parts, limit }: Replacing): string {
  const matcher = pattern.matcher(text)
  let result = ''
  let copied = 0
  let from = 0
  const add = (piece: string) => {
    result += piece
    if (result.length > limit) throw new RangeError(`the result has more than ${limit} characters`)
  }
  while (from <= text.length && matcher.find(from)) {
    const [start, end] = [matcher.start(), matcher.end()]
    add(text.slice(copied, start))
    if (end > copied || start === 0) for (const part of parts) add(expand(part, matcher))
    copied = end
    from = end > from ? end : from + ((text.codePointAt(from) ?? 0) > 0xffff ? 2 : 1)
  }
  add(text.slice(copied))
  return result
}

type ReplacementPart = string | { readonly group: string }

function replacementParts(replacement: string): ReplacementPart[] {
  const parts: ReplacementPart[] = []
  let last = 0
  for (const found of replacement.matchAll(/\$(?:(\$)|([\p{L}\p{Nd}_]+)|\{([\p{L}\p{Nd}_]+)\})/gu)) {
    const [whole, dollar, bare, braced] = found
    parts.push(replacement.slice(last, found.index), dollar ?? { group: bare ?? braced ?? '' })
    last = found.index + whole.length
  }
  return [...parts, replacement.slice(last)]
}

function expand(part: ReplacementPart, matcher: Matcher): string {
  if (typeof part === 'string') return part
  if (/^\d+$/.test(part.group)) {
    const index = Number(part.group)
    return index <= matcher.groupCount() ? (matcher.group(index) ?? '') : ''
  }
  const named = matcher.pattern().namedGroups()
  return Object.hasOwn(named, part.group) ? (matcher.group(named[part.group]) ?? '') : ''
}
