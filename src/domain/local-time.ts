import { Failure } from './failure.ts'

const MINUTE_MS = 60_000
const DAY_MS = 86_400_000

/** The clock on the wall of a time zone. A wall time is a number as `Date.UTC` would make of what the clock shows. */
export interface Zone {
  /** What the clock shows at an instant, to the minute. */
  wallAt(instant: number): number
  /**
   * The instants at which the clock shows this, the earlier first. A time that is skipped has the instant at which the
   * clock is set forward over it.
   */
  instantsOf(wall: number): { readonly instants: number[]; readonly isSkipped: boolean }
  /** Whether the clock is set within a day of this wall time. */
  changesAround(wall: number): boolean
  /** Instants between the two at which the clock is set. */
  changes(from: number, to: number): number[]
}

/** A zone of the IANA database; undefined: the process's own. @throws RangeError for an unknown one. */
export function createZone(timezone: string | undefined): Zone {
  const format = new Intl.DateTimeFormat('en-US', {
    ...(timezone === undefined ? {} : { timeZone: timezone }),
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
  })
  const wallAt = (instant: number): number => readWall(format.formatToParts(instant))
  const offsetAt = (instant: number): number => wallAt(instant) - Math.floor(instant / MINUTE_MS) * MINUTE_MS
  // No zone is more than a day away from UTC, so that a day on either side of the wall time is before and after any change.
  const offsetsAround = (wall: number) => [offsetAt(wall - DAY_MS), offsetAt(wall + DAY_MS)] as const
  const changeBetween = (before: number, after: number): number => {
    const offset = offsetAt(before)
    let [low, high] = [Math.floor(before / MINUTE_MS), Math.ceil(after / MINUTE_MS)]
    while (high - low > 1) {
      const middle = Math.floor((low + high) / 2)
      if (offsetAt(middle * MINUTE_MS) === offset) low = middle
      else high = middle
    }
    return high * MINUTE_MS
  }
  return {
    wallAt,
    instantsOf(wall) {
      const [before, after] = offsetsAround(wall)
      const shown = [...new Set([wall - before, wall - after])].filter((instant) => wallAt(instant) === wall)
      if (shown.length > 0) return { instants: shown.sort((a, b) => a - b), isSkipped: false }
      return { instants: [changeBetween(wall - DAY_MS, wall + DAY_MS)], isSkipped: true }
    },
    changesAround(wall) {
      const [before, after] = offsetsAround(wall)
      return before !== after
    },
    changes(from, to) {
      const found: number[] = []
      for (let day = from; day < to; day += DAY_MS)
        if (offsetAt(day) !== offsetAt(day + DAY_MS)) found.push(changeBetween(day, day + DAY_MS))
      return found
    },
  }
}

/** The name of a zone of the IANA database. @throws Failure `invalid` that names the text. */
export function readTimeZone(text: string): string {
  try {
    new Intl.DateTimeFormat('en', { timeZone: text })
    return text
  } catch {
    throw new Failure('invalid', `"${text}" is not a time zone.`, { remedy: 'Write it as Europe/Berlin or UTC.' })
  }
}

function readWall(parts: readonly Intl.DateTimeFormatPart[]): number {
  const of = (type: Intl.DateTimeFormatPartTypes): number => Number(parts.find((part) => part.type === type)?.value)
  return Date.UTC(of('year'), of('month') - 1, of('day'), of('hour'), of('minute'))
}
