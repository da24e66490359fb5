import type { ContainerHealth, ContainerState } from './gate-course.ts'

/** What people know such exit codes by (128 + signal; 126 and 127 as in every shell). */
const MEANING: Readonly<Record<number, string>> = {
  126: 'the command cannot be executed',
  127: 'the command was not found',
  134: 'aborted',
  137: 'killed',
  139: 'segmentation fault',
  143: 'terminated',
}

/** `ended at once with exit code 137 (killed): it ran out of memory (OOMKilled)`. `when` comes with a leading blank. */
export function describeEnd(
  { exitCode, oomKilled, error }: Pick<ContainerState, 'exitCode' | 'oomKilled' | 'error'>,
  when = '',
): string {
  const why = [oomKilled ? 'it ran out of memory (OOMKilled)' : '', error.replace(/\.$/, '')].filter(Boolean).join('; ')
  return `ended${when} with ${describeExitCode(exitCode)}${why === '' ? '' : `: ${why}`}`
}

/** `exit code 127 (the command was not found)`. */
export function describeExitCode(exitCode: number): string {
  const meaning = MEANING[exitCode]
  return `exit code ${exitCode}${meaning === undefined ? '' : ` (${meaning})`}`
}

/** What the health check has found, with what it said last. */
export function describeUnhealthy({ failingStreak, output }: ContainerHealth): string {
  const times = failingStreak === 1 ? 'once' : `${failingStreak} times in a row`
  return `The container is unhealthy: its health check failed ${times}${output === '' ? '.' : ` and last said: ${output}`}`
}

/** `10 s`, `0.3 s`. */
export function describeSeconds(ms: number): string {
  return `${ms < 10_000 ? Math.round(ms / 100) / 10 : Math.round(ms / 1000)} s`
}

/** Durations of a health check in the engine's nanoseconds; 0: the engine's default. */
export interface HealthTimes {
  readonly startPeriod: number
  readonly interval: number
  readonly timeout: number
  readonly retries: number
}

const DEFAULT_INTERVAL_MS = 30_000
const DEFAULT_TIMEOUT_MS = 30_000
const DEFAULT_RETRIES = 3

/** How long a health check may say `starting` before it must have said something else, in milliseconds (Engine API, `HealthConfig`). */
export function startingTime({ startPeriod, interval, timeout, retries }: HealthTimes): number {
  const round = (milliseconds(interval) || DEFAULT_INTERVAL_MS) + (milliseconds(timeout) || DEFAULT_TIMEOUT_MS)
  return milliseconds(startPeriod) + (retries || DEFAULT_RETRIES) * round
}

function milliseconds(nanoseconds: number): number {
  return nanoseconds / 1_000_000
}
