import { z } from '@hono/zod-openapi'

/**
 * What an options schema looks like from outside: enough to match keys, to place variables and to write the reference.
 * Taken from its JSON Schema, so that every zod schema can be read without knowing its insides.
 */
export type Shape = SectionShape | ListShape | MapShape | ValueShape

interface Common {
  readonly summary: string
  readonly required: boolean
  /** As in the parsed result; undefined when there is none. */
  readonly fallback: unknown
}

export interface SectionShape extends Common {
  readonly kind: 'section'
  readonly keys: ReadonlyMap<string, Shape>
  /** Keys that are accepted and left out, each with the note about it. */
  readonly leftOut?: ReadonlyMap<string, string>
  /** Keys that begin with `x-` are the writer's own, for anchors. */
  readonly ownKeys?: boolean
}

/** A list of sections; lists of texts are values. */
export interface ListShape extends Common {
  readonly kind: 'list'
  readonly item: SectionShape
  /** One section may stand without the list, and `true` or `{}` for a section that says nothing. */
  readonly oneOrMany: boolean
}

/** Free names with texts. */
interface MapShape extends Common {
  readonly kind: 'map'
}

export type ValueType =
  | 'text'
  | 'flag'
  | 'integer'
  | 'duration'
  | 'choice'
  | 'texts'
  | 'secret'
  | 'secretFile'
  | 'anything'

export interface ValueShape extends Common {
  readonly kind: 'value'
  readonly type: ValueType
  readonly choices: readonly string[]
  /** An empty text says something here and is not the same as nothing. */
  readonly mayBeEmpty: boolean
}

/** The JSON Schema (draft 2020-12) of what may be written, with the defaults that zod leaves out for preprocessed values. */
export function inputSchemaOf(schema: z.ZodType): z.core.JSONSchema.BaseSchema {
  return z.toJSONSchema(schema, {
    io: 'input',
    unrepresentable: 'any',
    reused: 'inline',
    override: ({ zodSchema, jsonSchema }) => {
      const { def } = zodSchema._zod
      if (def.type === 'default' && def.defaultValue !== undefined) jsonSchema.default = plain(def.defaultValue)
      if (def.type === 'prefault') delete jsonSchema.default
    },
  })
}

/** The shape of a section's schema. */
export function shapeOf(schema: z.ZodType): SectionShape {
  const shape = read(inputSchemaOf(schema), true)
  if (shape.kind !== 'section') throw new Error('an options schema must be an object')
  return shape
}

/** See `ListShape.oneOrMany`. The item's shape is made when it is first asked for: most members are not in use. */
export function oneOrMany(makeItem: () => SectionShape): ListShape {
  let made: SectionShape | undefined
  return {
    kind: 'list',
    oneOrMany: true,
    get item() {
      made ??= makeItem()
      return made
    },
    summary: '',
    required: false,
    fallback: undefined,
  }
}

/** The key that `name` means, whatever its capitals. */
export function keyOf(keys: ReadonlyMap<string, unknown>, name: string): string | undefined {
  if (keys.has(name)) return name
  const wanted = name.toLowerCase()
  return keys.keys().find((key) => key.toLowerCase() === wanted)
}

type Json = z.core.JSONSchema.BaseSchema

function read(json: Json, required: boolean): Shape {
  const common = { summary: json.description ?? '', required, fallback: json.default }
  if (json.type === 'object' && json.properties !== undefined) {
    const keys = Object.entries(json.properties).map(([key, value]): [string, Shape] => [
      key,
      read(value as Json, json.required?.includes(key) ?? false),
    ])
    return { ...common, kind: 'section', keys: new Map(keys) }
  }
  if (json.type === 'object') return { ...common, kind: 'map' }
  const item = json.type === 'array' ? read((json.items ?? {}) as Json, true) : undefined
  if (item?.kind === 'section') return { ...common, kind: 'list', item, oneOrMany: false }
  const choices = ((item === undefined ? json.enum : (json.items as Json).enum) ?? []).map(String)
  return { ...common, kind: 'value', type: typeOf(json), choices, mayBeEmpty: json.mayBeEmpty === true }
}

function typeOf(json: Json): ValueType {
  if (json.secret === true) return 'secret'
  if (json.secretFile === true) return 'secretFile'
  if (json.enum !== undefined) return 'choice'
  switch (json.type) {
    case 'boolean':
      return 'flag'
    case 'integer':
      return 'integer'
    case 'number':
      return 'duration'
    case 'string':
      return 'text'
    case 'array':
      return 'texts'
    default:
      return 'anything'
  }
}

function plain(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value)) as unknown
}
