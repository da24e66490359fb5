import type { Level, StepLevel, TagPolicy } from '../policy.ts'
import { chooseFrom, type Ranked } from './choose.ts'
import { compareNewer, compareToCurrent, type Newer } from './compare-tags.ts'
import { type Family, settleFamily } from './family.ts'
import { type Incomparable, type ParsedTag, type ParseOptions, parseTag, parseTagLike } from './parse-tag.ts'
import { createReasons, incomparableReason, type Reasons } from './reasons.ts'
import { rulePackFor } from './rule-packs.ts'
import { strangeAtSight } from './sight.ts'
import { stampLimits } from './stamp.ts'
import { tailMemory } from './tail.ts'
import { type Judgement, type JudgementContext, rejected, type TagFacts, type Verdict } from './verdict.ts'
import { WINDOWS_RELEASE } from './words.ts'

/** A registry rebuilds a line of tags within hours; only a tag pushed longer than this before the current one is stale. */
const REBUILD_MS = 12 * 3_600_000
const STEPS: Readonly<Record<StepLevel, number>> = { patch: 1, minor: 2, major: 3 }

/** What a judgement needs besides the tags and the policy. */
export interface JudgementInput {
  readonly context: JudgementContext
  /** The tags that the policy's patterns rule out, with their verdicts. */
  readonly barred: ReadonlyMap<string, Verdict>
  /** The tags by name. */
  readonly facts: ReadonlyMap<string, TagFacts>
}

/** The family judgement with what it learnt on the way, for hints. */
export interface FamilyJudgement extends Judgement {
  readonly current: ParsedTag | Incomparable
  /** The parsed tags that begin and count like the current one. */
  readonly relatives: readonly ParsedTag[]
  readonly options: ParseOptions
}

/**
 * Judges the tags of one family: same prefix, same number of parts, same flavour. `barred` are the tags that the policy's
 * patterns rule out; they still tell how the family writes its versions.
 */
export function judgeFamily(
  current: string,
  tags: readonly TagFacts[],
  policy: TagPolicy,
  { context, barred, facts }: JudgementInput,
): FamilyJudgement {
  const options = parseOptions(current, tags, context)
  const parsed = parseTag(current, options)
  if (parsed.scheme === 'none' || isWindowsRelease(current, tags, context)) {
    return { ...alone(current, parsed, tags), current: parsed, relatives: [], options }
  }
  const reasons = createReasons(parsed)
  const { relatives, strangers } = partition(parsed, tags, { options, reasons })
  const family = settleFamily(parsed, withCurrent(relatives, parsed), options.limits)
  const newer: Newer[] = []
  const rest: Verdict[] = []
  for (const tag of relatives) {
    if (barred.has(tag.tag) || tag.tag === current) continue
    const step = compareToCurrent(tag, family)
    if ('level' in step) newer.push(step)
    else rest.push(rejected(tag.tag, step.code, reasons.family(tag, step.code, family)))
  }
  const judgement = rankNewer(newer, family, { policy, facts, now: context.now })
  const others = strangers.filter(({ tag }) => !barred.has(tag) && tag !== current)
  return { ...judgement, verdicts: [...judgement.verdicts, ...rest, ...others], current: parsed, relatives, options }
}

/** How the tags of a repository are to be read at a given time. */
function parseOptions(current: string, tags: readonly TagFacts[], { now, repository }: JudgementContext): ParseOptions {
  const { numberPrefixes = [], fixWord } = rulePackFor(repository)
  const shortDates = readsAsShortDates(current, tags, now)
  return {
    limits: stampLimits(now, { shortDates }),
    numberPrefixes,
    ...(fixWord === undefined ? {} : { fixWord }),
    memory: tailMemory(),
  }
}

/** Six digits are dates unless most tags with the same text around six digits are none. */
function readsAsShortDates(current: string, tags: readonly TagFacts[], now: Date): boolean {
  const found = /(?<!\d)\d{6}(?!\d)/.exec(current)
  if (found === null) return true
  const head = current.slice(0, found.index)
  if (/build[-_.]?$/i.test(head)) return false
  const limits = stampLimits(now)
  let dates = 0
  let others = 0
  for (const { tag } of tags) {
    if (!tag.startsWith(head) || !/^\d{6}(?!\d)/.test(tag.slice(head.length))) continue
    const parsed = parseTag(tag, { limits })
    if (parsed.scheme === 'stamp') dates += 1
    else others += 1
  }
  return dates >= others
}

