import type { Json, JsonObject } from './types.ts'

type Value = Json | undefined

/** Whether the engine would mean nothing by it: absent, null, an empty text, list or object. 0 and false are values. */
export function isEmpty(value: Value): boolean {
  if (value === undefined || value === null || value === '') return true
  return typeof value === 'object' && (Array.isArray(value) ? value.length : Object.keys(value).length) === 0
}

/** Deep equality in which all that is empty is the same, since versions of the API differ in how they write it. */
export function isSame(a: Value, b: Value): boolean {
  if (isEmpty(a) || isEmpty(b)) return isEmpty(a) && isEmpty(b)
  if (typeof a !== 'object' || typeof b !== 'object') return a === b
  if (Array.isArray(a) || Array.isArray(b))
    return Array.isArray(a) && Array.isArray(b) && a.length === b.length && a.every((item, at) => isSame(item, b[at]))
  const [left, right] = [asObject(a), asObject(b)]
  return [...new Set([...Object.keys(left), ...Object.keys(right)])].every((key) => isSame(left[key], right[key]))
}

export function asText(value: Value): string {
  return typeof value === 'string' ? value : ''
}

export function asTexts(value: Value): readonly string[] {
  return Array.isArray(value) ? value.filter((item) => typeof item === 'string') : []
}

export function asObject(value: Value): JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as JsonObject) : {}
}

export function asObjects(value: Value): readonly JsonObject[] {
  return Array.isArray(value) ? value.map(asObject) : []
}

/** The entries for which `keep` holds, their values untouched. */
export function pick(object: JsonObject, keep: (key: string, value: Value) => boolean): JsonObject {
  return Object.fromEntries(Object.entries(object).filter(([key, value]) => keep(key, value)))
}

/** Whether `version` of the Docker API (`1.44`) is `wanted` or newer. */
export function isAtLeast(version: string, wanted: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number)
  const [wantedMajor = 0, wantedMinor = 0] = wanted.split('.').map(Number)
  return major > wantedMajor || (major === wantedMajor && minor >= wantedMinor)
}
