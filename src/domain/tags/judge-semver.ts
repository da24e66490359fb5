import type { StepLevel, TagPolicy } from '../policy.ts'
import { chooseFrom, type Ranked } from './choose.ts'
import { levelOf } from './compare-tags.ts'
import { isWithin } from './judge-family.ts'
import { compareSemVer, parseSemVer, type SemVer } from './semver.ts'
import { type Judgement, rejected, type TagFacts, type Verdict } from './verdict.ts'

interface Step extends Ranked {
  readonly version: SemVer
}

/**
 * Chooses the highest tag by SemVer 2.0 among those that read `prefix` and then a version. Pre-releases take part only when the
 * current tag is one. Without `prefix`, the current tag's text before its first digit is it.
 */
export function judgeBySemVer(
  current: string,
  tags: readonly TagFacts[],
  policy: TagPolicy,
  { prefix = current.slice(0, Math.max(current.search(/\d/), 0)), now }: { prefix?: string | undefined; now: Date },
): Judgement {
  const own = current.startsWith(prefix) ? parseSemVer(current.slice(prefix.length)) : null
  const steps: Step[] = []
  const rest: Verdict[] = []
  for (const facts of tags) {
    if (facts.tag === current) continue
    const version = facts.tag.startsWith(prefix) ? parseSemVer(facts.tag.slice(prefix.length)) : null
    const verdict =
      version === null ? noVersion(facts.tag, prefix) : refuse(facts.tag, version, { own, current, policy })
    if (verdict !== null || version === null) rest.push(verdict ?? noVersion(facts.tag, prefix))
    else steps.push(stepTo(facts, version, own))
  }
  steps.sort((a, b) => compareSemVer(b.version, a.version) || (a.facts.tag < b.facts.tag ? -1 : 1))
  const reason = ({ facts }: Step) => `${facts.tag} is the highest version by SemVer.`
  const judgement = chooseFrom(steps, policy, { now, reason })
  return { ...judgement, verdicts: [...judgement.verdicts, ...rest] }
}

function stepTo(facts: TagFacts, version: SemVer, own: SemVer | null): Step {
  return { facts, version, ...(own === null ? {} : { level: levelOf(own.core, version.core) }) }
}

function noVersion(tag: string, prefix: string): Verdict {
  return rejected(tag, 'no-version', `${tag} is not ${prefix === '' ? '' : `"${prefix}" and then `}a SemVer version.`)
}

function refuse(
  tag: string,
  version: SemVer,
  { own, current, policy }: { own: SemVer | null; current: string; policy: TagPolicy },
): Verdict | null {
  if (version.preRelease !== null && (own?.preRelease ?? null) === null) {
    return rejected(tag, 'pre-release', `${tag} is a pre-release and ${current} is not.`)
  }
  if (own === null) return null
  const order = compareSemVer(version, own)
  if (order === 0) return rejected(tag, 'same', `${tag} is the same version as ${current}.`)
  if (order < 0) return rejected(tag, 'older', `${tag} is older than ${current}.`)
  const level: StepLevel = levelOf(own.core, version.core)
  if (isWithin(level, policy.level)) return null
  return { ...rejected(tag, 'level', `${tag} is a ${level} step; the policy allows ${policy.level} steps.`), level }
}
