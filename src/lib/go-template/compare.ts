import type { Value } from './value.ts'

/** Whether the first value equals one of the others. Throws when two of them are of different kinds. */
export function equalsAny(first: Value, others: readonly Value[]): boolean {
  if (others.length === 0) throw new Error('missing argument for comparison')
  return others.some((other) => equals(first, other))
}

/** Whether a comes before b; only numbers and strings have an order, and only among their own kind. */
export function isLess(a: Value, b: Value): boolean {
  if (!isBasic(a) || !isBasic(b)) throw new Error(`invalid type for comparison: ${isBasic(a) ? b.type : a.type}`)
  if (a.kind === 'int' && b.kind === 'int') return a.value < b.value
  if (a.kind === 'float' && b.kind === 'float') return a.value < b.value
  if (a.kind === 'text' && b.kind === 'text') return compareText(a.value, b.value) < 0
  if (a.kind === 'bool' && b.kind === 'bool') throw new Error('invalid type for comparison: bool')
  throw incompatible(a, b)
}

/** The order of the UTF-8 bytes, which is that of the code points. */
export function compareText(a: string, b: string): number {
  let at = 0
  while (at < a.length && at < b.length && a[at] === b[at]) at++
  if (at === a.length || at === b.length) return a.length - b.length
  const [x, y] = [a.charCodeAt(at), b.charCodeAt(at)]
  return rank(x) - rank(y)
}

/** Surrogates stand for the highest code points, although their numbers are lower than some of others. */
function rank(unit: number): number {
  return unit >= 0xd800 && unit <= 0xdfff ? unit + 0x10000 : unit
}

function equals(a: Value, b: Value): boolean {
  if (isBasic(a) && a.kind === b.kind) return a.value === (b as typeof a).value
  if (a.kind === 'none' || b.kind === 'none') return a.kind === b.kind || isNil(a) === isNil(b)
  if (isBasic(a) || isBasic(b)) {
    if (isUntypedNil(a) || isUntypedNil(b)) return false
    throw incompatible(a, b)
  }
  if (isNil(a) || isNil(b)) return isNil(a) === isNil(b)
  if (a.kind !== b.kind) throw incompatible(a, b)
  if (a.kind === 'list' || a.kind === 'dict' || a.kind === 'func') throw new Error(`non-comparable type: ${a.type}`)
  return a === b
}

type Basic = Extract<Value, { kind: 'bool' | 'int' | 'float' | 'text' }>

function isBasic(value: Value): value is Basic {
  return value.kind === 'bool' || value.kind === 'int' || value.kind === 'float' || value.kind === 'text'
}

function isNil(value: Value): boolean {
  return value.kind === 'nil' || value.kind === 'none'
}

function isUntypedNil(value: Value): boolean {
  return value.kind === 'nil' && value.type === 'interface {}'
}

function incompatible(a: Value, b: Value): Error {
  return new Error(`incompatible types for comparison: ${a.type} and ${b.type}`)
}
