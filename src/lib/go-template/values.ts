import { compareText } from './compare.ts'
import { timeValue } from './time.ts'
import {
  bool,
  dict,
  float,
  func,
  int,
  isValue,
  list,
  nil,
  nilPointer,
  structure,
  type TemplateFunction,
  templateFunction,
  text,
  type Value,
} from './value.ts'

/** Methods of a value by their Go names; one without arguments may be a plain function. */
export type Methods = Readonly<Record<string, (() => unknown) | TemplateFunction>>

/** A struct: a field that is not there is an error. A type that begins with `*` is a pointer to one. With a String method it prints as that. */
export function struct(type: string, fields: Readonly<Record<string, unknown>>, methods: Methods = {}): Value {
  return structure({
    type,
    fields: Object.keys(fields),
    field: (name) => (Object.hasOwn(fields, name) ? toValue(fields[name]) : undefined),
    ...methodsOf(methods),
  })
}

/** A map. `index` gives for a key that is not there an empty string, or no value when the map is made of `any` values. */
export function mapOf(
  record: Readonly<Record<string, unknown>> | null | undefined,
  element: 'string' | 'any' = 'string',
): Value {
  const entries = record ?? {}
  let keys: readonly string[] | undefined
  return dict({
    type: element === 'string' ? 'map[string]string' : 'map[string]interface {}',
    keys() {
      keys ??= Object.keys(entries).sort(compareText)
      return keys
    },
    get: (key) => (Object.hasOwn(entries, key) ? toValue(entries[key]) : undefined),
    zero: element === 'string' ? text('') : nil,
  })
}

/** A string of a named type, such as a digest: works wherever a string does. */
export function namedString(type: string, value: string, methods: Methods = {}): Value {
  return text(value, { type, ...methodsOf(methods) })
}

/** A value of which only the text can be seen. */
export function stringer(type: string, toText: () => string): Value {
  return struct(type, {}, { String: toText })
}

export interface TimeOptions {
  /** IANA names. The zone it is shown in (UTC unless given), and the one that `.Local` changes to (that of the process unless given). */
  readonly zone?: string
  readonly localZone?: string
}

/** A pointer to a time, with the methods of Go's time.Time; null is an empty pointer, which is false and has no methods. A bigint is in nanoseconds since 1970. */
export function time(at: Date | bigint | null | undefined, { zone = 'UTC', localZone }: TimeOptions = {}): Value {
  if (at === null || at === undefined) return nilPointer('*time.Time')
  const nanoseconds = typeof at === 'bigint' ? at : BigInt(at.getTime()) * 1_000_000n
  return timeValue({ nanoseconds, zone, local: localZone }, '*time.Time')
}

/** Raw bytes: `%s` shows them as text, printing them as numbers. */
export function bytes(data: Uint8Array): Value {
  return list({
    type: '[]uint8',
    length: data.length,
    at: (index) => int(data[index] ?? 0, { type: 'uint8' }),
    slice: (start, end) => bytes(data.subarray(start, end)) as ReturnType<typeof list>,
    bytes: data,
  })
}

/** A function for `call`. */
export function callable(run: TemplateFunction): Value {
  return func(run)
}

/**
 * What a template sees of a JavaScript value: strings, numbers, booleans, dates, byte arrays, lists and plain objects, whose own keys
 * become those of a map. Throws for everything else, so that nothing leaks that was not meant to be shown.
 */
export function toValue(input: unknown): Value {
  if (isValue(input)) return input
  switch (typeof input) {
    case 'undefined':
      return nil
    case 'string':
      return text(input)
    case 'boolean':
      return bool(input)
    case 'bigint':
      return int(input)
    case 'number':
      return Number.isSafeInteger(input) && !Object.is(input, -0) ? int(input) : float(input)
    case 'object':
      return input === null ? nil : fromObject(input)
    default:
      throw new TypeError(`a ${typeof input} cannot be used in a template`)
  }
}

function fromObject(input: object): Value {
  if (Array.isArray(input)) return listOf(input)
  if (input instanceof Date) return time(input)
  if (input instanceof Uint8Array) return bytes(input)
  const prototype: unknown = Object.getPrototypeOf(input)
  if (prototype !== null && prototype !== Object.prototype)
    throw new TypeError('an object of a class cannot be used in a template')
  const items = Object.values(input)
  const isText = items.length > 0 && items.every((item) => typeof item === 'string')
  return mapOf(input as Record<string, unknown>, isText ? 'string' : 'any')
}

function listOf(items: readonly unknown[]): ReturnType<typeof list> {
  const isText = items.length > 0 && items.every((item) => typeof item === 'string')
  return list({
    type: isText ? '[]string' : '[]interface {}',
    length: items.length,
    at: (index) => toValue(items[index]),
    slice: (start, end) => listOf(items.slice(start, end)),
  })
}

function methodsOf(methods: Methods): { method: (name: string) => TemplateFunction | undefined } {
  return {
    method(name) {
      const method = Object.hasOwn(methods, name) ? methods[name] : undefined
      return typeof method === 'function' ? templateFunction([], method) : method
    },
  }
}
