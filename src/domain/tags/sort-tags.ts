import type { TagSort } from '../policy.ts'

/** Puts a registry's tag list in one of Diun's four orders. `semver` follows Go's golang.org/x/mod/semver, as Diun does. */
export function sortTags(tags: readonly string[], sort: TagSort): string[] {
  switch (sort) {
    case 'default':
      return [...tags]
    case 'reverse':
      return tags.toReversed()
    case 'lexicographical':
      return tags.toSorted(compareBytes)
    case 'semver':
      return sortByVersion(tags)
  }
}

interface GoVersion {
  readonly tag: string
  readonly dots: number
  readonly core: readonly bigint[]
  /** `null` when the tag is not a version; empty for a release. */
  readonly preRelease: readonly string[] | null
}

const NUMBER = '0|[1-9]\\d*'
const GO_VERSION = new RegExp(
  `^(${NUMBER})(?:\\.(${NUMBER})(?:\\.(${NUMBER})(?:-([0-9A-Za-z.-]+))?(?:\\+([0-9A-Za-z.-]+))?)?)?$`,
)

/** Highest version first, what is no version last; among equals more dots first, then by bytes. */
function sortByVersion(tags: readonly string[]): string[] {
  return tags
    .map(readGoVersion)
    .sort((a, b) => compareGoVersions(b, a) || b.dots - a.dots || compareBytes(a.tag, b.tag))
    .map(({ tag }) => tag)
}

function readGoVersion(tag: string): GoVersion {
  const dots = tag.split('.').length - 1
  const found = GO_VERSION.exec(tag.replace(/^\D+/, ''))
  const preRelease = found?.[4]?.split('.') ?? []
  const build = found?.[5]?.split('.') ?? []
  const isBad = (identifier: string) => identifier === '' || /^0\d+$/.test(identifier)
  if (found === null || preRelease.some(isBad) || build.includes('')) return { tag, dots, core: [], preRelease: null }
  return { tag, dots, core: [found[1], found[2], found[3]].map((part) => BigInt(part ?? 0)), preRelease }
}

function compareGoVersions(a: GoVersion, b: GoVersion): number {
  if (a.preRelease === null || b.preRelease === null) {
    return Number(a.preRelease !== null) - Number(b.preRelease !== null)
  }
  for (const [index, part] of a.core.entries()) {
    const other = b.core[index] ?? 0n
    if (part !== other) return part < other ? -1 : 1
  }
  return comparePreReleases(a.preRelease, b.preRelease)
}

function comparePreReleases(a: readonly string[], b: readonly string[]): number {
  if (a.length === 0 || b.length === 0) return Number(a.length === 0) - Number(b.length === 0)
  for (const [index, left] of a.entries()) {
    const right = b[index]
    if (right === undefined) return 1
    const order = compareIdentifiers(left, right)
    if (order !== 0) return order
  }
  return a.length - b.length
}

function compareIdentifiers(a: string, b: string): number {
  const numeric = /^\d+$/
  if (numeric.test(a) !== numeric.test(b)) return numeric.test(a) ? -1 : 1
  return (numeric.test(a) ? a.length - b.length : 0) || compareBytes(a, b)
}

/** Tags are ASCII, where the order of code units is the order of bytes. */
function compareBytes(a: string, b: string): number {
  return a < b ? -1 : Number(a > b)
}
