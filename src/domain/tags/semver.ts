/** A version by SemVer 2.0; build metadata has no part in precedence and is dropped. */
export interface SemVer {
  readonly core: readonly [number, number, number]
  /** Numeric identifiers as numbers, all others as text; `null` without a pre-release. */
  readonly preRelease: readonly (number | string)[] | null
}

const PATTERN = /^(\d{1,15})\.(\d{1,15})\.(\d{1,15})(?:-([0-9A-Za-z.-]+))?(?:\+[0-9A-Za-z.-]+)?$/

/** Reads a whole text as a version, or gives `null`. A numeric identifier with leading zeros is read as text. */
export function parseSemVer(text: string): SemVer | null {
  const found = PATTERN.exec(text)
  if (found === null) return null
  const identifiers = found[4]?.split('.') ?? null
  if (identifiers?.includes('')) return null
  return {
    core: [Number(found[1]), Number(found[2]), Number(found[3])],
    preRelease: identifiers?.map((text) => (/^(?:0|[1-9]\d{0,14})$/.test(text) ? Number(text) : text)) ?? null,
  }
}

/** Orders by precedence (SemVer 2.0, section 11): negative when `a` is lower, 0 for equals. */
export function compareSemVer(a: SemVer, b: SemVer): number {
  for (const index of [0, 1, 2] as const) {
    const difference = a.core[index] - b.core[index]
    if (difference !== 0) return difference
  }
  if (a.preRelease === null || b.preRelease === null) {
    return Number(a.preRelease === null) - Number(b.preRelease === null)
  }
  return comparePreReleases(a.preRelease, b.preRelease)
}

function comparePreReleases(a: readonly (number | string)[], b: readonly (number | string)[]): number {
  for (const [index, left] of a.entries()) {
    const right = b[index]
    if (right === undefined) return 1
    const order = compareIdentifiers(left, right)
    if (order !== 0) return order
  }
  return a.length - b.length
}

function compareIdentifiers(a: number | string, b: number | string): number {
  if (typeof a === 'number' && typeof b === 'number') return a - b
  if (typeof a !== typeof b) return typeof a === 'number' ? -1 : 1
  return a < b ? -1 : Number(a > b)
}
