import type { StepLevel } from '../policy.ts'
import { type Family, suffixFor } from './family.ts'
import { isPadded, paddingBelongs, sameNumbering } from './numbering.ts'
import type { ParsedTag } from './parse-tag.ts'
import { compareNumbers, compareStages, FINAL_RANK, isPreRelease, rankOf } from './stage.ts'
import type { Suffix } from './suffix.ts'
import type { ReasonCode } from './verdict.ts'

/** A tag of the family that is newer than the current one. */
export interface Newer {
  readonly tag: ParsedTag
  readonly suffix: Suffix
  readonly level: StepLevel
  /** It comes before its release, or is a build between two releases. */
  readonly unstable: boolean
  /** How its operating systems compare with the current tag's: the same, named more precisely, or newer. */
  readonly os: OsStep
}

/** Why a tag is not newer; `detail` names the part for the sentence. */
interface NotNewer {
  readonly code: ReasonCode
  readonly detail?: string
}

type OsStep = 'same' | 'finer' | 'newer'

/** Judges one tag of the same scheme against the current one. The level of a policy and dates are not its business. */
export function compareToCurrent(tag: ParsedTag, family: Family): Newer | NotNewer {
  const suffix = suffixFor(tag, family.suffix, family.limits)
  return foreignTo(tag, suffix, family) ?? stepFrom(tag, suffix, family)
}

/**
 * Orders newer tags, the best first: releases before pre-releases, then version, stage, commits, the operating system of
 * the current tag before any other, build counters, and among equals the spelling of the current tag.
 */
export function compareNewer(a: Newer, b: Newer, family: Family): number {
  return (
    Number(a.unstable) - Number(b.unstable) ||
    compareNumbers(b.tag.parts, a.tag.parts) ||
    stageOrder(b.tag, a.tag) ||
    b.tag.commits - a.tag.commits ||
    osOrder(a, b) ||
    compareCounters(b.suffix, a.suffix) ||
    Number(hasSpellingOf(b.tag, family)) - Number(hasSpellingOf(a.tag, family)) ||
    (a.tag.tag < b.tag.tag ? -1 : Number(a.tag.tag > b.tag.tag))
  )
}

/** The level of a step between two versions: a single number is a major version, a counter or a stage behind it a patch. */
export function levelOf(from: readonly number[], to: readonly number[]): StepLevel {
  const index = from.findIndex((part, at) => part !== to[at])
  if (index === 0) return 'major'
  return index === 1 ? 'minor' : 'patch'
}

/** The first thing that makes the tag another family, if any. */
function foreignTo(tag: ParsedTag, suffix: Suffix, family: Family): NotNewer | null {
  const { current, suffix: own } = family
  if (tag.scheme !== current.scheme || tag.shape !== current.shape) return { code: 'scheme' }
  if (tag.prefix !== current.prefix) return { code: 'prefix' }
  if (tag.scheme === 'version' && tag.parts.length !== current.parts.length) return { code: 'parts' }
  if (suffix.template !== own.template) return { code: 'flavour' }
  if (!sameBareNumbers(suffix, own, family.moving)) return { code: 'flavour' }
  if (tag.scheme !== 'version') return null
  if (!sameNumbering(family.numbering, tag, family.survey)) return { code: 'scheme' }
  if (family.numbering === 'counted' && isPadded(tag) && !isPadded(current) && !paddingBelongs(tag, family.survey)) {
    return { code: 'padding' }
  }
  return isWindowsBuild(current) && compareNumbers(tag.parts.slice(0, 3), current.parts.slice(0, 3)) !== 0
    ? { code: 'windows' }
    : null
}

function sameBareNumbers(suffix: Suffix, own: Suffix, moving: readonly boolean[]): boolean {
  return moving.every(
    (moves, index) =>
      moves || compareNumbers(suffix.counters[index]?.values ?? [], own.counters[index]?.values ?? []) === 0,
  )
}

/** `10.0.20348.2461`: the build number of the third part names the Windows release. */
function isWindowsBuild({ parts, prefix }: ParsedTag): boolean {
  return prefix === '' && parts.length >= 3 && parts[0] === 10 && parts[1] === 0 && (parts[2] ?? 0) >= 10_240
}

