/** The bounds within which digits read as a time. */
export interface StampLimits {
  /** The last believable day, as the number `yyyymmdd`. */
  readonly latestDay: number
  /** The last believable second since 1970. */
  readonly latestSecond: number
  /** Whether six digits may be `yymmdd` or `yyyymm`; off where the list shows that they count builds. */
  readonly shortDates: boolean
}

/** A time written in a tag, with the counter that may follow it (`.1`, `-r2`). */
export interface Stamp {
  readonly end: number
  /** The spelling with every digit as 0: only stamps of one shape are compared. */
  readonly shape: string
  /** Year, month, day, hour, minute, second and then the counters; or the seconds since 1970. */
  readonly values: readonly number[]
}

const FIRST_YEAR = 2010
const FIRST_SECOND = 1_262_304_000
const DAYS = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]

const MAY_HOLD_STAMP = /\d{6}|\d{4}[-_]\d\d[-_]/
const ISO = /(\d{4})([-_])(\d\d)\2(\d\d)(?:[T_-](\d\d)([-_]?)(\d\d)(?:\6(\d\d))?Z?)?(?![0-9A-Za-z])/y
const COMPACT = /(\d{4})(\d\d)(\d\d)(?:[T_-]?(\d\d)(\d\d)(\d\d)?Z?|(\d\d))?(?![0-9A-Za-z])/y
const BARE_DAY = /(\d{4})(\d\d)(\d\d)(?![0-9A-Za-z])/y
const SHORT = /(\d\d)(\d\d)(\d\d)(?![0-9A-Za-z])(?!\.\d)/y
const EPOCH = /(1\d{9})(\d{3})?(?![0-9A-Za-z])/y
const COUNTER = /(?:\.\d{1,9})+(?![0-9A-Za-z])|-r\d{1,9}(?![0-9A-Za-z])/y

/** The limits for a judgement made at `now`: a stamp may lie a year ahead, since clocks differ and calendars are printed early. */
export function stampLimits(now: Date, { shortDates = true }: { shortDates?: boolean } = {}): StampLimits {
  const latest = new Date(now.getTime() + 366 * 86_400_000)
  const latestDay = latest.getUTCFullYear() * 10_000 + (latest.getUTCMonth() + 1) * 100 + latest.getUTCDate()
  return { latestDay, latestSecond: Math.floor(latest.getTime() / 1000), shortDates }
}

/**
 * Reads a date, a date and time, or seconds since 1970, whose first digit is at `at`.
 * Nothing that is not a day of the calendar between 2010 and the limit is one.
 */
export function readStamp(text: string, at: number, limits: StampLimits): Stamp | null {
  const stamp = readBare(text, at, runLength(text, at), limits)
  return stamp === null ? null : withCounter(stamp, text)
}

/** Finds the first stamp that stands on its own or behind a word; never one inside a dotted number. */
export function findStamp(text: string, limits: StampLimits): (Stamp & { start: number }) | null {
  if (!MAY_HOLD_STAMP.test(text)) return null
  for (const run of text.matchAll(/\d{4,}/g)) {
    const start = run.index
    if (!mayStart(text, start, run[0].length)) continue
    const stamp = readStamp(text, start, limits) ?? (limits.shortDates ? readShort(text, start, limits) : null)
    if (stamp !== null) return { ...stamp, start }
  }
  return null
}

/** Dispatches on the count of digits in a row, which tells all spellings apart. */
function readBare(text: string, at: number, digits: number, limits: StampLimits): Stamp | null {
  if (digits === 4) return readDated(ISO, text, at, limits, [1, 3, 4, 5, 7, 8])
  if (digits < 8) return null
  return (
    readDated(COMPACT, text, at, limits, [1, 2, 3, 4, 5, 6, 7]) ??
    (digits === 8 ? readDated(BARE_DAY, text, at, limits, [1, 2, 3]) : readEpoch(text, at, limits))
  )
}

function runLength(text: string, at: number): number {
  let end = at
  while (end < text.length && text.charCodeAt(end) >= 48 && text.charCodeAt(end) <= 57) end += 1
  return end - at
}

function mayStart(text: string, start: number, length: number): boolean {
  if (start === 0) return true
  const before = text.slice(0, start)
  if (/\d\.$/.test(before)) return false
  if (!/[0-9A-Za-z]$/.test(before)) return true
  if (/(?:^|[^0-9A-Za-z])v$/i.test(before)) return true
  return (length >= 8 || text[start + 4] === '-') && /(?:^|[^0-9A-Za-z])[A-Za-z]{2,}$/.test(before)
}

function readDated(
  pattern: RegExp,
  text: string,
  at: number,
  limits: StampLimits,
  groups: readonly number[],
): Stamp | null {
  pattern.lastIndex = at
  const found = pattern.exec(text)
  if (found === null) return null
  const [year = 0, month = 0, day = 0, ...time] = groups.map((group) => Number(found[group] ?? 0))
  if (!isDay(year, month, day, limits) || !isTime(time)) return null
  return { end: at + found[0].length, shape: shapeOf(found[0]), values: [year, month, day, ...time] }
}

function readShort(text: string, at: number, limits: StampLimits): Stamp | null {
  SHORT.lastIndex = at
  const found = SHORT.exec(text)
  if (found === null) return null
  const [a = 0, b = 0, c = 0] = found.slice(1).map(Number)
  const end = at + 6
  if (isDay(2000 + a, b, c, limits)) return { end, shape: 'yymmdd', values: [2000 + a, b, c] }
  if (a === 20 && isDay(2000 + b, c, 1, limits)) return { end, shape: 'yyyymm', values: [2000 + b, c] }
  return null
}

function readEpoch(text: string, at: number, limits: StampLimits): Stamp | null {
  EPOCH.lastIndex = at
  const found = EPOCH.exec(text)
  const seconds = Number(found?.[1])
  if (found === null || seconds < FIRST_SECOND || seconds > limits.latestSecond) return null
  return { end: at + found[0].length, shape: shapeOf(found[0]), values: [seconds, Number(found[2] ?? 0)] }
}

function withCounter(stamp: Stamp, text: string): Stamp {
  COUNTER.lastIndex = stamp.end
  const found = COUNTER.exec(text)
  if (found === null) return stamp
  const counters = found[0].replace('-r', '.').slice(1).split('.').map(Number)
  return { ...stamp, end: stamp.end + found[0].length, values: [...stamp.values, ...counters] }
}

function isDay(year: number, month: number, day: number, limits: StampLimits): boolean {
  if (year < FIRST_YEAR || month < 1 || day < 1 || day > (DAYS[month - 1] ?? 0)) return false
  return year * 10_000 + month * 100 + day <= limits.latestDay
}

function isTime([hour = 0, minute = 0, second = 0]: readonly number[]): boolean {
  return hour < 24 && minute < 60 && second < 60
}

function shapeOf(text: string): string {
  return text.replace(/\d/g, '0')
}
