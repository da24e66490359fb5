import type { ParsedTag } from './parse-tag.ts'
import { compareNumbers } from './stage.ts'

/** What the first numbers of a version count: releases, or years written with four or with two digits. */
export type Numbering = 'counted' | 'year' | 'short-year' | 'counted-or-short-year'

/** What a list of tags shows about the way its versions are written. */
export interface NumberSurvey {
  /** Some tag has a year of two digits and a zero-padded month. */
  readonly months: boolean
  /** First numbers that are followed by an unpadded one somewhere, and so count releases. */
  readonly countedMajors: ReadonlySet<number>
  readonly padded: number
  readonly unpadded: number
  /** The highest unpadded version by its first number. */
  readonly highestUnpadded: ReadonlyMap<number, readonly number[]>
}

/** What one tag alone says of its numbering; `24.12` can be December or the twelfth release. */
function numberingOf({ texts, prefix }: Pick<ParsedTag, 'texts' | 'prefix'>): Numbering {
  const [first = '', second] = texts
  if (first.length === 4 && Number(first) >= 1990 && Number(first) < 2100) {
    return second !== undefined || /^v?$/i.test(prefix) ? 'year' : 'counted'
  }
  if (first.length !== 2 || second?.length !== 2) return 'counted'
  if (/^0[1-9]$/.test(second)) return 'short-year'
  return /^1[0-2]$/.test(second) && Number(first) >= 15 ? 'counted-or-short-year' : 'counted'
}

/** Looks once over tags of one flavour. */
export function surveyNumbers(kin: readonly ParsedTag[]): NumberSurvey {
  const countedMajors = new Set<number>()
  const highestUnpadded = new Map<number, readonly number[]>()
  let months = false
  let padded = 0
  for (const tag of kin) {
    const numbering = numberingOf(tag)
    const major = tag.parts[0] ?? 0
    if (numbering === 'short-year') months = true
    if (numbering === 'counted') countedMajors.add(major)
    if (numbering === 'short-year') continue
    const highest = highestUnpadded.get(major)
    if (isPadded(tag)) padded += 1
    else if (highest === undefined || compareNumbers(highest, tag.parts) < 0) highestUnpadded.set(major, tag.parts)
  }
  return { months, countedMajors, padded, unpadded: kin.length - padded, highestUnpadded }
}

/**
 * The numbering of a tag in its list: a doubtful one counts years only where other tags have zero-padded months
 * and none of the same first number has an unpadded one.
 */
export function settleNumbering(tag: ParsedTag, survey: NumberSurvey): Numbering {
  const own = numberingOf(tag)
  if (own !== 'counted-or-short-year') return own
  return survey.months && !survey.countedMajors.has(tag.parts[0] ?? 0) ? 'short-year' : 'counted'
}

/** Whether a candidate may be compared with a current tag of this numbering. */
export function sameNumbering(current: Numbering, candidate: ParsedTag, survey: NumberSurvey): boolean {
  const own = numberingOf(candidate)
  if (own === current) return true
  if (own !== 'counted-or-short-year') return false
  return current === 'short-year' || settleNumbering(candidate, survey) === current
}

/** Whether a number of the version is written with a leading zero. */
export function isPadded({ texts }: Pick<ParsedTag, 'texts'>): boolean {
  return texts.some((text) => text.length > 1 && text.startsWith('0'))
}

/**
 * Whether a zero-padded candidate belongs to the line of an unpadded current tag. It does when it is the only padded one,
 * when padding is the custom of the list, or when padding began within its own major line.
 */
export function paddingBelongs(candidate: ParsedTag, survey: NumberSurvey): boolean {
  if (survey.padded <= 1 || survey.padded >= survey.unpadded) return true
  const before = survey.highestUnpadded.get(candidate.parts[0] ?? 0)
  return before !== undefined && compareNumbers(before, candidate.parts) < 0
}
