export type Environment = Readonly<Record<string, string | undefined>>

export interface Expansion {
  readonly text: string
  /** Names that are not set and for which nothing else was given: they became empty. */
  readonly unset: readonly string[]
  /** Texts of `${NAME:?text}` whose variable is missing, and what could not be read. */
  readonly problems: readonly string[]
}

const DEEPEST = 50
const NAME = /[A-Za-z_][A-Za-z0-9_]*/y
const OPERATOR = /:?[-?+]/y

/**
 * Fills in variables: `${NAME}`, `${NAME:-text}` (when unset or empty), `${NAME-text}` (when unset), `${NAME:?text}` and
 * `${NAME?text}` (a problem instead), `${NAME:+text}` and `${NAME+text}` (when it is there); texts may hold further ones.
 * `$${` is a plain `${`. Nothing else is touched: `$x`, `$1`, `{{ $x }}`, `$$`, and `${…}` around what is no name.
 * (The forms are those of Compose files and the POSIX shell.) Takes linear time.
 */
export function expandVariables(text: string, env: Environment): Expansion {
  if (!text.includes('${')) return { text, unset: [], problems: [] }
  const unset: string[] = []
  const problems: string[] = []
  const run: Run = { text, env, closes: matchBraces(text), unset, problems }
  return { text: expandRange(run, { from: 0, to: text.length, depth: 0 }), unset, problems }
}

interface Run {
  readonly text: string
  readonly env: Environment
  /** For each `${`, by the index of its `$`, where its `}` is. */
  readonly closes: ReadonlyMap<number, number>
  readonly unset: string[]
  readonly problems: string[]
}

interface Range {
  readonly from: number
  readonly to: number
  readonly depth: number
}

function matchBraces(text: string): Map<number, number> {
  const closes = new Map<number, number>()
  const open: { at: number; isVariable: boolean }[] = []
  for (const { 0: token, index } of text.matchAll(/\$?\$\{|[{}]/g)) {
    const isVariable = token === '${'
    if (token === '}') {
      const last = open.pop()
      if (last?.isVariable) closes.set(last.at, index)
      // A plain brace inside a default still has to be closed.
    } else if (isVariable || open.length > 0) open.push({ at: index, isVariable })
  }
  return closes
}

function expandRange(run: Run, { from, to, depth }: Range): string {
  const parts: string[] = []
  let at = from
  while (at < to) {
    const dollar = run.text.indexOf('${', at)
    if (dollar < 0 || dollar >= to) break
    if (dollar > at && run.text[dollar - 1] === '$') {
      parts.push(run.text.slice(at, dollar - 1), '${')
      at = dollar + 2
      continue
    }
    parts.push(run.text.slice(at, dollar))
    const close = run.closes.get(dollar)
    const value = close === undefined ? undefined : expandOne(run, { from: dollar + 2, to: close, depth })
    parts.push(value ?? '${')
    at = value === undefined ? dollar + 2 : close! + 1
  }
  parts.push(run.text.slice(at, to))
  return parts.join('')
}

/** The value of what stands between `${` and `}`; undefined when that is no variable. */
function expandOne(run: Run, range: Range): string | undefined {
  const name = matchAt(NAME, run.text, range.from)
  const after = range.from + name.length
  if (name === '' || after > range.to) return undefined
  if (after === range.to) return plain(run, name)
  const operator = matchAt(OPERATOR, run.text, after)
  if (operator === '') return undefined
  if (range.depth >= DEEPEST) {
    run.problems.push(`variables are nested more than ${DEEPEST} deep`)
    return ''
  }
  return operate(run, { name, operator }, { ...range, from: after + operator.length, depth: range.depth + 1 })
}

function plain(run: Run, name: string): string {
  const value = run.env[name]
  if (value === undefined) run.unset.push(name)
  return value ?? ''
}

function operate(run: Run, { name, operator }: { name: string; operator: string }, rest: Range): string {
  const value = run.env[name]
  const given = value !== undefined && !(operator.startsWith(':') && value === '')
  if (operator.endsWith('+')) return given ? expandRange(run, rest) : ''
  if (given) return value
  if (operator.endsWith('-')) return expandRange(run, rest)
  const message = expandRange(run, rest)
  run.problems.push(`needs the variable ${name}${message === '' ? '' : `: ${message}`}`)
  return ''
}

function matchAt(pattern: RegExp, text: string, at: number): string {
  const sticky = new RegExp(pattern, 'y')
  sticky.lastIndex = at
  return sticky.exec(text)?.[0] ?? ''
}
