import type { TagPolicy } from '../policy.ts'
import { chooseFrom, type Ranked } from './choose.ts'
import { compareNatural } from './natural-order.ts'
import { type Judgement, type JudgementContext, rejected, type TagFacts, type Verdict } from './verdict.ts'

/**
 * Finds the version tag that a base tag such as `latest` stands for: the matching tag with the base tag's digest, the most
 * precise one if several have it. When the registry has no such base tag, the newest matching tag; when it could not be asked, none.
 * A tag older than a current one that matches itself is never chosen.
 */
export function judgeByDigest(
  current: string,
  tags: readonly TagFacts[],
  policy: TagPolicy,
  {
    select,
    context,
  }: {
    select: { baseTag: string; matcher: { test(tag: string): boolean; source: string } }
    context: JudgementContext
  },
): Judgement {
  const isGuarded = select.matcher.test(current)
  const ranked: TagFacts[] = []
  const rest: Verdict[] = []
  for (const facts of tags) {
    if (facts.tag === current) continue
    const verdict = refuse(facts, select, context)
    if (verdict !== null) rest.push(verdict)
    else if (isGuarded && compareNatural(facts.tag, current) < 0) {
      rest.push(
        rejected(facts.tag, 'older', `${facts.tag} is what ${select.baseTag} stands for, but older than ${current}.`),
      )
    } else ranked.push(facts)
  }
  ranked.sort((a, b) => compareNatural(b.tag, a.tag))
  const isCurrent =
    context.baseDigest != null && tags.some((facts) => facts.tag === current && facts.digest === context.baseDigest)
  const holds = isCurrent && isGuarded
  const reason = ({ facts: { tag } }: Ranked) =>
    context.baseDigest === null
      ? `${tag} is the newest tag that matches.`
      : `${tag} is what ${select.baseTag} stands for now.`
  const judgement = chooseFrom(holds ? [] : ranked.map((facts) => ({ facts })), policy, { now: context.now, reason })
  const equal = holds ? ranked.map(({ tag }) => rejected(tag, 'same', `${tag} and ${current} are one image.`)) : []
  return { ...judgement, verdicts: [...judgement.verdicts, ...equal, ...rest] }
}

function refuse(
  { tag, digest }: TagFacts,
  { baseTag, matcher }: { baseTag: string; matcher: { test(tag: string): boolean; source: string } },
  { baseDigest }: JudgementContext,
): Verdict | null {
  if (tag === baseTag || !matcher.test(tag))
    return rejected(tag, 'not-matched', `${tag} does not match ${matcher.source}.`)
  if (baseDigest === null) return null
  if (baseDigest === undefined)
    return rejected(tag, 'other-digest', `The registry did not say what ${baseTag} stands for.`)
  if (digest === baseDigest) return null
  return rejected(tag, 'other-digest', `${tag} is not the image that ${baseTag} stands for.`)
}
