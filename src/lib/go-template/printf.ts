import { badVerb, display, formatValue } from './format-value.ts'
import { PLAIN, type Spec } from './spec.ts'
import type { Value } from './value.ts'

/** The longest text that one call may make. */
export const LONGEST_TEXT = 1 << 20

/** As fmt.Sprintf (https://pkg.go.dev/fmt), argument indexes and Go's texts for wrong directives included. */
export function sprintf(format: string, values: readonly Value[]): string {
  const state: Reading = { format, at: 0, values, next: 0, reordered: false, goodIndex: true, afterIndex: false }
  let result = ''
  while (state.at < format.length) {
    const percent = format.indexOf('%', state.at)
    const end = percent < 0 ? format.length : percent
    result += format.slice(state.at, end)
    state.at = end
    if (percent >= 0) result += directive(state)
    if (result.length > LONGEST_TEXT) throw new Error(`the text has more than ${LONGEST_TEXT} characters`)
  }
  return state.reordered || state.next >= values.length ? result : result + extra(values.slice(state.next))
}

/** As fmt.Sprint: a space between two operands when neither is a string. */
export function sprint(values: readonly Value[]): string {
  return values.map((value, index) => (needsSpace(values[index - 1], value) ? ' ' : '') + display(value)).join('')
}

/** As fmt.Sprintln. */
export function sprintln(values: readonly Value[]): string {
  return `${values.map(display).join(' ')}\n`
}

function needsSpace(before: Value | undefined, value: Value): boolean {
  return before !== undefined && before.kind !== 'text' && value.kind !== 'text'
}

interface Reading {
  readonly format: string
  at: number
  readonly values: readonly Value[]
  next: number
  /** An index was used, so left-over arguments are no mistake. */
  reordered: boolean
  goodIndex: boolean
  afterIndex: boolean
}

type Draft = { -readonly [Key in keyof Spec]: Spec[Key] }

function directive(state: Reading): string {
  const spec: Draft = { ...PLAIN, verb: '' }
  state.at++
  state.goodIndex = true
  state.afterIndex = false
  readFlags(state, spec)
  readIndex(state)
  const problems = readWidth(state, spec) + readPrecision(state, spec)
  if (!state.afterIndex) readIndex(state)
  const code = state.format.codePointAt(state.at)
  if (code === undefined) return `${problems}%!(NOVERB)`
  spec.verb = String.fromCodePoint(code)
  state.at += spec.verb.length
  return problems + verbText(state, spec)
}

function verbText(state: Reading, spec: Draft): string {
  if (spec.verb === '%') return '%'
  if (!state.goodIndex) return `%!${spec.verb}(BADINDEX)`
  const value = state.values[state.next]
  if (!value) return `%!${spec.verb}(MISSING)`
  state.next++
  if (spec.verb === 'w' || spec.verb === 'p') return badVerb(value, spec)
  if (spec.verb === 'v') {
    Object.assign(spec, { sharpV: spec.sharp, plusV: spec.plus, sharp: false, plus: false })
  }
  return formatValue(value, spec)
}

const FLAGS: Record<string, 'minus' | 'plus' | 'sharp' | 'space' | 'zero'> = {
  '-': 'minus',
  '+': 'plus',
  '#': 'sharp',
  ' ': 'space',
  '0': 'zero',
}

function readFlags(state: Reading, spec: Draft) {
  for (;;) {
    const flag = FLAGS[state.format[state.at] ?? '']
    if (!flag) break
    spec[flag] = true
    state.at++
  }
  if (spec.minus) spec.zero = false
}

/** `[n]`: which argument comes next. */
function readIndex(state: Reading) {
  state.afterIndex = false
  if (state.format[state.at] !== '[') return
  state.reordered = true
  const close = state.format.indexOf(']', state.at)
  const inner = close < 0 ? '' : state.format.slice(state.at + 1, close)
  state.at = close < 0 ? state.at + 1 : close + 1
  const index = /^\d{1,7}$/.test(inner) ? Number(inner) - 1 : -1
  if (index >= 0 && index < state.values.length) {
    state.next = index
    state.afterIndex = true
  } else {
    state.goodIndex = false
  }
}

function readWidth(state: Reading, spec: Draft): string {
  if (state.format[state.at] !== '*') {
    spec.width = readNumber(state)
    if (state.afterIndex && spec.width !== undefined) state.goodIndex = false
    return ''
  }
  const width = readStar(state)
  if (width === undefined) return '%!(BADWIDTH)'
  spec.width = Math.abs(width)
  if (width < 0) Object.assign(spec, { minus: true, zero: false })
  return ''
}

function readPrecision(state: Reading, spec: Draft): string {
  if (state.format[state.at] !== '.') return ''
  state.at++
  if (state.afterIndex) state.goodIndex = false
  readIndex(state)
  if (state.format[state.at] !== '*') {
    spec.precision = readNumber(state) ?? 0
    return ''
  }
  const precision = readStar(state)
  if (precision !== undefined && precision >= 0) spec.precision = precision
  return precision === undefined || precision < 0 ? '%!(BADPREC)' : ''
}

const LARGEST = 1_000_000

function readNumber(state: Reading): number | undefined {
  const digits = /^\d+/.exec(state.format.slice(state.at, state.at + 20))?.[0]
  if (digits === undefined) return undefined
  state.at = Number(digits) > LARGEST ? state.format.length : state.at + digits.length
  return Number(digits) > LARGEST ? undefined : Number(digits)
}

function readStar(state: Reading): number | undefined {
  state.at++
  state.afterIndex = false
  const value = state.values[state.next]
  if (value) state.next++
  if (value?.kind !== 'int' || value.value > LARGEST || value.value < -LARGEST) return undefined
  return Number(value.value)
}

function extra(values: readonly Value[]): string {
  const shown = values.map((value) =>
    value.kind === 'nil' || value.kind === 'none' ? '<nil>' : `${value.type}=${formatValue(value, PLAIN)}`,
  )
  return `%!(EXTRA ${shown.join(', ')})`
}
