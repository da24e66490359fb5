import type { z } from '@hono/zod-openapi'
import type { Families } from './families.ts'
import { configSchema } from './schema.ts'
import { inputSchemaOf } from './shape.ts'

type Json = z.core.JSONSchema.BaseSchema

const VARIABLE = '\\$\\{'
const DURATION = '^\\s*[+]?(?:(?:\\d+(?:\\.\\d*)?|\\.\\d+)(?:ns|us|µs|μs|ms|s|m|h|d|w))+\\s*$'

/** The JSON Schema (draft 2020-12) of a config file, for editors. Looser than the check: `${VAR}` may stand for any value. */
export function configJsonSchema({ providers, notifiers }: Families): Json {
  const own = loosen(inputSchemaOf(configSchema))
  const channel = (schema: Json): Json => ({ ...schema, properties: { name: CHANNEL_NAME, ...schema.properties } })
  return {
    ...own,
    title: 'Seaworthy',
    properties: {
      ...own.properties,
      providers: family('Where workloads are found.', providers, (schema) => schema),
      notif: family('The channels through which people are told.', notifiers, channel),
    },
    patternProperties: { '^x-': {} },
  }
}

const CHANNEL_NAME: Json = { type: 'string', description: 'Name of the channel, when there are several of a kind.' }

type Member = Families['providers'][string] | Families['notifiers'][string]

function family(description: string, members: Readonly<Record<string, Member>>, finish: (schema: Json) => Json): Json {
  const sections = Object.entries(members).map(([name, { summary, options }]) => {
    const { $schema: _, ...schema } = finish(loosen(inputSchemaOf(options)))
    const section = { ...schema, additionalProperties: false }
    const anyOf = [section, { type: 'array', items: section }, { type: 'boolean' }, { type: 'null' }]
    return [name, { description: summary, anyOf }]
  })
  return { type: 'object', description, properties: Object.fromEntries(sections) as Record<string, Json> }
}

/** Adds the forms in which values may be written besides their own type. */
function loosen(schema: Json): Json {
  if (schema.type === 'object' && schema.properties !== undefined) {
    const properties = Object.entries(schema.properties).map(([key, value]) => [key, loosen(value as Json)])
    // Secrets may come from a variable, so that nothing is required for an editor.
    const { required: _, ...rest } = schema
    return { ...rest, properties: Object.fromEntries(properties) as Record<string, Json> }
  }
  if (schema.type === 'array') return loosenList(schema)
  const { description, default: fallback, ...type } = schema
  const forms = formsOf(type)
  if (forms.length === 0) return schema
  const common = {
    ...(description !== undefined && { description }),
    ...(fallback !== undefined && { default: fallback }),
  }
  return { ...common, anyOf: [...(type.type === 'number' ? [] : [type]), ...forms] }
}

function loosenList(schema: Json): Json {
  const items = schema.items as Json
  if (items.type === 'object') return { ...schema, items: loosen(items) }
  const { description, default: fallback, ...type } = schema
  const common = {
    ...(description !== undefined && { description }),
    ...(fallback !== undefined && { default: fallback }),
  }
  return { ...common, anyOf: [type, { type: 'string' }] }
}

function formsOf({ type, enum: choices }: Json): Json[] {
  const variable: Json = { type: 'string', pattern: VARIABLE }
  if (choices !== undefined || type === 'boolean' || type === 'integer') return [variable]
  if (type === 'number') return [{ type: 'string', pattern: `${DURATION}|${VARIABLE}` }, { type: 'integer' }]
  return type === 'string' ? [{ type: ['number', 'boolean'] }] : []
}
