/** How far a tag may move: not at all (only the digest is watched), or up to the last, the middle or the first number of a version. */
export type Level = 'digest' | 'patch' | 'minor' | 'major'

/** The size of one step from tag to tag. */
export type StepLevel = Exclude<Level, 'digest'>

/** A compiled user pattern. `source` is what the user wrote; `test` answers for one tag in time linear to its length. */
export interface Matcher {
  readonly source: string
  test(tag: string): boolean
}

/** The order tags stand in before `maxTags` cuts: the registry's, its reverse, by bytes, or highest version first. */
export type TagSort = 'default' | 'reverse' | 'lexicographical' | 'semver'

/** How the one tag to move to is found among those that the policy lets through. */
export type TagSelection =
  /** The highest tag of the current tag's own family. */
  | { readonly by: 'family' }
  /** The tag pushed last among those that match a shell pattern. */
  | { readonly by: 'glob'; readonly pattern: string }
  /** The tag pushed last among those that match a regular expression. */
  | { readonly by: 'regex'; readonly matcher: Matcher }
  /** The highest by SemVer 2.0 among the tags that read `prefix` and then a version; without `prefix` the current tag's. */
  | { readonly by: 'semver'; readonly prefix?: string }
  /** The matching tag that names the same digest as `baseTag` does. */
  | { readonly by: 'digest-of'; readonly baseTag: string; readonly matcher: Matcher }

/** What may happen to the tag of an image. */
export interface TagPolicy {
  /** The largest step allowed; `digest` keeps the tag for every selection, the others bound `family` and `semver`. */
  readonly level: Level
  /** A tag must match one of these, when there are any. */
  readonly include: readonly Matcher[]
  /** A tag must match none of these. */
  readonly exclude: readonly Matcher[]
  readonly select: TagSelection
  readonly sort: TagSort
  /** Only the first so many tags in `sort` order, after `include` and `exclude`; 0 is all of them. */
  readonly maxTags: number
  /** How long a tag must have been known before it may be chosen, in milliseconds. */
  readonly minimumAgeMs: number
}

/** Newer tags of the current tag's family, however large the step. */
export const DEFAULT_POLICY: TagPolicy = {
  level: 'major',
  include: [],
  exclude: [],
  select: { by: 'family' },
  sort: 'reverse',
  maxTags: 0,
  minimumAgeMs: 0,
}
