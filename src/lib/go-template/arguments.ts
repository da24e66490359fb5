import { type Instant, nil, type ParamKind, type ParamTypes, stringOf, type Value } from './value.ts'

/** What a parameter of the kind gets for the value. Throws when the value is of another type. */
export function argument(value: Value, param: ParamKind): ParamTypes[ParamKind] {
  const converted = CONVERT[param](value)
  if (converted !== undefined) return converted
  if (value.kind === 'none') throw new Error(`there is no value; expected ${NAMES[param]}`)
  throw new Error(`wrong type for value; expected ${NAMES[param]}; got ${value.type}`)
}

const CONVERT: { [Kind in ParamKind]: (value: Value) => ParamTypes[Kind] | undefined } = {
  value: (value) => (value.kind === 'none' ? nil : value),
  text: (value) => (value.kind === 'text' ? value.value : stringOf(value)),
  int: (value) => {
    if (value.kind === 'float' && Number.isInteger(value.value)) return BigInt(value.value)
    return value.kind === 'int' ? value.value : undefined
  },
  time: (value): Instant | undefined => (value.kind === 'struct' ? value.instant : undefined),
}
const NAMES: Record<ParamKind, string> = { value: 'any value', text: 'string', int: 'int', time: 'time.Time' }
