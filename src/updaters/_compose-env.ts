/** Where a text stands in a file, character by character (UTF-16 units), so that it can be replaced there. */
export interface Place {
  readonly file: string
  readonly start: number
  readonly end: number
}

/** A piece of a value after its variables were filled in. */
export interface Segment {
  readonly text: string
  /** Undefined where the text cannot be replaced; `why` says the reason then. */
  readonly place: Place | undefined
  readonly why: string | undefined
  /** The variables through which it came, outermost first; empty for text of the value itself. */
  readonly variables: readonly string[]
}

/** One `NAME=value` of an env file; the last one of a name counts. */
export interface Definition {
  readonly name: string
  /** As it is once quotes and escapes are gone, variables still in it. */
  readonly value: string
  readonly place: Place | undefined
  /** Single quotes keep `$` as it is. */
  readonly isLiteral: boolean
}

/** Where variables of one set of compose files come from. */
export interface Scope {
  /** Goes before every file, as with the compose command line. */
  readonly environment: Readonly<Record<string, string | undefined>>
  /** Env files, those that count most first; what a group holds is one after the other, the last definition counting. */
  readonly groups: readonly (readonly Definition[])[]
}

/** A text that may hold variables. */
export interface Source {
  readonly text: string
  readonly place: Place | undefined
  readonly why?: string
}

const LINE = /(?:export[ \t]+)?([A-Za-z_][\w.[\]-]*)[ \t]*[=:][ \t]*/y
const ESCAPES: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t' }

/** Reads an env file the way compose does (compose-go, dotenv): `export`, comments, quotes, values over several lines. */
export function readEnvFile(text: string, file: string): Definition[] {
  const found: Definition[] = []
  for (let at = text.startsWith('\uFEFF') ? 1 : 0; at < text.length; ) {
    at = skipBlank(text, at)
    LINE.lastIndex = at
    const match = LINE.exec(text)
    if (match === null) {
      at = endOfLine(text, at) + 1
      continue
    }
    const { definition, end } = readValue({ text, file, name: match[1]!, at: LINE.lastIndex })
    found.push(definition)
    at = endOfLine(text, end) + 1
  }
  return found
}

/** What a name stands for here; undefined where nothing defines it. */
export function lookUp(scope: Scope, name: string): Definition | { readonly outside: string } | undefined {
  const outside = scope.environment[name]
  if (outside !== undefined) return { outside }
  for (const group of scope.groups) {
    const definition = group.findLast((candidate) => candidate.name === name)
    if (definition !== undefined) return definition
  }
  return undefined
}

/** The text as compose would see it, in pieces that know where they come from. `$$` is a dollar sign. */
export function interpolate(source: Source, scope: Scope, via: readonly string[] = []): Segment[] {
  const segments: Segment[] = []
  const keep = (start: number, end: number) => {
    if (end > start) segments.push(literal(source, start, end, via))
  }
  let from = 0
  for (let at = source.text.indexOf('$'); at !== -1; at = source.text.indexOf('$', from)) {
    const use = readUse(source.text, at)
    keep(from, at)
    from = use?.end ?? at + 1
    if (use === undefined) keep(at, at + 1)
    else if (use.name === '$') segments.push({ text: '$', place: undefined, why: 'it is an escaped $', variables: via })
    else segments.push(...expand(source, use, scope, via))
  }
  keep(from, source.text.length)
  return segments
}

/** The value without its places. */
export function textOf(segments: readonly Segment[]): string {
  return segments.map(({ text }) => text).join('')
}

interface Use {
  readonly name: string
  /** `:-`, `-`, `:+`, `+`, `:?`, `?` or nothing. */
  readonly operator: string
  /** Where the text behind the operator begins and ends. */
  readonly rest: readonly [number, number]
  readonly end: number
}

