import type { z } from '@hono/zod-openapi'
import { lookUp, type Origins } from './draft.ts'
import { type Found, joinPath, nearest, type Place } from './problems.ts'
import type { SectionShape, Shape } from './shape.ts'

export interface ParseInput<Schema extends z.ZodType> {
  readonly schema: Schema
  readonly shape: SectionShape
  readonly draft: unknown
  /** Where the draft stands in the whole, for people. */
  readonly path: string
  /** Where it was written. */
  readonly place: Place
  readonly origins: Origins
}

/** Something the schema refuses. */
export interface Refusal extends Found {
  /** Nothing was given, where something must be. */
  readonly missing: boolean
  /** It was given, but empty. */
  readonly empty: boolean
  readonly isSecret: boolean
  /** The last key on the way. */
  readonly key: string
}

export type Parsed<Schema extends z.ZodType> =
  | { readonly ok: true; readonly value: z.output<Schema> }
  | { readonly ok: false; readonly refusals: readonly Refusal[] }

/** Parses a section and puts what is wrong into sentences with places. No value of a secret gets into them. */
export function parseSection<Schema extends z.ZodType>(input: ParseInput<Schema>): Parsed<Schema> {
  const result = input.schema.safeParse(input.draft)
  if (result.success) return { ok: true, value: result.data }
  const secrets = secretsOf(input.draft, input.shape)
  return { ok: false, refusals: result.error.issues.map((issue) => refusalOf(input, issue, secrets)) }
}

/** The texts at all keys of the section that hold secrets. */
function secretsOf(draft: unknown, shape: Shape): string[] {
  if (shape.kind === 'value') return shape.type === 'secret' && draft !== undefined ? [String(draft)] : []
  if (typeof draft !== 'object' || draft === null || shape.kind === 'map') return []
  if (shape.kind === 'list') return Object.values(draft).flatMap((item) => secretsOf(item, shape.item))
  return shape.keys
    .entries()
    .flatMap(([key, child]) => secretsOf((draft as Record<string, unknown>)[key], child))
    .toArray()
}

function refusalOf(
  { shape, draft, path, place: start, origins }: ParseInput<z.ZodType>,
  issue: z.core.$ZodIssue,
  secrets: readonly string[],
): Refusal {
  const { value, place, empty } = lookUp(draft, issue.path, { origins, start })
  const here = joinPath(path, ...issue.path)
  const missing = value === undefined
  const said = missing && issue.code !== 'custom' ? 'is missing' : sentenceOf(issue)
  const message = /^(?:is|must|needs)\b/.test(said) ? `${here} ${said}.` : `${here}: ${said}.`
  const near = issue.code === 'invalid_value' ? nearest(String(value), issue.values.map(String)) : undefined
  const isSecret = shapeAt(shape, issue.path)?.type === 'secret'
  return {
    place,
    path: here,
    message: withoutSecrets(message, secrets),
    ...(near !== undefined && !missing && { suggestion: `Did you mean ${near}?` }),
    missing,
    empty,
    isSecret,
    key: String(issue.path.at(-1) ?? ''),
  }
}

function sentenceOf(issue: z.core.$ZodIssue): string {
  const message = issue.message.replace(/\.$/, '')
  // What the options' own blocks say is kept; zod's general sentences are put in our words.
  if (!/^(?:Invalid|Too (?:small|big))\b/.test(message)) return message
  switch (issue.code) {
    case 'invalid_value':
      return `must be one of ${issue.values.map(String).join(', ')}`
    case 'invalid_type':
      return `must be ${KINDS[issue.expected] ?? issue.expected}`
    case 'invalid_format':
      return `is not of the form ${issue.format}`
    case 'too_small':
      return issue.minimum === 1 && issue.origin === 'string' ? 'must not be empty' : `must be ${issue.minimum} or more`
    case 'too_big':
      return `must be ${issue.maximum} or less`
    default:
      return 'is not what can stand here'
  }
}

const KINDS: Readonly<Record<string, string>> = {
  string: 'a text',
  boolean: 'true or false',
  number: 'a number',
  int: 'a whole number',
  array: 'a list',
  object: 'a section with keys',
  record: 'names with texts',
}

function shapeAt(shape: Shape, path: readonly PropertyKey[]): { type?: string } | undefined {
  let at: Shape | undefined = shape
  for (const step of path) {
    if (at?.kind === 'section') at = at.keys.get(String(step))
    else if (at?.kind === 'list') at = at.item
  }
  return at?.kind === 'value' ? at : undefined
}

const SHORTEST_SECRET = 3

function withoutSecrets(message: string, secrets: readonly string[]): string {
  return secrets
    .filter((secret) => secret.length >= SHORTEST_SECRET)
    .reduce((text, secret) => text.replaceAll(secret, '***'), message)
}
