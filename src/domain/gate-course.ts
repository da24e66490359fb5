/** What the engine says of a container at one moment (`State` and `RestartCount` of an inspection). */
export interface ContainerState {
  /** created, running, paused, restarting, removing, exited, dead. */
  readonly status: string
  /** Also true while it waits to be restarted. */
  readonly running: boolean
  readonly restarting: boolean
  /** Restarts by its own policy since somebody started it. */
  readonly restartCount: number
  /** The engine's text, only ever compared with itself: the clocks of two machines have nothing to do with each other. */
  readonly startedAt: string
  readonly exitCode: number
  readonly oomKilled: boolean
  /** Why it could not be started, in the engine's words. */
  readonly error: string
  /** Undefined: it has no health check. */
  readonly health: ContainerHealth | undefined
}

export interface ContainerHealth {
  /** starting, healthy, unhealthy. */
  readonly status: string
  readonly failingStreak: number
  /** What the last check printed. */
  readonly output: string
}

/** One try of the probe. */
export interface ProbeTry {
  /** When it ended, as in `Observation.at`. */
  readonly at: number
  readonly ok: boolean
  /** False: nothing of the container answered, not even with a refusal. */
  readonly reachable: boolean
  /** What was asked and what came of it: `GET http://172.17.0.2:8080/ answered 503`. */
  readonly detail: string
}

export interface Observation {
  /** Milliseconds since the gate began, by a clock that only goes forward; the time in which the engine was away is left out. */
  readonly at: number
  readonly state: ContainerState
  readonly probe?: ProbeTry | undefined
  /** The engine could not be reached just before. */
  readonly afterOutage?: boolean
}

/** What the observations come to, as far as the last of them. */
export interface Course {
  /** When the start under way was first seen. */
  startAt: number
  /** Since when it has been running without a pause or an end; undefined: is not. */
  upAt: number | undefined
  /** Since when it has not; undefined: is running. */
  downAt: number | undefined
  healthyAt: number | undefined
  probedAt: number | undefined
  /** Since when it has been lying there, ended. */
  endedAt: number | undefined
  /** `RestartCount` from which on a restart is its own. */
  baseline: number
  foreignStarts: number
  /** The engine was away, and the container has not been seen running since. */
  isAfterOutage: boolean
  /** The last state in which an exit code could be seen. */
  exit: ContainerState | undefined
  lastTry: ProbeTry | undefined
  wasReachable: boolean
}

/** Folds the observations, oldest first. */
export function followCourse(line: readonly Observation[]): Course {
  const course = newCourse(line[0]?.at ?? 0)
  let startedAt = line[0]?.state.startedAt
  for (const observation of line) {
    const { at, state, afterOutage = false } = observation
    if (afterOutage) {
      course.isAfterOutage = true
      course.baseline = state.restartCount
    }
    if (state.startedAt !== startedAt) beginAnew(course, at)
    startedAt = state.startedAt
    followState(course, observation)
    followProbe(course, observation)
  }
  return course
}

function newCourse(at: number): Course {
  return {
    startAt: at,
    upAt: undefined,
    downAt: undefined,
    healthyAt: undefined,
    probedAt: undefined,
    endedAt: undefined,
    baseline: 0,
    foreignStarts: 0,
    isAfterOutage: false,
    exit: undefined,
    lastTry: undefined,
    wasReachable: false,
  }
}

function beginAnew(course: Course, at: number): void {
  if (!course.isAfterOutage) course.foreignStarts++
  course.startAt = at
  course.upAt = undefined
  course.healthyAt = undefined
  course.probedAt = undefined
}

function followState(course: Course, { at, state }: Observation): void {
  const isPaused = state.status === 'paused'
  const isUp = state.running && !state.restarting && !isPaused
  if (isUp) course.isAfterOutage = false
  else if (!isPaused) course.exit = state
  course.upAt = isUp ? (course.upAt ?? at) : undefined
  course.downAt = isUp ? undefined : (course.downAt ?? at)
  course.endedAt = hasEnded(state) ? (course.endedAt ?? at) : undefined
  course.healthyAt = state.health?.status === 'healthy' ? (course.healthyAt ?? at) : undefined
}

function followProbe(course: Course, { probe }: Observation): void {
  if (probe === undefined) return
  course.lastTry = probe
  course.wasReachable ||= probe.reachable
  if (probe.ok) course.probedAt ??= probe.at
}

/** Whether it lies there, neither running nor about to. */
export function hasEnded({ status, running, restarting }: ContainerState): boolean {
  return !running && !restarting && status !== 'created' && status !== 'removing'
}
