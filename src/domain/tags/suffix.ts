import { type Counter, type Piece, type Place, readPiece } from './piece.ts'
import { readLateStage, type Stage } from './stage.ts'
import type { StampLimits } from './stamp.ts'
import { GLUED_COUNTER, matchAt, SEPARATOR } from './words.ts'

/** What stands behind the version: the flavour as a template in which counters, hashes and OS versions are left open. */
export interface Suffix {
  readonly text: string
  /** Equal templates are one flavour. */
  readonly template: string
  readonly counters: readonly Counter[]
  /** The version of each operating system named, `null` where it is named without one. */
  readonly os: readonly (readonly number[] | null)[]
  readonly stage: Stage | null
  /** A word with a dotted version of its own: `vectorchord0.4.3`. */
  readonly dotted: boolean
  /** Holds digits or letters that could be a commit hash, if the family's other tags carry one there. */
  readonly hashLike: boolean
}

export const EMPTY_SUFFIX: Suffix = {
  text: '',
  template: '',
  counters: [],
  os: [],
  stage: null,
  dotted: false,
  hashLike: false,
}

/**
 * Reads what stands behind a version or a stamp. With `hashes: 'likely'` digits or letters that could be a commit hash are one,
 * which is right where other tags of the family carry a hash in the same place.
 */
export function parseSuffix(
  text: string,
  limits: StampLimits,
  { hashes = 'certain', behindWord = false }: { hashes?: 'certain' | 'likely'; behindWord?: boolean } = {},
): Suffix {
  if (text === '') return EMPTY_SUFFIX
  const pieces: Piece[] = []
  let template = ''
  let place: Place = { text, at: 0, start: 0, behindWord, limits, hashes }
  const glued = matchAt(GLUED_COUNTER, text, 0)
  if (glued !== null && !behindWord) {
    pieces.push({ end: glued[0].length, label: '', counter: { values: [Number(glued[2])], bare: null } })
    template += `${glued[1]}#`
    place = { ...place, at: glued[0].length }
  }
  while (place.at < text.length) {
    const separator = matchAt(SEPARATOR, text, place.at)?.[0] ?? ''
    const start = place.at + separator.length
    const late = pieces.length === 0 ? null : readLateStage(text, place.at)
    const piece = late === null ? readPiece({ ...place, start }) : { end: late.end, label: '', stage: late }
    template += late === null ? separator + piece.label : ''
    pieces.push(piece)
    place = { ...place, at: piece.end, behindWord: piece.word ?? false }
  }
  return assemble(text, template, pieces)
}

function assemble(text: string, template: string, pieces: readonly Piece[]): Suffix {
  return {
    text,
    template,
    counters: pieces.flatMap((piece) => piece.counter ?? []),
    os: pieces.flatMap((piece) => (piece.os === undefined ? [] : [piece.os])),
    stage: pieces.find((piece) => piece.stage !== undefined)?.stage ?? null,
    dotted: pieces.some((piece) => piece.dotted),
    hashLike: pieces.some((piece) => piece.hashLike),
  }
}
