import { equalsAny, isLess } from './compare.ts'
import { escapeHtml, escapeJs, escapeQuery } from './escape.ts'
import { LONGEST_TEXT, sprint, sprintf, sprintln } from './printf.ts'
import {
  int,
  type TemplateFunction,
  type Text,
  templateFunction,
  text,
  truth,
  type Value,
  variadicFunction,
} from './value.ts'

/** The functions every template has, but for `and`, `or` and `call`, which need more than their values. */
export const BUILTINS: ReadonlyMap<string, TemplateFunction> = new Map([
  ['not', templateFunction(['value'], (value) => !truth(value))],
  ['len', templateFunction(['value'], lengthOf)],
  [
    'index',
    variadicFunction(['value'], 'value', (value, ...indexes) => indexes.reduce(indexInto, checkIndexed(value))),
  ],
  ['slice', variadicFunction(['value'], 'value', (value, ...bounds) => sliceOf(value, bounds))],
  ['print', variadicFunction([], 'value', (...values) => bounded(sprint(values)))],
  ['println', variadicFunction([], 'value', (...values) => bounded(sprintln(values)))],
  ['printf', variadicFunction(['text'], 'value', (format, ...values) => bounded(sprintf(format, values)))],
  ['html', variadicFunction([], 'value', (...values) => escapeHtml(joined(values)))],
  ['js', variadicFunction([], 'value', (...values) => escapeJs(joined(values)))],
  ['urlquery', variadicFunction([], 'value', (...values) => escapeQuery(joined(values)))],
  ['eq', variadicFunction(['value'], 'value', (first, ...others) => equalsAny(first, others))],
  ['ne', templateFunction(['value', 'value'], (a, b) => !equalsAny(a, [b]))],
  ['lt', templateFunction(['value', 'value'], isLess)],
  ['le', templateFunction(['value', 'value'], isAtMost)],
  ['gt', templateFunction(['value', 'value'], (a, b) => !isAtMost(a, b))],
  ['ge', templateFunction(['value', 'value'], (a, b) => !isLess(a, b))],
])

function isAtMost(a: Value, b: Value): boolean {
  return isLess(a, b) || equalsAny(a, [b])
}

/** What html, js and urlquery escape: one string as it is, anything else as `print` shows it. */
function joined(values: readonly Value[]): string {
  const shown = values.map((value) => (isMissing(value) ? text('<no value>') : value))
  return bounded(sprint(shown))
}

function bounded(result: string): string {
  if (result.length > LONGEST_TEXT) throw new Error(`the text has more than ${LONGEST_TEXT} characters`)
  return result
}

function isMissing(value: Value): boolean {
  return value.kind === 'none' || (value.kind === 'nil' && value.type === 'interface {}')
}

function lengthOf(value: Value): number {
  if (value.kind === 'text') return isAscii(value.value) ? value.value.length : Buffer.byteLength(value.value)
  if (value.kind === 'list') return value.length
  if (value.kind === 'dict') return value.keys().length
  throw new Error(`len of type ${value.type}`)
}

function checkIndexed(value: Value): Value {
  if (isMissing(value)) throw new Error('index of untyped nil')
  return value
}

function indexInto(value: Value, index: Value): Value {
  switch (value.kind) {
    case 'list':
      return value.at(indexWithin(index, value.length - 1))
    case 'text': {
      const bytes = Buffer.from(value.value)
      return int(bytes[indexWithin(index, bytes.length - 1)]!, { type: 'uint8' })
    }
    case 'dict':
      if (index.kind !== 'text') throw new Error(`a map of strings cannot be indexed by ${index.type}`)
      return value.get(index.value) ?? value.zero
    default:
      throw new Error(value.kind === 'nil' ? 'index of nil pointer' : `can't index item of type ${value.type}`)
  }
}

function indexWithin(index: Value, last: number): number {
  if (index.kind !== 'int') throw new Error(`cannot index slice/array with type ${index.type}`)
  if (index.value < 0n || index.value > last) throw new Error(`index out of range: ${index.value}`)
  return Number(index.value)
}

/** As item[i:j]; bounds count bytes of strings. */
function sliceOf(value: Value, bounds: readonly Value[]): Value {
  if (isMissing(value)) throw new Error('slice of untyped nil')
  if (value.kind !== 'text' && value.kind !== 'list') throw new Error(`can't slice item of type ${value.type}`)
  if (bounds.length > (value.kind === 'text' ? 2 : 3)) throw new Error(`too many slice indexes: ${bounds.length}`)
  const length = lengthOf(value)
  const [start = 0, end = length, capacity = length] = bounds.map((bound) => indexWithin(bound, length))
  if (start > end || end > capacity)
    throw new Error(`invalid slice index: ${Math.max(start, end)} > ${Math.min(end, capacity)}`)
  return value.kind === 'list' ? value.slice(start, end) : sliceText(value, start, end)
}

function sliceText(value: Text, start: number, end: number): Value {
  const shown = isAscii(value.value)
    ? value.value.slice(start, end)
    : Buffer.from(value.value).subarray(start, end).toString()
  return text(shown, { type: value.type })
}

function isAscii(value: string): boolean {
  return /^[\0-\x7f]*$/.test(value)
}
