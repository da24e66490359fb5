import { formatFloat, formatInt } from './format-number.ts'
import { canBackquote, quote } from './quote.ts'
import { PLAIN, pad, type Spec } from './spec.ts'
import { type Dict, isValue, type List, type Nil, type None, none, type Struct, stringOf, type Value } from './value.ts'

const DEEPEST = 50

/** A value as the verb of the spec prints it; a verb that is not for it gives Go's `%!d(string=x)`. */
export function formatValue(value: Value, spec: Spec, depth = 0): string {
  if (depth > DEEPEST) throw new Error(`data nested deeper than ${DEEPEST} levels cannot be printed`)
  if (spec.verb === 'T') return pad(truncate(isUntypedNil(value) ? '<nil>' : value.type, spec), spec)
  const source = spec.sharpV ? sourceOf(value) : undefined
  if (source !== undefined) return pad(truncate(source, spec), spec)
  const said = !spec.sharpV && 'vsxXq'.includes(spec.verb) ? stringOf(value) : undefined
  if (said !== undefined) return formatText(said, spec)!
  return formatPlain(value, spec, depth) ?? badVerb(value, spec)
}

/** The `%!d(string=x)` of a verb that the value does not know. */
export function badVerb(value: Value, spec: Spec): string {
  if (isUntypedNil(value)) return `%!${spec.verb}(<nil>)`
  const shown = formatPlain(value, { ...spec, verb: 'v' }, 0) ?? ''
  return `%!${spec.verb}(${value.type}=${shown})`
}

/** What the GoString method says. */
function sourceOf(value: Value): string | undefined {
  const said = value.method?.('GoString')?.call()
  return isValue(said) && said.kind === 'text' ? said.value : undefined
}

function isUntypedNil(value: Value): boolean {
  return value.kind === 'none' || (value.kind === 'nil' && value.type === 'interface {}')
}

function formatPlain(value: Value, spec: Spec, depth: number): string | undefined {
  switch (value.kind) {
    case 'none':
    case 'nil':
      return formatNil(value, spec)
    case 'bool':
      return spec.verb === 'v' || spec.verb === 't' ? pad(String(value.value), spec) : undefined
    case 'int':
      return formatInt(value.value, spec, value.type)
    case 'float':
      return formatFloat(value.value, spec)
    case 'text':
      return formatText(value.value, spec)
    case 'list':
      return formatList(value, spec, depth)
    case 'dict':
      return formatDict(value, spec, depth)
    case 'struct':
      return formatStruct(value, spec, depth)
    default:
      return undefined
  }
}

/** An empty pointer is a number to the verbs for numbers; the verbs that would ask it for its text get none. */
function formatNil(value: Nil | None, spec: Spec): string | undefined {
  if (isUntypedNil(value)) return spec.verb === 'v' ? pad('<nil>', { ...spec, zero: false }) : undefined
  return 'vsqxX'.includes(spec.verb) ? '<nil>' : formatInt(0n, spec, 'int')
}

function formatText(value: string, spec: Spec): string | undefined {
  switch (spec.verb) {
    case 'v':
      return spec.sharpV ? quoted(value, spec) : pad(truncate(value, spec), spec)
    case 's':
      return pad(truncate(value, spec), spec)
    case 'q':
      return quoted(value, spec)
    case 'x':
    case 'X':
      return pad(hex(Buffer.from(value), spec), spec)
    default:
      return undefined
  }
}

function truncate(value: string, { precision }: Spec): string {
  return precision === undefined ? value : [...value].slice(0, precision).join('')
}

function quoted(value: string, spec: Spec): string {
  const shown = truncate(value, spec)
  if (spec.sharp && canBackquote(shown)) return pad(`\`${shown}\``, spec)
  return pad(quote(shown, { ascii: spec.plus }), spec)
}

function hex(bytes: Uint8Array, { verb, precision, sharp, space }: Spec): string {
  const shown = Array.from(bytes.subarray(0, precision ?? bytes.length), (byte) => byte.toString(16).padStart(2, '0'))
  if (shown.length === 0) return ''
  const text = space
    ? shown.map((byte) => (sharp ? `0x${byte}` : byte)).join(' ')
    : (sharp ? '0x' : '') + shown.join('')
  return verb === 'X' ? text.toUpperCase() : text
}

function formatList(value: List, spec: Spec, depth: number): string {
  if (value.bytes && 'sqxX'.includes(spec.verb)) {
    const isText = spec.verb === 's' || spec.verb === 'q'
    return isText ? formatText(Buffer.from(value.bytes).toString(), spec)! : pad(hex(value.bytes, spec), spec)
  }
  const items = Array.from({ length: value.length }, (_, index) =>
    element(value.at(index), value.type.slice(2), spec, depth),
  )
  return spec.sharpV ? `${value.bytes ? '[]byte' : value.type}{${items.join(', ')}}` : `[${items.join(' ')}]`
}

function formatDict(value: Dict, spec: Spec, depth: number): string {
  const elementType = value.type.slice('map[string]'.length)
  const entries = value.keys().map((key) => {
    const shown = formatText(key, spec) ?? `%!${spec.verb}(string=${pad(truncate(key, spec), spec)})`
    return `${shown}:${element(value.get(key) ?? none, elementType, spec, depth)}`
  })
  return spec.sharpV ? `${value.type}{${entries.join(', ')}}` : `map[${entries.join(' ')}]`
}

function formatStruct(value: Struct, spec: Spec, depth: number): string {
  const fields = value.fields.map((name) => {
    const shown = element(value.field(name) ?? none, '', spec, depth)
    return spec.plusV || spec.sharpV ? `${name}:${shown}` : shown
  })
  const isPointer = value.type.startsWith('*')
  const type = spec.sharpV ? value.type.slice(isPointer ? 1 : 0) : ''
  return `${isPointer ? '&' : ''}${type}{${fields.join(spec.sharpV ? ', ' : ' ')}}`
}

function element(value: Value, declared: string, spec: Spec, depth: number): string {
  if (!isUntypedNil(value)) return formatValue(value, spec, depth + 1)
  return spec.sharpV && declared === 'interface {}' ? 'interface {}(nil)' : '<nil>'
}

/** The text of a value where nothing says how to print it. */
export function display(value: Value): string {
  return value.kind === 'text' && !value.method ? value.value : formatValue(value, PLAIN)
}
