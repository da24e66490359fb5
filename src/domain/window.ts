import { Failure } from './failure.ts'
import { createZone, type Zone } from './local-time.ts'
import type { UpdateWindow } from './update-settings.ts'

const DAY_NAMES = ['sunday', 'monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday']
const SHORT = 3
const WEEK = 7
const MINUTE_MS = 60_000
const DAY_MINUTES = 1440
const DAY_MS = DAY_MINUTES * MINUTE_MS
/** A window that was written comes again within a week; a day that the zone left out makes it a second one. */
const DAYS_AHEAD = 2 * WEEK
const REMEDY = 'Write it as "Mon-Fri 02:00-05:00", "Sat,Sun 22:00-04:00" or "02:00-04:00".'

/**
 * Reads a span of local time: days (`Mon-Fri`, `Sat,Sun`, `daily`; every day when there are none) and two times. An end at
 * or before the begin is on the day after.
 * @throws Failure `invalid` that names the text, with examples.
 */
export function parseWindow(text: string): UpdateWindow {
  const match = /^(?:(\S.*?)\s+)?(\d{1,2}:\d{2})\s*-\s*(\d{1,2}:\d{2})$/.exec(text.trim())
  if (match === null) throw refusal(text, 'two times are expected, with days before them or without')
  const [, days, from, to] = match
  return { days: days === undefined ? [] : parseDays(days, text), from: minutes(from!, text), to: minutes(to!, text) }
}

/** `Mon-Fri 02:00-05:00`, as `parseWindow` reads it. */
export function formatWindow({ days, from, to }: UpdateWindow): string {
  const times = `${clockOf(from)}-${clockOf(to === 0 ? DAY_MINUTES : to)}`
  return days.length === 0 ? times : `${formatDays(days)} ${times}`
}

/**
 * Whether one of the windows is open, by the clock on the wall of the zone (undefined: the process's own); without windows
 * it always is. Where the clock is set back, a window is open as often as the clock shows its times. Where it is set
 * forward over a whole window, that one is open for its length from then on.
 */
export function isOpen(windows: readonly UpdateWindow[], at: Date, timezone: string | undefined): boolean {
  return windows.length === 0 || isOpenIn(createZone(timezone), windows, at.getTime())
}

/** The first moment from `at` on in which a window is open: `at` itself when one is. Undefined when none comes. */
export function nextOpening(
  windows: readonly UpdateWindow[],
  at: Date,
  timezone: string | undefined,
): Date | undefined {
  const zone = createZone(timezone)
  const start = at.getTime()
  if (windows.length === 0 || isOpenIn(zone, windows, start)) return at
  const midnight = floorDay(zone.wallAt(start))
  // The clock may be set into the middle of a window, so its changes count besides the begins.
  const moments = zone.changes(start, start + DAYS_AHEAD * DAY_MS)
  for (let day = -1; day <= DAYS_AHEAD; day++)
    for (const { from } of windows)
      moments.push(...zone.instantsOf(midnight + day * DAY_MS + from * MINUTE_MS).instants)
  const first = moments.sort((a, b) => a - b).find((moment) => moment >= start && isOpenIn(zone, windows, moment))
  return first === undefined ? undefined : new Date(first)
}

/** How the windows stand at a moment. */
export interface Opening {
  readonly isOpen: boolean
  /** When one opens next, where none is open. */
  readonly next: Date | undefined
}

/** Whether a window is open, and when one is next: both at once. */
export function openingAt(windows: readonly UpdateWindow[], at: Date, timezone: string | undefined): Opening {
  const next = nextOpening(windows, at, timezone)
  return next === at ? { isOpen: true, next: undefined } : { isOpen: false, next }
}

function isOpenIn(zone: Zone, windows: readonly UpdateWindow[], at: number): boolean {
  const wall = zone.wallAt(at)
  const midnight = floorDay(wall)
  const minute = Math.floor((wall - midnight) / MINUTE_MS)
  return windows.some(
    (window) =>
      coversWall(window, { today: weekday(midnight), minute }) ||
      [midnight, midnight - DAY_MS].some((date) => isMadeUpFor(zone, window, { date, at })),
  )
}

