import type { Place } from './problems.ts'

/** A config as it was written, before it is parsed: plain values under their proper keys, with where each came from. */
export type DraftSection = Record<string, unknown>

interface Origin {
  readonly place: Place
  /** It is there but holds nothing: an empty text, or a variable that is not set. */
  readonly empty?: boolean
}

/** Where each key of each section (or item of each list) was written. Travels with the section itself. */
export interface Origins {
  set(container: object, key: PropertyKey, origin: Origin): void
  at(container: object, key: PropertyKey): Origin | undefined
  /** Keys of the section that are there but empty. */
  emptyKeys(container: object): string[]
}

export function createOrigins(): Origins {
  const known = new WeakMap<object, Map<PropertyKey, Origin>>()
  return {
    set(container, key, origin) {
      const keys = known.get(container) ?? new Map<PropertyKey, Origin>()
      known.set(container, keys.set(key, origin))
    },
    at: (container, key) => known.get(container)?.get(key),
    emptyKeys: (container) =>
      [...(known.get(container) ?? [])].filter(([, origin]) => origin.empty).map(([key]) => String(key)),
  }
}

/** The value at a path, and the nearest place that is known on the way there. */
export function lookUp(
  draft: unknown,
  path: readonly PropertyKey[],
  { origins, start = {} }: { origins: Origins; start?: Place },
): { value: unknown; place: Place; empty: boolean } {
  let value = draft
  let place = start
  let empty = false
  for (const step of path) {
    if (typeof value !== 'object' || value === null) return { value: undefined, place, empty }
    const origin = origins.at(value, step)
    place = origin?.place ?? place
    empty = origin?.empty ?? false
    value = (value as Record<PropertyKey, unknown>)[step]
  }
  return { value, place, empty }
}

/** Whether it is a section: neither a list nor a single value. */
export function isSection(value: unknown): value is DraftSection {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