function partition(
  current: ParsedTag,
  tags: readonly TagFacts[],
  { options, reasons }: { options: ParseOptions; reasons: Reasons },
) {
  const relatives: ParsedTag[] = []
  const strangers: Verdict[] = []
  for (const { tag } of tags) {
    const stranger = strangeAtSight(tag, current, reasons)
    if (stranger !== null) {
      strangers.push(stranger)
      continue
    }
    const parsed = parseTagLike(tag, current, options)
    if (parsed.scheme === 'none') strangers.push(rejected(tag, parsed.code, incomparableReason(tag, parsed.code)))
    else if (isRelative(parsed, current)) relatives.push(parsed)
    else strangers.push(rejected(tag, 'prefix', reasons.prefix(tag)))
  }
  return { relatives, strangers }
}

function isRelative(tag: ParsedTag, current: ParsedTag): boolean {
  return tag.prefix === current.prefix && tag.scheme === current.scheme && tag.texts.length === current.texts.length
}

function withCurrent(relatives: readonly ParsedTag[], current: ParsedTag): readonly ParsedTag[] {
  return relatives.some(({ tag }) => tag === current.tag) ? relatives : [...relatives, current]
}

type Allowed = Required<Ranked>

interface RankContext {
  readonly policy: TagPolicy
  readonly facts: ReadonlyMap<string, TagFacts>
  readonly now: Date
}

/** Sorts newer tags into those allowed, those beyond the level and those pushed too early, each the best first. */
function rankNewer(newer: Newer[], family: Family, { policy, facts, now }: RankContext): Judgement {
  newer.sort((a, b) => compareNewer(a, b, family))
  const since = facts.get(family.current.tag)?.pushedAt
  const allowed: Allowed[] = []
  const beyond: Verdict[] = []
  const stale: Verdict[] = []
  for (const step of newer) {
    const own = facts.get(step.tag.tag) ?? { tag: step.tag.tag }
    if (isStale(own, since)) stale.push(staleVerdict(step, family))
    else if (!isWithin(step.level, policy.level)) beyond.push(beyondLevel(step, policy.level))
    else allowed.push({ facts: own, level: step.level })
  }
  const reason = ({ facts: { tag }, level }: Allowed) =>
    `${tag} is the newest tag of the line of ${family.current.tag}: a ${level} step.`
  const judgement = chooseFrom(allowed, policy, { now, reason })
  return { ...judgement, verdicts: [...judgement.verdicts, ...beyond, ...stale] }
}

/** Whether a step is no larger than the policy's level. */
export function isWithin(step: StepLevel, level: Level): boolean {
  return level !== 'digest' && STEPS[step] <= STEPS[level]
}

function isStale({ pushedAt }: TagFacts, since: Date | undefined): boolean {
  return since !== undefined && pushedAt !== undefined && pushedAt.getTime() < since.getTime() - REBUILD_MS
}

function beyondLevel({ tag, level }: Newer, allowed: Level): Verdict {
  const reason = `${tag.tag} is a ${level} step; the policy allows ${allowed} steps.`
  return { ...rejected(tag.tag, 'level', reason), level }
}

function staleVerdict({ tag, level }: Newer, { current }: Family): Verdict {
  const reason = `${tag.tag} was pushed before ${current.tag}, so its higher number does not make it newer.`
  return { ...rejected(tag.tag, 'pushed-earlier', reason), level }
}

/** Whether the current tag is a Windows release, which no other release can stand in for. */
function isWindowsRelease(current: string, tags: readonly TagFacts[], { repository }: JudgementContext): boolean {
  if (!WINDOWS_RELEASE.test(current)) return false
  return rulePackFor(repository).windows === true || tags.some(({ tag }) => /^ltsc\d{4}/i.test(tag))
}

/** The judgement on a tag that has no family. */
function alone(current: string, parsed: ParsedTag | Incomparable, tags: readonly TagFacts[]): Judgement {
  const why =
    parsed.scheme === 'none'
      ? incomparableReason(current, parsed.code)
      : `${current} is a Windows release, and a Windows image must match its host.`
  const code = parsed.scheme === 'none' ? parsed.code : 'windows'
  return {
    chosen: null,
    verdicts: tags
      .filter(({ tag }) => tag !== current)
      .map(({ tag }) => rejected(tag, code, `No tag is compared: ${why}`)),
  }
}
