/**
 * What a template works on: values that know their Go type. Nothing else of a JavaScript object can be reached from a
 * template, so names such as `constructor` and `__proto__` are ordinary names.
 */
export type Value = None | Nil | Bool | Int | Float | Text | List | Dict | Struct | Func

const BRAND: unique symbol = Symbol('template value')

interface Typed {
  readonly [BRAND]: true
  /** The name of the Go type, as `%T` prints it. */
  readonly type: string
  readonly method?: (name: string) => TemplateFunction | undefined
}

/** There is nothing: the missing key of a map. */
export interface None extends Typed {
  readonly kind: 'none'
}
/** An empty interface, or an empty pointer when the type begins with `*`. */
export interface Nil extends Typed {
  readonly kind: 'nil'
}
export interface Bool extends Typed {
  readonly kind: 'bool'
  readonly value: boolean
}
export interface Int extends Typed {
  readonly kind: 'int'
  readonly value: bigint
}
export interface Float extends Typed {
  readonly kind: 'float'
  readonly value: number
}
export interface Text extends Typed {
  readonly kind: 'text'
  readonly value: string
}
export interface List extends Typed {
  readonly kind: 'list'
  readonly length: number
  at(index: number): Value
  slice(start: number, end: number): List
  readonly bytes?: Uint8Array
}
export interface Dict extends Typed {
  readonly kind: 'dict'
  /** Sorted. */
  keys(): readonly string[]
  get(key: string): Value | undefined
  /** What `index` gives for a key that is not there. */
  readonly zero: Value
}
export interface Struct extends Typed {
  readonly kind: 'struct'
  readonly fields: readonly string[]
  field(name: string): Value | undefined
  readonly instant?: Instant
}
export interface Func extends Typed {
  readonly kind: 'func'
  readonly run: TemplateFunction
}

/** A point in time and the IANA name of the zone it is shown in; `local` is the zone that `.Local` changes to, that of the process unless given. */
export interface Instant {
  /** Since 1970, UTC. */
  readonly nanoseconds: bigint
  readonly zone: string
  readonly local: string | undefined
}

/** What each kind of parameter gives to a function. `text` also takes every value that has a String method. */
export interface ParamTypes {
  text: string
  int: bigint
  time: Instant
  value: Value
}

export type ParamKind = keyof ParamTypes

export interface TemplateFunction {
  readonly params: readonly ParamKind[]
  /** The last parameter may be given any number of times, also never. */
  readonly variadic: boolean
  call(...args: ParamTypes[ParamKind][]): unknown
  /** Units of work beyond the usual, for a call that is much slower than its text is long. */
  cost?(...args: ParamTypes[ParamKind][]): number
}

type Args<Params extends readonly ParamKind[]> = { -readonly [Index in keyof Params]: ParamTypes[Params[Index]] }

/** A function for templates. It may give anything that data may hold; what it throws becomes an error of the template. */
export function templateFunction<const Params extends readonly ParamKind[]>(
  params: Params,
  call: (...args: Args<Params>) => unknown,
): TemplateFunction {
  return { params, variadic: false, call: (...args) => call(...(args as Args<Params>)) }
}

/** A function that takes `first`, then any number of `rest`. */
export function variadicFunction<const First extends readonly ParamKind[], Rest extends ParamKind>(
  first: First,
  rest: Rest,
  call: (...args: [...Args<First>, ...ParamTypes[Rest][]]) => unknown,
): TemplateFunction {
  return {
    params: [...first, rest],
    variadic: true,
    call: (...args) => call(...(args as [...Args<First>, ...ParamTypes[Rest][]])),
  }
}

export function isValue(input: unknown): input is Value {
  return typeof input === 'object' && input !== null && BRAND in input
}

export const none: None = { [BRAND]: true, kind: 'none', type: '<nil>' }
export const nil: Nil = { [BRAND]: true, kind: 'nil', type: 'interface {}' }

/** A pointer to nothing, such as `nilPointer('*time.Time')`. */
export function nilPointer(type: string): Nil {
  return { [BRAND]: true, kind: 'nil', type }
}

export function bool(value: boolean): Bool {
  return { [BRAND]: true, kind: 'bool', value, type: 'bool' }
}

export interface TypeOptions {
  readonly type?: string | undefined
  readonly method?: ((name: string) => TemplateFunction | undefined) | undefined
}

export function int(value: bigint | number, { type = 'int', method }: TypeOptions = {}): Int {
  return { [BRAND]: true, kind: 'int', value: BigInt(value), type, ...(method && { method }) }
}

export function float(value: number): Float {
  return { [BRAND]: true, kind: 'float', value, type: 'float64' }
}

export function text(value: string, { type = 'string', method }: TypeOptions = {}): Text {
  return { [BRAND]: true, kind: 'text', value, type, ...(method && { method }) }
}

export function list(parts: Omit<List, 'kind' | typeof BRAND>): List {
  return { [BRAND]: true, kind: 'list', ...parts }
}

export function dict(parts: Omit<Dict, 'kind' | typeof BRAND>): Dict {
  return { [BRAND]: true, kind: 'dict', ...parts }
}

export function structure(parts: Omit<Struct, 'kind' | typeof BRAND>): Struct {
  return { [BRAND]: true, kind: 'struct', ...parts }
}

export function func(run: TemplateFunction): Func {
  return { [BRAND]: true, kind: 'func', run, type: 'func()' }
}

/** What the String method of a value says; undefined when it has none. */
export function stringOf(value: Value): string | undefined {
  const method = value.method?.('String')
  if (method?.params.length !== 0) return undefined
  const said = method.call()
  return isValue(said) && said.kind === 'text' ? said.value : String(said)
}

/** Whether `if` takes it for true (https://pkg.go.dev/text/template#hdr-Actions). */
export function truth(value: Value): boolean {
  switch (value.kind) {
    case 'none':
    case 'nil':
      return false
    case 'bool':
      return value.value
    case 'int':
      return value.value !== 0n
    case 'float':
      return value.value !== 0
    case 'text':
      return value.value !== ''
    case 'list':
      return value.length > 0
    case 'dict':
      return value.keys().length > 0
    default:
      return true
  }
}
