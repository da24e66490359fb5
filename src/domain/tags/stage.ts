/** Where before or after its release a tag stands: `-rc.1`, `b2`, `-SNAPSHOT`, `.Final`. */
export interface Stage {
  /** The word as one name for its spellings: `b` and `beta` are `beta`. */
  readonly word: string
  /** Ascending towards the release; `FINAL_RANK` and above are releases. */
  readonly rank: number
  /** Empty when the word stands alone. */
  readonly numbers: readonly number[]
  /** As written, with digits as 0; equal spellings are preferred among equals. */
  readonly spelling: string
  /** A date stands behind the word (`_beta_2024-05-07`): a channel that moves from version to version. */
  readonly dated: boolean
}

export const FINAL_RANK = 4
const RANKS: Readonly<Record<string, number>> = {
  dev: 0,
  nightly: 0,
  snapshot: 0,
  canary: 0,
  unstable: 0,
  experimental: 0,
  preview: 1,
  ea: 1,
  alpha: 1,
  milestone: 1,
  testing: 1,
  next: 1,
  beta: 2,
  rc: 3,
  final: FINAL_RANK,
  post: 5,
}
const NAMES: Readonly<Record<string, string>> = {
  a: 'alpha',
  b: 'beta',
  m: 'milestone',
  c: 'rc',
  cr: 'rc',
  pre: 'preview',
  prerelease: 'preview',
  eap: 'ea',
  ga: 'final',
  release: 'final',
}
/** Words that also name images for developers or a channel; the list of tags says which they are. */
const CHANNELS = new Set(['dev', 'nightly', 'snapshot', 'canary', 'unstable', 'experimental', 'testing', 'next'])

const LONG_WORD =
  'alpha|beta|rc|cr|prerelease|preview|pre|dev|next|canary|snapshot|nightly|unstable|testing|experimental|eap?|milestone|post|final'
const GLUED =
  /(?:(alpha|beta|rc|cr|preview|pre|dev|milestone|post|ea)([-.]?(\d+(?:\.\d+)*))?|([abmc])(\.?(\d+)))(?![0-9A-Za-z])/iy
const SEPARATED = new RegExp(
  `[-._~](?:(${LONG_WORD})([-._]?r?(\\d+(?:\\.\\d+)*))?|([abm])([-.]?(\\d+(?:\\.\\d+)*)))(?![0-9A-Za-z])`,
  'iy',
)
const RELEASE_WORD = /\.(ga|release)(?![0-9A-Za-z])/iy
const LATE = /[-._](alpha|beta|rc|cr)([.-]?(\d+))(?![0-9A-Za-z])/iy
const COMMITS_FOLLOW = /-g[0-9a-f]{7,40}(?![0-9A-Za-z])/y

/** Reads the stage right behind a version, which ends at `at`; `end` is where the stage ends. `dateAt` says where a date starts, if one. */
export function readStage(text: string, at: number, dateAt: (at: number) => boolean): (Stage & { end: number }) | null {
  return (
    stageFrom(GLUED, text, at, dateAt) ??
    stageFrom(SEPARATED, text, at, dateAt) ??
    stageFrom(RELEASE_WORD, text, at, dateAt)
  )
}

/** Reads a numbered stage that stands behind a flavour: `-alpine-rc1`. */
export function readLateStage(text: string, at: number): (Stage & { end: number }) | null {
  return stageFrom(LATE, text, at, () => false)
}

/** Negative when `a` comes before `b`, `null` when they cannot be ordered (`-ea1` and `-alpha1`). No stage is the release itself. */
export function compareStages(a: Stage | null, b: Stage | null): number | null {
  const rank = rankOf(a) - rankOf(b)
  if (rank !== 0) return rank
  if (a !== null && b !== null && a.word !== b.word) return null
  return compareNumbers(a?.numbers ?? [], b?.numbers ?? [])
}

/** The place of a stage on the way to the release. */
export function rankOf(stage: Stage | null): number {
  return stage?.rank ?? FINAL_RANK
}

/** Whether a tag of this stage comes before its release. */
export function isPreRelease(stage: Stage | null): boolean {
  return rankOf(stage) < FINAL_RANK
}

/** Whether the word stands alone and may also name a channel or an image for developers. */
export function mayBeChannel(stage: Stage): boolean {
  return stage.numbers.length === 0 && CHANNELS.has(stage.word)
}

/** Compares number by number; what is missing counts as 0. */
export function compareNumbers(a: readonly number[], b: readonly number[]): number {
  const length = Math.max(a.length, b.length)
  for (let index = 0; index < length; index += 1) {
    const difference = (a[index] ?? 0) - (b[index] ?? 0)
    if (difference !== 0) return difference
  }
  return 0
}

function stageFrom(
  pattern: RegExp,
  text: string,
  at: number,
  dateAt: (at: number) => boolean,
): (Stage & { end: number }) | null {
  pattern.lastIndex = at
  const found = pattern.exec(text)
  if (found === null) return null
  const written = (found[1] ?? found[4] ?? '').toLowerCase()
  const word = NAMES[written] ?? written
  const rank = RANKS[word]
  if (rank === undefined) return null
  const tail = found[2] ?? found[5] ?? ''
  const numberAt = at + found[0].length - tail.length
  if (tail !== '' && !isStageNumber(text, numberAt, tail, dateAt)) {
    const dated = dateAt(numberAt + 1)
    return { word, rank, numbers: [], spelling: text.slice(at, numberAt), dated, end: numberAt }
  }
  const numbers = (found[3] ?? found[6])?.split('.').map(Number) ?? []
  const spelling = found[0].replace(/\d/g, '0')
  return { word, rank, numbers, spelling, dated: false, end: at + found[0].length }
}

/** A number behind the word is the stage's own, unless it is a date or the commit count of `git describe`. */
function isStageNumber(text: string, at: number, tail: string, dateAt: (at: number) => boolean): boolean {
  if (/^\d/.test(tail)) return true
  if (dateAt(at + 1)) return false
  COMMITS_FOLLOW.lastIndex = at + tail.length
  return !(tail.startsWith('-') && COMMITS_FOLLOW.test(text))
}