function readUse(text: string, at: number): Use | undefined {
  if (text[at + 1] === '$') return { name: '$', operator: '', rest: [at, at], end: at + 2 }
  const [, bare] = /^([A-Za-z_]\w*)/.exec(text.slice(at + 1)) ?? []
  if (bare !== undefined) return { name: bare, operator: '', rest: [at, at], end: at + 1 + bare.length }
  const [head, name, operator] = /^\{([A-Za-z_]\w*)(:?[-+?])?/.exec(text.slice(at + 1)) ?? []
  const close = head === undefined ? -1 : closingBrace(text, at + 1)
  if (head === undefined || name === undefined || close === -1) return undefined
  const start = at + 1 + head.length
  if (operator === undefined && start !== close) return undefined
  return { name, operator: operator ?? '', rest: [start, close], end: close + 1 }
}

function closingBrace(text: string, open: number): number {
  let depth = 0
  for (let at = open; at < text.length; at++) {
    if (text[at] === '{') depth++
    if (text[at] === '}' && --depth === 0) return at
  }
  return -1
}

function expand(source: Source, { name, operator, rest }: Use, scope: Scope, via: readonly string[]): Segment[] {
  const chain = [...via, name]
  const found = via.includes(name) ? undefined : definedText(name, scope, chain)
  const isSet = found !== undefined && (!operator.startsWith(':') || textOf(found) !== '')
  const wantsRest = operator.endsWith('-') ? !isSet : operator.endsWith('+') && isSet
  if (wantsRest) return interpolate(part(source, ...rest), scope, via)
  return operator.endsWith('+') ? [] : (found ?? [])
}

function definedText(name: string, scope: Scope, chain: readonly string[]): Segment[] | undefined {
  const found = lookUp(scope, name)
  if (found === undefined) return undefined
  if ('outside' in found) {
    const why = `${name} is set in the environment of this process, outside of the files`
    return [{ text: found.outside, place: undefined, why, variables: chain }]
  }
  const { value, place, isLiteral } = found
  const source: Source = { text: value, place, why: `${name} is written with escapes` }
  return isLiteral ? [literal(source, 0, value.length, chain)] : interpolate(source, scope, chain)
}

function literal(source: Source, start: number, end: number, variables: readonly string[]): Segment {
  const { text, place, why } = part(source, start, end)
  return { text, place, why: place === undefined ? why : undefined, variables }
}

function part({ text, place, why }: Source, start: number, end: number): Source {
  return {
    text: text.slice(start, end),
    place: place && { file: place.file, start: place.start + start, end: place.start + end },
    ...(why === undefined ? {} : { why }),
  }
}

interface ValueAt {
  readonly text: string
  readonly file: string
  readonly name: string
  readonly at: number
}

function readValue({ text, file, name, at }: ValueAt): { definition: Definition; end: number } {
  const quote = text[at]
  const close = quote === "'" || quote === '"' ? closingQuote(text, at) : -1
  if (close === -1) {
    const line = text.slice(at, endOfLine(text, at))
    const value = (line.startsWith('#') ? '' : line.replace(/\s+#.*$/, '')).trimEnd()
    const place = { file, start: at, end: at + value.length }
    return { definition: { name, value, place, isLiteral: false }, end: place.end }
  }
  const raw = text.slice(at + 1, close)
  const place = { file, start: at + 1, end: close }
  const value = raw.replace(/\\(.)/g, (_, letter: string) =>
    quote === "'" ? `\\${letter}` : (ESCAPES[letter] ?? letter),
  )
  const definition = { name, value, place: value === raw ? place : undefined, isLiteral: quote === "'" }
  return { definition, end: close + 1 }
}

function closingQuote(text: string, open: number): number {
  for (let at = open + 1; at < text.length; at++) {
    if (text[at] === text[open]) return at
    if (text[at] === '\\') at++
  }
  return -1
}

function skipBlank(text: string, from: number): number {
  const blank = /\s*/y
  blank.lastIndex = from
  blank.exec(text)
  return blank.lastIndex
}

function endOfLine(text: string, from: number): number {
  const end = text.indexOf('\n', from)
  return end === -1 ? text.length : end
}
