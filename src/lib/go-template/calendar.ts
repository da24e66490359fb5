/** A point in time taken apart, in some zone. Years before 1 count down from 0. */
export interface Civil {
  readonly year: number
  /** 1 to 12. */
  readonly month: number
  readonly day: number
  readonly hour: number
  readonly minute: number
  readonly second: number
  readonly nanosecond: number
  /** 0 is Sunday. */
  readonly weekday: number
  /** 1 is the first of January. */
  readonly yearDay: number
}

const SECOND = 1_000_000_000n
const DAY = 86_400

/** Takes nanoseconds since 1970 apart, after a shift by the offset of a zone in seconds. */
export function civilOf(nanoseconds: bigint, offset: number): Civil {
  const seconds = Number(floorDivide(nanoseconds, SECOND)) + offset
  const days = Math.floor(seconds / DAY)
  const rest = seconds - days * DAY
  const { year, month, day } = dateOfDays(days)
  return {
    year,
    month,
    day,
    hour: Math.floor(rest / 3600),
    minute: Math.floor(rest / 60) % 60,
    second: rest % 60,
    nanosecond: Number(nanoseconds - floorDivide(nanoseconds, SECOND) * SECOND),
    weekday: (((days + 4) % 7) + 7) % 7,
    yearDay: days - daysOfDate(year, 1, 1) + 1,
  }
}

/** Nanoseconds since 1970 of a civil time; a month or a day beyond its range runs over, as in Go. */
export function nanosecondsOf(civil: Omit<Civil, 'weekday' | 'yearDay'>, offset: number): bigint {
  const months = civil.year * 12 + civil.month - 1
  const year = Math.floor(months / 12)
  const days = daysOfDate(year, months - year * 12 + 1, 1) + civil.day - 1
  const seconds = days * DAY + civil.hour * 3600 + civil.minute * 60 + civil.second - offset
  return BigInt(seconds) * SECOND + BigInt(civil.nanosecond)
}

export function floorDivide(value: bigint, by: bigint): bigint {
  const quotient = value / by
  return value % by < 0n ? quotient - 1n : quotient
}

// Both count years from the first of March, so that a leap day is the last day of one. An era has 400 years.
const ERA = 146_097
const EPOCH = 719_468

function daysOfDate(year: number, month: number, day: number): number {
  const shifted = month > 2 ? year : year - 1
  const era = Math.floor(shifted / 400)
  const yearOfEra = shifted - era * 400
  const dayOfYear = Math.floor((153 * ((month + 9) % 12) + 2) / 5) + day - 1
  return era * ERA + yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear - EPOCH
}

function dateOfDays(days: number): { year: number; month: number; day: number } {
  const era = Math.floor((days + EPOCH) / ERA)
  const dayOfEra = days + EPOCH - era * ERA
  const leaps = Math.floor(dayOfEra / 1460) - Math.floor(dayOfEra / 36_524) + Math.floor(dayOfEra / 146_096)
  const yearOfEra = Math.floor((dayOfEra - leaps) / 365)
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100))
  const shifted = Math.floor((5 * dayOfYear + 2) / 153)
  const month = shifted < 10 ? shifted + 3 : shifted - 9
  return {
    year: yearOfEra + era * 400 + (month <= 2 ? 1 : 0),
    month,
    day: dayOfYear - Math.floor((153 * shifted + 2) / 5) + 1,
  }
}
