import type { TagPolicy } from '../policy.ts'
import { judgeByDigest } from './digest-of.ts'
import { matchesGlob } from './glob.ts'
import { hintFor } from './hint.ts'
import { type JudgementInput, judgeFamily } from './judge-family.ts'
import { judgeBySemVer } from './judge-semver.ts'
import { judgeByPush } from './newest-push.ts'
import { type Judgement, type JudgementContext, rejected, type TagFacts, type Verdict } from './verdict.ts'
import { isExcluded, isIncluded, tagWindow } from './window.ts'
import { isArtefact } from './words.ts'

export type { Judgement, JudgementContext, TagFacts } from './verdict.ts'

/**
 * Judges every tag of an image's repository against the tag in use: which one to move to under the policy, and for each of the
 * others why not. Pure, and the same for every order of `tags` unless the policy cuts the registry's own order by `maxTags`.
 *
 * The verdicts stand best first: the chosen tag, other candidates, those that wait or lie beyond the level, the current tag,
 * then all others by name.
 */
export function judgeTags(
  current: string,
  tags: readonly TagFacts[],
  policy: TagPolicy,
  context: JudgementContext,
): Judgement {
  const facts = new Map<string, TagFacts>()
  for (const entry of tags) facts.set(entry.tag, entry)
  const unique = facts.size === tags.length ? tags : [...facts.values()]
  if (policy.level === 'digest') return keepTag(current, unique, facts)
  const barred = barredTags(current, unique, policy)
  const judgement = select(current, unique, policy, { context, barred, facts })
  const ranked: Verdict[] = []
  const others = [...barred.values()]
  for (const verdict of judgement.verdicts) (isRanked(verdict) ? ranked : others).push(verdict)
  const verdicts = [...ranked, ...currentVerdict(current, facts), ...others.sort(byName)]
  return { ...judgement, verdicts }
}

function select(
  current: string,
  tags: readonly TagFacts[],
  policy: TagPolicy,
  { context, barred, facts }: JudgementInput,
): Judgement {
  const selection = policy.select
  if (selection.by === 'family') {
    const judgement = judgeFamily(current, tags, policy, { context, barred, facts })
    const { chosen, level, verdicts } = judgement
    const open = () => tags.filter(({ tag }) => !barred.has(tag))
    const hint = chosen === null ? hintFor(current, open(), judgement) : null
    return { chosen, ...(level === undefined ? {} : { level }), verdicts, ...(hint === null ? {} : { hint }) }
  }
  const open = tags.filter(({ tag }) => !barred.has(tag))
  const { now } = context
  switch (selection.by) {
    case 'glob': {
      const matches = (tag: string) => matchesGlob(selection.pattern, tag)
      return judgeByPush(current, open, policy, { matches, pattern: selection.pattern, now })
    }
    case 'regex': {
      const matches = (tag: string) => selection.matcher.test(tag)
      return judgeByPush(current, open, policy, { matches, pattern: selection.matcher.source, now })
    }
    case 'semver':
      return judgeBySemVer(current, open, policy, { prefix: selection.prefix, now })
    case 'digest-of':
      return judgeByDigest(current, open, policy, { select: selection, context })
  }
}

/** The tags that the policy's patterns rule out before any comparison; the current tag is never one of them. */
function barredTags(current: string, tags: readonly TagFacts[], policy: TagPolicy): Map<string, Verdict> {
  const barred = new Map<string, Verdict>()
  if (policy.include.length === 0 && policy.exclude.length === 0 && policy.maxTags === 0) return barred
  const names = tags.map(({ tag }) => tag)
  const window = new Set(tagWindow(names, policy).tags)
  for (const tag of names) {
    if (tag === current || window.has(tag)) continue
    barred.set(tag, barredVerdict(tag, policy))
  }
  return barred
}

function barredVerdict(tag: string, policy: TagPolicy): Verdict {
  if (isArtefact(tag))
    return rejected(tag, 'artefact', `${tag} is a signature or a description of an image, not an image.`)
  if (!isIncluded(tag, policy)) return rejected(tag, 'not-included', `${tag} matches none of the include patterns.`)
  if (isExcluded(tag, policy)) return rejected(tag, 'excluded', `${tag} matches an exclude pattern.`)
  return rejected(tag, 'outside-window', `${tag} is not among the first ${policy.maxTags} tags.`)
}

function keepTag(current: string, tags: readonly TagFacts[], facts: ReadonlyMap<string, TagFacts>): Judgement {
  const reason = (tag: string) =>
    `The policy keeps ${current} and follows only its digest, so ${tag} is not considered.`
  const others = tags
    .filter(({ tag }) => tag !== current)
    .map(({ tag }) => rejected(tag, 'digest-only', reason(tag)))
    .sort(byName)
  return { chosen: null, verdicts: [...currentVerdict(current, facts), ...others] }
}

function currentVerdict(current: string, facts: ReadonlyMap<string, TagFacts>): Verdict[] {
  if (!facts.has(current)) return []
  return [{ tag: current, verdict: 'current', code: 'current', reason: `${current} is the tag in use.` }]
}

/** Whether the selection has given the tag a place of its own, rather than only a reason. */
function isRanked({ verdict, level, code }: Verdict): boolean {
  return verdict !== 'rejected' || level !== undefined || code === 'too-young'
}

function byName(a: Verdict, b: Verdict): number {
  return a.tag < b.tag ? -1 : Number(a.tag > b.tag)
}
