import type { Hold } from './hold.ts'
import { tellLength, tellTime } from './tell-time.ts'
import type { UpdateSettings } from './update-settings.ts'
import type { Opening } from './window.ts'

/** An image that a workload could move to. */
export interface Option {
  readonly tag: string | undefined
  readonly digest: string
  /** `digest`, `patch`, `minor`, `major`; `unknown` where the tags have no versions to compare. */
  readonly level: string
  /** ISO time since when it is known. */
  readonly since: string
}

/** What is known of one option besides the workload's settings. */
export interface OptionFacts {
  readonly settings: Pick<UpdateSettings, 'mode' | 'level' | 'minimumAgeMs'>
  /** The tag in use. */
  readonly currentTag: string | undefined
  /** That stand now. */
  readonly holds: readonly Hold[]
  /** It failed its gate on the host of the workload. */
  readonly quarantined: { readonly reason: string; readonly createdAt: string } | undefined
  /** A person said yes to it. */
  readonly isApproved: boolean
  readonly now: Date
}

export interface Situation extends OptionFacts {
  /** Undefined: nothing newer is known. */
  readonly option: Option | undefined
  /** Nothing is updated by itself: who said so, and until when (ISO time). */
  readonly paused: { readonly actor: string; readonly until: string | undefined } | undefined
  /** How its windows stand now. */
  readonly opening: Opening
  /** Phase of the update that is open. */
  readonly openPhase: string | undefined
  /** Why it can never be updated, as a sentence. */
  readonly impossible: string | undefined
}

export interface Eligibility {
  /** What keeps the workload from being updated by itself, as sentences; empty with an option: it will be. */
  readonly blockers: readonly string[]
  /** When the next window opens, where only that is waited for. */
  readonly nextWindowAt: Date | undefined
}

/**
 * Why a workload is not updated by itself now. A person's yes counts for mode, step and age: what stays are holds, the
 * window, a pause and what failed.
 */
export function blockersOf(situation: Situation): Eligibility {
  const { option, opening, impossible } = situation
  if (impossible !== undefined) return { blockers: [impossible], nextWindowAt: undefined }
  if (option === undefined) return { blockers: [], nextWindowAt: undefined }
  const blockers = [...standing(situation), ...objectionsTo(option, situation), ...modeBlockers(situation)]
  if (opening.isOpen) return { blockers, nextWindowAt: undefined }
  const { next } = opening
  const opens = next === undefined ? '' : `; the next one opens ${tellTime(next)}`
  return { blockers: [...blockers, `outside its window${opens}`], nextWindowAt: blockers.length > 0 ? undefined : next }
}

/** What speaks against this very option, while another one of the same workload may be free of it. */
export function objectionsTo(option: Option, facts: OptionFacts): string[] {
  const { settings, holds, quarantined, isApproved, now, currentTag } = facts
  const objections: string[] = []
  const pin = holds.find(({ kind }) => kind === 'pin')
  if (pin !== undefined && option.tag !== currentTag)
    objections.push(`pinned to ${pin.tag ?? currentTag} by ${said(pin)}`)
  const skip = holds.find((hold) => hold.kind === 'skip' && isSkipped(option, hold))
  if (skip !== undefined) objections.push(`this candidate is passed over by ${said(skip)}`)
  if (quarantined !== undefined)
    objections.push(`this image failed here on ${tellTime(quarantined.createdAt)}: ${quarantined.reason}`)
  if (isApproved) return objections
  if (settings.mode === 'auto' && !isWithin(option.level, settings.level))
    objections.push(
      `waits for approval: ${stepOf(option.level)}, and only ${settings.level} ones are taken by themselves`,
    )
  const age = now.getTime() - Date.parse(option.since)
  if (age < settings.minimumAgeMs)
    objections.push(`known for ${tellLength(age)}, wanted: ${tellLength(settings.minimumAgeMs)}`)
  return objections
}

function standing({ openPhase, paused, holds }: Situation): string[] {
  const blockers: string[] = []
  if (openPhase === 'needs-operator')
    blockers.push('an update of it could be taken neither forward nor back and waits for a person')
  else if (openPhase !== undefined) blockers.push(`an update of it is under way (${openPhase})`)
  if (paused !== undefined) {
    const until = paused.until === undefined ? '' : ` until ${tellTime(paused.until)}`
    blockers.push(`updates are paused by ${paused.actor}${until}`)
  }
  for (const hold of holds) {
    if (hold.kind === 'hold') blockers.push(`held by ${said(hold)}`)
    if (hold.kind === 'snooze') blockers.push(`put off until ${tellTime(hold.until ?? '')} by ${said(hold)}`)
  }
  return blockers
}

function modeBlockers({ settings, isApproved }: Situation): string[] {
  if (isApproved || settings.mode === 'auto') return []
  return [settings.mode === 'none' ? '"updates" is set to none: it is only told' : 'waits for approval']
}

const LEVELS = ['digest', 'patch', 'minor', 'major']

/** A step of unknown size may be a large one. */
function isWithin(level: string, most: string): boolean {
  const size = LEVELS.indexOf(level)
  return (size === -1 ? LEVELS.length - 1 : size) <= LEVELS.indexOf(most)
}

function stepOf(level: string): string {
  if (level === 'digest') return 'a new build of its tag'
  return LEVELS.includes(level) ? `a ${level} step` : 'a step of unknown size'
}

function isSkipped(option: Option, { digest, tag }: Hold): boolean {
  return digest === undefined ? tag !== undefined && tag === option.tag : digest === option.digest
}

function said({ actor, createdAt, reason }: Hold): string {
  return `${actor} since ${tellTime(createdAt)}${reason === undefined ? '' : `: ${reason}`}`
}
