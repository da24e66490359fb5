/** Where something was written: in the file, in a variable, or nowhere (a default). Line and column count from 1. */
export interface Place {
  readonly file?: string | undefined
  readonly line?: number | undefined
  readonly column?: number | undefined
  readonly variable?: string | undefined
}

/** What is wrong with the config (`error`), or worth knowing (`note`). Never holds the value of a secret. */
export interface ConfigProblem extends Place {
  readonly severity: 'error' | 'note'
  /** `notif.mail.port`, `regopts[0].name`; empty for the whole file. */
  readonly path: string
  /** A whole sentence. */
  readonly message: string
  /** What to do about it, a whole sentence. */
  readonly suggestion?: string | undefined
}

export type Note = ConfigProblem & { readonly severity: 'note' }

/** Collects; nothing is thrown until everything has been looked at. */
export interface Findings {
  readonly list: ConfigProblem[]
  error(found: Found): void
  note(found: Found): void
}

export interface Found {
  readonly place: Place
  readonly path: string
  readonly message: string
  readonly suggestion?: string | undefined
}

export function createFindings(): Findings {
  const list: ConfigProblem[] = []
  const add = (severity: 'error' | 'note', { place, ...found }: Found) => {
    list.push({ severity, ...place, ...found })
  }
  return { list, error: (found) => add('error', found), note: (found) => add('note', found) }
}

/** As one reads the file; then the variables. */
export function inOrder(problems: readonly ConfigProblem[]): ConfigProblem[] {
  const rank = ({ line, column }: ConfigProblem) => (line ?? 1e9) * 1e4 + Math.min(column ?? 0, 9999)
  return problems.toSorted((a, b) => rank(a) - rank(b))
}

/** The same as `describeProblem`, with `note:` before what is no error. */
export function formatProblem(problem: ConfigProblem): string {
  return oneLine(problem, problem.severity === 'note' ? 'note: ' : '')
}

/** `seaworthy.yml:12:3: notif.mail.prot is not known here. Did you mean port?` */
export function describeProblem(problem: ConfigProblem): string {
  return oneLine(problem, '')
}

function oneLine(problem: ConfigProblem, mark: string): string {
  const { message, suggestion } = problem
  const place = formatPlace(problem)
  return `${place === '' ? '' : `${place}: `}${mark}${message}${suggestion === undefined ? '' : ` ${suggestion}`}`
}

/** `seaworthy.yml:12:3`, or the variable's name. */
function formatPlace({ file, line, column, variable }: Place): string {
  if (variable !== undefined) return variable
  return [file, line, column].filter((part) => part !== undefined).join(':')
}

/** `notif.mail`, 0, `port` → `notif.mail[0].port`. */
export function joinPath(base: string, ...steps: readonly PropertyKey[]): string {
  return steps.reduce<string>((path, step) => {
    if (typeof step === 'number') return `${path}[${step}]`
    return path === '' ? String(step) : `${path}.${String(step)}`
  }, base)
}

/** The known word that was most likely meant; undefined when none is near. Capitals, `_` and `-` do not count. */
export function nearest(word: string, known: Iterable<string>): string | undefined {
  const wanted = fold(word)
  let best: { name: string; distance: number } | undefined
  for (const name of known) {
    const distance = editDistance(wanted, fold(name))
    const near = distance <= Math.max(1, Math.floor(Math.max(wanted.length, name.length) / 3))
    if (near && (best === undefined || distance < best.distance)) best = { name, distance }
  }
  return best?.name
}

/** `Did you mean port?`, or what there is when nothing is near and the list is short. */
export function suggest(word: string, known: readonly string[]): string | undefined {
  const near = nearest(word, known)
  if (near !== undefined) return `Did you mean ${near}?`
  return known.length > 0 && known.length <= 12 ? `Known here: ${known.join(', ')}.` : undefined
}

const LONGEST_WORD = 60

function fold(word: string): string {
  return word.slice(0, LONGEST_WORD).toLowerCase().replaceAll(/[_-]/g, '')
}

/** Insertions, deletions, replacements and swaps of neighbours (optimal string alignment). */
function editDistance(a: string, b: string): number {
  let before: number[] = []
  let last = Array.from({ length: b.length + 1 }, (_, index) => index)
  for (let i = 1; i <= a.length; i += 1) {
    const row = [i]
    for (let j = 1; j <= b.length; j += 1) {
      const same = a[i - 1] === b[j - 1] ? 0 : 1
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]
      row[j] = Math.min(last[j]! + 1, row[j - 1]! + 1, last[j - 1]! + same, swapped ? before[j - 2]! + 1 : Infinity)
    }
    before = last
    last = row
  }
  return last[b.length]!
}
