import { type Numbering, type NumberSurvey, settleNumbering, surveyNumbers } from './numbering.ts'
import type { ParsedTag } from './parse-tag.ts'
import { compareNumbers, isPreRelease, mayBeChannel } from './stage.ts'
import type { StampLimits } from './stamp.ts'
import { parseSuffix, type Suffix } from './suffix.ts'

/** The current tag with everything that only the list of tags can tell about it. */
export interface Family {
  readonly current: ParsedTag
  readonly suffix: Suffix
  readonly limits: StampLimits
  readonly survey: NumberSurvey
  readonly numbering: Numbering
  /** For each counter of the suffix, whether it may move; a bare number that does not is part of the name. */
  readonly moving: readonly boolean[]
  /** The stage word of the current tag names a variant or a channel, so it stays (`-dev` images of a release). */
  readonly variant: boolean
}

const MANY_DIGITS = 5

/** Settles the current tag among `relatives`: tags of the same scheme, prefix and number of parts. Their order does not matter. */
export function settleFamily(current: ParsedTag, relatives: readonly ParsedTag[], limits: StampLimits): Family {
  const suffix = settleHashes(current, relatives, limits)
  const kin = relatives.filter((tag) => suffixFor(tag, suffix, limits).template === suffix.template)
  const moving = suffix.counters.map((counter, index) => counter.bare === null || isMoving(index, suffix, kin, limits))
  const survey = surveyNumbers(kin)
  const numbering = settleNumbering(current, survey)
  return { current, suffix, limits, survey, numbering, moving, variant: isVariant(current, kin) }
}

/** The suffix of a tag, read in the light of the current tag's: where that has a hash, digits alone are one too. */
export function suffixFor(tag: ParsedTag, current: Suffix, limits: StampLimits): Suffix {
  if (!tag.suffix.hashLike || !current.template.includes('#hash')) return tag.suffix
  return parseSuffix(tag.suffix.text, limits, { hashes: 'likely' })
}

function settleHashes(current: ParsedTag, relatives: readonly ParsedTag[], limits: StampLimits): Suffix {
  if (!current.suffix.hashLike) return current.suffix
  const likely = parseSuffix(current.suffix.text, limits, { hashes: 'likely' })
  return relatives.some((tag) => tag.suffix.template === likely.template) ? likely : current.suffix
}

interface Sighting {
  readonly parts: readonly number[]
  readonly value: number
}

/**
 * Whether a bare number counts builds: it differs between tags of one flavour, and it starts low for a version,
 * only ever grows from version to version, or is as long as no version is. Anything else (`-18`, `-39`) is part of the name.
 */
function isMoving(index: number, suffix: Suffix, kin: readonly ParsedTag[], limits: StampLimits): boolean {
  const counter = suffix.counters[index]
  const sightings: Sighting[] = kin.map((tag) => {
    const value = suffixFor(tag, suffix, limits).counters[index]?.values[0] ?? 0
    return { parts: tag.parts, value }
  })
  const values = new Set(sightings.map(({ value }) => value))
  if (values.size < 2) return false
  if ((counter?.bare?.digits ?? 0) >= MANY_DIGITS) return true
  const lowest = Math.min(...values)
  if (counter?.bare?.behindWord) return lowest <= 1
  return lowest <= 2 || (suffix.template.endsWith('#') && onlyGrows(sightings))
}

function onlyGrows(sightings: readonly Sighting[]): boolean {
  const sorted = sightings.toSorted((a, b) => compareNumbers(a.parts, b.parts) || a.value - b.value)
  return sorted.every((sighting, index) => {
    const before = sorted[index - 1]
    return before === undefined || sighting.value > before.value
  })
}

/** A word like `-dev` is a variant when another release of the flavour carries it too, or when there are no releases at all. */
function isVariant({ stage, parts }: ParsedTag, kin: readonly ParsedTag[]): boolean {
  if (stage === null || !isPreRelease(stage)) return false
  if (!mayBeChannel(stage) || stage.dated) return false
  const released = new Set<string>()
  const marked = new Set<string>()
  for (const tag of kin) {
    if (!isPreRelease(tag.stage)) released.add(tag.parts.join('.'))
    else if (tag.stage?.word === stage.word && tag.stage.numbers.length === 0) marked.add(tag.parts.join('.'))
  }
  if (released.size === 0) return true
  const own = parts.join('.')
  return marked.values().some((core) => core !== own && released.has(core))
}
