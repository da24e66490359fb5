import type { TagPolicy } from '../policy.ts'
import { chooseFrom, type Ranked } from './choose.ts'
import { compareNatural } from './natural-order.ts'
import { type Judgement, rejected, type TagFacts, type Verdict } from './verdict.ts'

/**
 * Chooses the tag pushed last among those that `matches` lets through, if it was pushed after the current one. Tags of
 * which no push time is known cannot take part.
 */
export function judgeByPush(
  current: string,
  tags: readonly TagFacts[],
  policy: TagPolicy,
  { matches, pattern, now }: { matches: (tag: string) => boolean; pattern: string; now: Date },
): Judgement {
  const since = tags.find(({ tag }) => tag === current)?.pushedAt
  const ranked: (Ranked & { pushed: number })[] = []
  const rest: Verdict[] = []
  for (const facts of tags) {
    if (facts.tag === current) continue
    if (!matches(facts.tag)) rest.push(rejected(facts.tag, 'not-matched', `${facts.tag} does not match ${pattern}.`))
    else if (facts.pushedAt === undefined) {
      rest.push(rejected(facts.tag, 'no-push-date', `The registry does not say when ${facts.tag} was pushed.`))
    } else if (since !== undefined && facts.pushedAt <= since) {
      rest.push(rejected(facts.tag, 'pushed-earlier', `${facts.tag} was not pushed after ${current}.`))
    } else {
      ranked.push({ facts, pushed: facts.pushedAt.getTime() })
    }
  }
  ranked.sort((a, b) => b.pushed - a.pushed || compareNatural(b.facts.tag, a.facts.tag))
  const reason = ({ facts }: Ranked) => `${facts.tag} was pushed last among the tags that match ${pattern}.`
  const judgement = chooseFrom(ranked, policy, { now, reason })
  return { ...judgement, verdicts: [...judgement.verdicts, ...rest] }
}