function stepFrom(tag: ParsedTag, suffix: Suffix, family: Family): Newer | NotNewer {
  const { current } = family
  const core = current.scheme === 'version' ? compareNumbers(tag.parts, current.parts) : 0
  if (core < 0) return { code: 'older' }
  const stage = compareStageTo(tag, core, family)
  if (stage !== 'newer' && stage !== 'equal') return { code: stage }
  const os = osStep(suffix, family.suffix)
  if (os === 'older') return { code: 'os-version' }
  const risen = core > 0 || stage === 'newer' || current.scheme === 'stamp'
  if (!risen && os !== 'same') return { code: 'os-version' }
  const order = core || (stage === 'newer' ? 1 : 0) || orderBehind(tag, suffix, family)
  if (order < 0) return { code: 'older' }
  if (order === 0) return { code: 'same' }
  const unstable = !family.variant && (isPreRelease(tag.stage) || tag.commits > 0)
  const level = current.scheme === 'version' ? levelOf(current.parts, tag.parts) : 'patch'
  return { tag, suffix, level, unstable, os }
}

/** What follows version and stage: the stamp itself, commits, then build counters. */
function orderBehind(tag: ParsedTag, suffix: Suffix, { current, suffix: own }: Family): number {
  const stamp = current.scheme === 'stamp' ? compareNumbers(tag.parts, current.parts) : 0
  return stamp || tag.commits - current.commits || compareCounters(suffix, own)
}

/**
 * The stage of a tag of the same or a later version against the current one's. A release never becomes a pre-release; a
 * pre-release goes on to a later one of the same version or to any release; a channel goes on within itself.
 */
function compareStageTo(tag: ParsedTag, core: number, family: Family): 'newer' | 'equal' | ReasonCode {
  const { current, variant } = family
  const sameWord =
    tag.stage?.word === current.stage?.word && tag.stage?.numbers.length === current.stage?.numbers.length
  if (variant) return sameWord ? 'equal' : 'flavour'
  if (!isUnstable(current)) return compareReleases(tag, core, family)
  if (!isUnstable(tag)) return core > 0 || isPreRelease(current.stage) ? 'newer' : 'older'
  if (core > 0) return followsOn(tag, current) ? 'newer' : 'pre-release'
  const order = compareStages(tag.stage, current.stage)
  if (order === null) return 'pre-release'
  if (order === 0) return 'equal'
  return order > 0 ? 'newer' : 'older'
}

function compareReleases(tag: ParsedTag, core: number, { current }: Family): 'newer' | 'equal' | ReasonCode {
  if (isUnstable(tag)) return 'pre-release'
  if (isNamedFinal(tag) !== isNamedFinal(current)) return 'flavour'
  if (core > 0) return 'newer'
  const order = compareStages(tag.stage, current.stage) ?? 0
  if (order === 0) return 'equal'
  return order > 0 ? 'newer' : 'older'
}

/** A pre-release of a later version is only a step for a channel: a dated one, or builds between releases. */
function followsOn(tag: ParsedTag, current: ParsedTag): boolean {
  if (current.stage === null) return tag.stage === null && current.commits > 0
  return current.stage.dated && tag.stage?.dated === true && tag.stage.word === current.stage.word
}

function isUnstable(tag: ParsedTag): boolean {
  return isPreRelease(tag.stage) || tag.commits > 0
}

function isNamedFinal({ stage }: ParsedTag): boolean {
  return stage !== null && stage.rank === FINAL_RANK
}

function osStep(suffix: Suffix, own: Suffix): OsStep | 'older' {
  let step: OsStep = 'same'
  for (const [index, version] of own.os.entries()) {
    const other = suffix.os[index] ?? null
    if (version === null && other !== null && step === 'same') step = 'finer'
    if (version === null) continue
    const order = other === null ? -1 : compareNumbers(other, version) || other.length - version.length
    if (order < 0) return 'older'
    if (order > 0) step = 'newer'
  }
  return step
}

function osOrder(a: Newer, b: Newer): number {
  const rank = Number(a.os !== 'same') - Number(b.os !== 'same')
  if (rank !== 0 || a.os === 'same') return rank
  for (const [index, version] of a.suffix.os.entries()) {
    const order = compareNumbers(b.suffix.os[index] ?? [], version ?? [])
    if (order !== 0) return order
  }
  return 0
}

function compareCounters(a: Suffix, b: Suffix): number {
  for (const [index, counter] of a.counters.entries()) {
    const order = compareNumbers(counter.values, b.counters[index]?.values ?? [])
    if (order !== 0) return order
  }
  return 0
}

function stageOrder(a: ParsedTag, b: ParsedTag): number {
  return rankOf(a.stage) - rankOf(b.stage) || compareNumbers(a.stage?.numbers ?? [], b.stage?.numbers ?? [])
}

function hasSpellingOf(tag: ParsedTag, { current }: Family): boolean {
  if (tag.stage?.spelling !== current.stage?.spelling) return false
  return tag.texts.every((text, index) => text.length === current.texts[index]?.length)
}
