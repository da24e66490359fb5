import { z } from '@hono/zod-openapi'
import { type Secret, secretInFile, secretOf } from './secret.ts'

// The building blocks of every options schema. A value may come from YAML, from an environment variable or from a
// `${VAR}` in the file, so each block takes its text form too.

const TRUE = new Set(['1', 't', 'T', 'TRUE', 'true', 'True'])
const FALSE = new Set(['0', 'f', 'F', 'FALSE', 'false', 'False'])
const UNIT_MS: Record<string, number> = {
  ns: 1e-6,
  us: 1e-3,
  µs: 1e-3,
  μs: 1e-3,
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
}

/** A true-or-false value; as text in the forms of Go's `strconv.ParseBool`. */
export function flag() {
  return z.preprocess(
    (value) => {
      if (typeof value !== 'string') return value
      return TRUE.has(value) ? true : FALSE.has(value) ? false : value
    },
    z.boolean({ error: (issue) => `${show(issue.input)} is neither true nor false` }),
  )
}

/** A whole number, also as text. */
export function integer(min?: number, max?: number) {
  let number = z.int({ error: (issue) => `${show(issue.input)} is not a whole number` })
  if (min !== undefined) number = number.min(min, `must be ${min} or more`)
  if (max !== undefined) number = number.max(max, `must be ${max} or less`)
  return z.preprocess(
    (value) => (typeof value === 'string' && /^[+-]?\d+$/.test(value) ? Number(value) : value),
    number,
  )
}

/** Text; numbers and booleans of YAML are taken as written. */
export function text() {
  return z.preprocess(
    (value) => (typeof value === 'number' || typeof value === 'boolean' ? String(value) : value),
    z.string(),
  )
}

/** Several texts: a list, or one text with commas between. */
export function textList() {
  return z.preprocess((value) => {
    if (typeof value === 'number') return [String(value)]
    if (typeof value === 'string') return value.split(',').map((item) => item.trim())
    return Array.isArray(value) ? value.map((item) => (typeof item === 'string' ? item.trim() : String(item))) : value
  }, z.array(z.string()))
}

/** Names with texts. */
export function textMap() {
  return z.record(z.string(), text())
}

/** A length of time as `90s`, `1h30m`, `7d`, in milliseconds. A bare number is nanoseconds, as in Diun; the config check warns about it. */
export function duration() {
  return z.preprocess(
    (value) => {
      if (typeof value === 'number') return value / 1e6
      return typeof value === 'string' ? (parseDuration(value) ?? value) : value
    },
    z
      .number({ error: (issue) => `${show(issue.input)} is not a duration; write it as 30s, 5m or 1h30m` })
      .min(0, 'must not be negative'),
  )
}

/** A value that is never shown. */
export function secret() {
  return z
    .preprocess((value) => (typeof value === 'number' ? String(value) : value), z.string())
    .transform((value): Secret => secretOf(value))
    .meta({ secret: true })
}

/** The path of a file that holds a value which is never shown; read at each use. */
export function secretFile() {
  return z
    .string()
    .transform((path): Secret => secretInFile(path))
    .meta({ secretFile: true })
}

/** Go's duration text (time.ParseDuration), with days and weeks besides; undefined when it is not one. Milliseconds. */
export function parseDuration(value: string): number | undefined {
  const trimmed = value.trim()
  if (/^[+-]?\d+$/.test(trimmed)) return Number(trimmed) / 1e6
  if (!/^[+-]?(?:(?:\d+(?:\.\d*)?|\.\d+)(?:ns|us|µs|μs|ms|s|m|h|d|w))+$/.test(trimmed)) return undefined
  const parts = trimmed.matchAll(/(\d+(?:\.\d*)?|\.\d+)(ns|us|µs|μs|ms|s|m|h|d|w)/g)
  const total = parts.reduce((sum, [, amount, unit]) => sum + Number(amount) * UNIT_MS[unit!]!, 0)
  return trimmed.startsWith('-') ? -total : total
}

function show(value: unknown): string {
  return typeof value === 'string' ? `"${value}"` : (JSON.stringify(value) ?? String(value))
}