function coversWall({ days, from, to }: UpdateWindow, { today, minute }: { today: number; minute: number }): boolean {
  if (from < to) return isOn(days, today) && minute >= from && minute < to
  return (isOn(days, today) && minute >= from) || (isOn(days, (today + WEEK - 1) % WEEK) && minute < to)
}

/** A window of which the clock showed no minute, because it was set forward over it, is made up for right after. */
function isMadeUpFor(zone: Zone, window: UpdateWindow, { date, at }: { date: number; at: number }): boolean {
  if (!isOn(window.days, weekday(date))) return false
  const begin = date + window.from * MINUTE_MS
  const length = lengthOf(window)
  // Nearly always the clock is the same all day, which costs one look.
  if (!zone.changesAround(begin)) return false
  const { instants, isSkipped } = zone.instantsOf(begin)
  const last = zone.instantsOf(begin + length - MINUTE_MS)
  const [from] = instants
  if (!isSkipped || !last.isSkipped || from === undefined || last.instants[0] !== from) return false
  return at >= from && at < from + length
}

function lengthOf({ from, to }: UpdateWindow): number {
  return (to > from ? to - from : to - from + DAY_MINUTES) * MINUTE_MS
}

function isOn(days: readonly number[], day: number): boolean {
  return days.length === 0 || days.includes(day)
}

/** Wall time is kept as if it were UTC. */
function weekday(midnight: number): number {
  return new Date(midnight).getUTCDay()
}

function floorDay(wall: number): number {
  return Math.floor(wall / DAY_MS) * DAY_MS
}

function parseDays(days: string, text: string): number[] {
  if (/^daily$/i.test(days)) return []
  const found = new Set<number>()
  for (const part of days.split(',')) {
    const [first, last = first, ...rest] = part.split('-').map((name) => dayOf(name.trim(), text))
    if (rest.length > 0) throw refusal(text, `"${part.trim()}" is no span of days`)
    for (let day = first!; ; day = (day + 1) % WEEK) {
      found.add(day)
      if (day === last) break
    }
  }
  return found.size === WEEK ? [] : [...found].sort((a, b) => a - b)
}

function dayOf(name: string, text: string): number {
  const wanted = name.toLowerCase()
  const day = DAY_NAMES.findIndex((known) => known === wanted || known.slice(0, SHORT) === wanted)
  if (day >= 0) return day
  throw refusal(text, `"${name}" is no day of the week`)
}

/** Minutes from midnight; 24:00 is the midnight that comes. */
function minutes(clock: string, text: string): number {
  const [hour, minute] = clock.split(':').map(Number) as [number, number]
  const total = hour * 60 + minute
  if (minute >= 60 || total > DAY_MINUTES) throw refusal(text, `"${clock}" is no time of the day`)
  return total % DAY_MINUTES
}

function clockOf(total: number): string {
  const two = (value: number): string => String(value).padStart(2, '0')
  return `${two(Math.floor(total / 60))}:${two(total % 60)}`
}

/** Days that follow each other as a span, Monday first. */
function formatDays(days: readonly number[]): string {
  const spans: [number, number][] = []
  const mondayFirst = [...days].sort((a, b) => ((a + WEEK - 1) % WEEK) - ((b + WEEK - 1) % WEEK))
  for (const day of mondayFirst) {
    const span = spans.at(-1)
    if (span !== undefined && (span[1] + 1) % WEEK === day) span[1] = day
    else spans.push([day, day])
  }
  return spans.map(([first, last]) => (first === last ? short(first) : `${short(first)}-${short(last)}`)).join(',')
}

function short(day: number): string {
  const name = DAY_NAMES[day]!.slice(0, SHORT)
  return `${name[0]!.toUpperCase()}${name.slice(1)}`
}

function refusal(text: string, why: string): Failure {
  return new Failure('invalid', `"${text}" is not a window: ${why}.`, { remedy: REMEDY })
}
