import type { StepLevel, TagPolicy } from '../policy.ts'
import type { Judgement, TagFacts, Verdict } from './verdict.ts'

/** A tag that the selection would take. */
export interface Ranked {
  readonly facts: TagFacts
  readonly level?: StepLevel
}

/**
 * Takes the first of `ranked`, the best first, that has been known for the policy's minimum age; younger ones say until when
 * they wait. A tag of which no time is known counts as seen right now. `reason` says in a sentence why a tag is taken.
 */
export function chooseFrom<T extends Ranked>(
  ranked: readonly T[],
  { minimumAgeMs }: Pick<TagPolicy, 'minimumAgeMs'>,
  { now, reason: reasonFor }: { now: Date; reason: (chosen: T) => string },
): Judgement {
  let chosen: T | null = null
  let behind = ''
  const verdicts: Verdict[] = []
  const waiting: Verdict[] = []
  for (const entry of ranked) {
    const ready = minimumAgeMs > 0 ? knownSince(entry.facts, now).getTime() + minimumAgeMs : 0
    if (ready > now.getTime()) {
      const reason = `${entry.facts.tag} is new; it waits until ${minuteOf(new Date(ready))}.`
      waiting.push(verdictOn(entry, 'rejected', 'too-young', reason))
    } else if (chosen === null) {
      chosen = entry
      behind = ` would be allowed, but ${entry.facts.tag} comes first.`
      verdicts.push(verdictOn(entry, 'chosen', 'chosen', reasonFor(entry)))
    } else {
      verdicts.push(verdictOn(entry, 'candidate', 'candidate', entry.facts.tag + behind))
    }
  }
  return {
    chosen: chosen?.facts.tag ?? null,
    ...(chosen?.level === undefined ? {} : { level: chosen.level }),
    verdicts: [...verdicts, ...waiting],
  }
}

function knownSince({ firstSeenAt, pushedAt }: TagFacts, now: Date): Date {
  return firstSeenAt ?? pushedAt ?? now
}

function verdictOn(
  { facts: { tag }, level }: Ranked,
  verdict: Verdict['verdict'],
  code: Verdict['code'],
  reason: string,
): Verdict {
  return level === undefined ? { tag, verdict, code, reason } : { tag, verdict, level, code, reason }
}

function minuteOf(date: Date): string {
  return `${date.toISOString().slice(0, 16).replace('T', ' ')} UTC`
}
