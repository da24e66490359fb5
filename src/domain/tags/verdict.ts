import type { StepLevel } from '../policy.ts'

/** What is known of one tag. The digest and both times are optional: a registry's plain tag list gives names only. */
export interface TagFacts {
  readonly tag: string
  readonly digest?: string
  /** When the registry took the tag last. */
  readonly pushedAt?: Date
  /** When we saw the tag first. */
  readonly firstSeenAt?: Date
}

/** Why a verdict is what it is: one word for programs, beside the sentence for people. */
export type ReasonCode =
  | 'current'
  | 'chosen'
  | 'candidate'
  | 'digest-only'
  | 'artefact'
  | 'not-included'
  | 'excluded'
  | 'outside-window'
  | 'no-version'
  | 'commit'
  | 'compound'
  | 'malformed'
  | 'prefix'
  | 'parts'
  | 'scheme'
  | 'padding'
  | 'flavour'
  | 'os-version'
  | 'windows'
  | 'pre-release'
  | 'older'
  | 'same'
  | 'level'
  | 'pushed-earlier'
  | 'too-young'
  | 'not-matched'
  | 'no-push-date'
  | 'other-digest'

/** Yes or no to one tag, and why. `level` is set where the tag is newer than the current one by the rules in use. */
export interface Verdict {
  readonly tag: string
  readonly verdict: 'chosen' | 'candidate' | 'rejected' | 'current'
  readonly level?: StepLevel
  readonly code: ReasonCode
  /** A sentence for the owner of the image that names the parts it speaks of. */
  readonly reason: string
}

/** The answer for one image: the tag to move to, if any, and a verdict on every tag of the list, the best first. */
export interface Judgement {
  readonly chosen: string | null
  readonly level?: StepLevel
  readonly verdicts: readonly Verdict[]
  /** What the owner could do so that more can be said, such as pinning a version instead of `latest`. */
  readonly hint?: string
}

/** What the judgement needs besides the tags and the policy. */
export interface JudgementContext {
  readonly now: Date
  /** `grafana/grafana` or with its registry; some repositories have rules of their own. */
  readonly repository?: string
  /** For `digest-of`: the base tag's digest, `null` when the registry has no such tag, absent when it could not be asked. */
  readonly baseDigest?: string | null
}

/** A verdict of "no". */
export function rejected(tag: string, code: ReasonCode, reason: string): Verdict {
  return { tag, verdict: 'rejected', code, reason }
}
