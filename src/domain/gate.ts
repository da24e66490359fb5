import { type Course, followCourse, hasEnded, type Observation } from './gate-course.ts'
import { describeEnd, describeSeconds, describeUnhealthy } from './gate-words.ts'
import type { GateSettings } from './update-settings.ts'

export interface GateRules {
  readonly settings: GateSettings
  /** How long the container's health check may say `starting`, in milliseconds; undefined: it has no health check. */
  readonly startingMs: number | undefined
  /** `no`, `on-failure`, `always`, `unless-stopped`. */
  readonly restartPolicy: string
  /** Ending with exit code 0 is its nature: the one before it had ended so, too. */
  readonly mayEnd: boolean
}

/** `disturbed`: it did not come through, but its image is not to blame. */
export type GateVerdict =
  | { readonly kind: 'wait'; readonly reason: string }
  | { readonly kind: 'passed'; readonly reason: string }
  | { readonly kind: 'disturbed'; readonly reason: string }
  /** `exit`: it ended; `unseen` when nobody saw with which exit code. */
  | { readonly kind: 'failed'; readonly reason: string; readonly exit: 'none' | 'seen' | 'unseen' }

/** How long a probe may fail, or a container be paused, where nothing else limits it. */
export const PROBE_MS = 60_000
/** A stop by somebody else is believed when it lasts: an engine that goes down stops its containers, too. */
const STOPPED_MS = 3000
/** So often it may be started anew by somebody else. */
const MOST_FOREIGN_STARTS = 2
/** An end so early is called "at once". */
const AT_ONCE_MS = 3000

/**
 * Decides whether a new container is well, from everything seen of it so far, oldest first. `Running` alone says
 * nothing: it is true in a crash loop.
 */
export function judgeGate(line: readonly Observation[], rules: GateRules): GateVerdict {
  const last = line.at(-1)
  if (last === undefined) return { kind: 'wait', reason: 'nothing has been seen yet' }
  const course = followCourse(line)
  return judgeRestarts(last, course) ?? judgeEnd(last, course, rules) ?? judgeHealth(last, rules, course)
}

/** Restarts by its own policy are its own fault; others only begin everything anew, as long as they are few. */
function judgeRestarts({ state }: Observation, course: Course): GateVerdict | undefined {
  const { restartCount, restarting } = state
  if (restartCount > course.baseline || restarting) {
    const times = restartCount > 1 ? `${restartCount} times` : 'once'
    const end = course.exit === undefined ? 'ended' : describeEnd(course.exit)
    const reason = `The container ${end}, and its restart policy has restarted it ${times}.`
    return { kind: 'failed', reason, exit: course.exit === undefined ? 'unseen' : 'seen' }
  }
  if (course.foreignStarts <= MOST_FOREIGN_STARTS) return undefined
  const end = course.exit === undefined ? '' : `; it ${describeEnd(course.exit)}`
  const reason = `The container was started anew ${course.foreignStarts} times${end}.`
  return { kind: 'failed', reason, exit: course.exit === undefined ? 'unseen' : 'seen' }
}

function judgeEnd(last: Observation, course: Course, rules: GateRules): GateVerdict | undefined {
  const { state } = last
  if (state.status === 'created') {
    if (state.error !== '' || state.exitCode !== 0) return ended(`could not be started and ${describeEnd(state)}`)
    return { kind: 'disturbed', reason: 'The container has not been started.' }
  }
  if (!hasEnded(state)) return undefined
  const isClean = !state.oomKilled && state.error === ''
  if (rules.mayEnd && isClean && state.exitCode === 0)
    return { kind: 'passed', reason: 'ended with exit code 0, as the one before it' }
  if (course.isAfterOutage)
    return { kind: 'disturbed', reason: `The engine was restarted, and the container ${describeEnd(state)} with it.` }
  if (isClean && ALWAYS.has(rules.restartPolicy)) return judgeStop(last, course)
  const lived = (course.endedAt ?? last.at) - course.startAt
  return ended(describeEnd(state, lived < AT_ONCE_MS ? ' at once' : ` after ${describeSeconds(lived)}`))
}

/** Under these policies an end of its own leads to a restart and is never shown as an end. */
const ALWAYS: ReadonlySet<string> = new Set(['always', 'unless-stopped'])

function judgeStop({ at, state }: Observation, course: Course): GateVerdict {
  if (at - (course.endedAt ?? at) < STOPPED_MS) return { kind: 'wait', reason: 'it has been stopped' }
  return { kind: 'disturbed', reason: `The container was stopped by somebody else (it ${describeEnd(state)}).` }
}

function ended(what: string): GateVerdict {
  return { kind: 'failed', reason: `The container ${what}.`, exit: 'seen' }
}

function judgeHealth(last: Observation, rules: GateRules, course: Course): GateVerdict {
  const { at, state } = last
  // While it is not running, the engine calls it unhealthy whatever its check has said.
  if (course.upAt !== undefined && state.health?.status === 'unhealthy') return notWell(describeUnhealthy(state.health))
  const { timeoutMs, soakMs } = rules.settings
  const missing = findMissing(last, rules, course)
  if (missing === undefined) {
    const well = at - Math.max(course.upAt ?? at, course.healthyAt ?? 0, course.probedAt ?? 0)
    // A timeout shorter than the soak could never be kept: then being well at its end is enough.
    const isEnough = well >= soakMs || (timeoutMs !== undefined && timeoutMs <= soakMs && at >= timeoutMs)
    if (isEnough) return { kind: 'passed', reason: `well for ${describeSeconds(well)} without a restart` }
  }
  const why = missing?.reason ?? `it has not yet run ${describeSeconds(soakMs)} without a restart`
  const limit = limitOf(missing, rules, course)
  if (at < limit) return { kind: 'wait', reason: why }
  const reason = `The container was not well within ${describeSeconds(limit)}: ${why}.`
  return missing?.what === 'way' || missing?.what === 'pause' ? { kind: 'disturbed', reason } : notWell(reason)
}

function notWell(reason: string): GateVerdict {
  return { kind: 'failed', reason, exit: 'none' }
}

/** What keeps it from being well. `way`: the probe never reached it. */
interface Missing {
  readonly what: 'pause' | 'health' | 'probe' | 'way'
  readonly reason: string
}

function findMissing({ state }: Observation, rules: GateRules, course: Course): Missing | undefined {
  if (course.upAt === undefined) return { what: 'pause', reason: `it is ${state.status}` }
  if (rules.startingMs !== undefined && course.healthyAt === undefined) {
    const output = state.health?.output ?? ''
    const said = output === '' ? '' : `, which last said: ${output}`
    return { what: 'health', reason: `its health check is still "${state.health?.status ?? 'starting'}"${said}` }
  }
  if (rules.settings.probe === undefined || course.probedAt !== undefined) return undefined
  const detail = course.lastTry?.detail
  const reason = `the probe has not succeeded${detail === undefined ? '' : ` (${detail})`}`
  return { what: course.lastTry === undefined || course.wasReachable ? 'probe' : 'way', reason }
}

/** When what is missing must be there; a soak needs no limit but the gate's own. */
function limitOf(missing: Missing | undefined, { settings, startingMs }: GateRules, course: Course): number {
  if (settings.timeoutMs !== undefined) return settings.timeoutMs
  if (missing === undefined) return Number.POSITIVE_INFINITY
  if (missing.what === 'health') return course.startAt + (startingMs ?? 0)
  return Math.max(course.startAt, course.healthyAt ?? 0, course.downAt ?? 0) + PROBE_MS
}
