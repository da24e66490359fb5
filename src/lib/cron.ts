import { Cron } from 'croner'
import { parseDuration } from './options.ts'

/** When something is due. Holds no timer. */
export interface Schedule {
  readonly text: string
  /** The first time strictly after `after`; undefined when there is none any more. */
  next(after: Date): Date | undefined
}

/** A schedule's text cannot be used; `reason` says which part. */
export class ScheduleError extends Error {
  readonly text: string
  readonly reason: string

  constructor(text: string, reason: string) {
    super(`"${text}" is not a schedule: ${reason}`)
    this.name = 'ScheduleError'
    this.text = text
    this.reason = reason
  }
}

export interface ScheduleOptions {
  /** IANA zone in which the fields are read; the process's own when absent. A `CRON_TZ=` in the text wins. */
  timezone?: string | undefined
}

const NICKNAMES: Record<string, string> = {
  '@yearly': '0 0 1 1 *',
  '@annually': '0 0 1 1 *',
  '@monthly': '0 0 1 * *',
  '@weekly': '0 0 * * 0',
  '@daily': '0 0 * * *',
  '@midnight': '0 0 * * *',
  '@hourly': '0 * * * *',
}
const SHORTEST_MS = 1000

/**
 * Reads a schedule: five cron fields, six with seconds in front, `@hourly` … `@yearly`, or `@every 1h30m`, each with an
 * optional `CRON_TZ=Zone ` or `TZ=Zone ` in front (the grammar of Go's robfig/cron v3; `?` is `*`, `5/15` is `5-59/15`).
 * @throws ScheduleError that says what is wrong, also when the date never comes.
 */
export function parseSchedule(text: string, { timezone }: ScheduleOptions = {}): Schedule {
  const { zone = timezone, rest } = splitZone(text)
  if (zone !== undefined && !isTimeZone(zone)) throw new ScheduleError(text, `there is no time zone "${zone}"`)
  if (rest === '') throw new ScheduleError(text, 'it is empty')
  if (/^@every(?:\s|$)/.test(rest)) return every(text, rest.slice('@every'.length).trim())
  return fields(text, expression(text, rest), zone)
}

/** Whether the text names a zone of the IANA database, such as `Europe/Berlin`. */
export function isTimeZone(zone: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: zone })
    return true
  } catch {
    return false
  }
}

function splitZone(text: string): { zone?: string; rest: string } {
  const match = /^\s*(?:CRON_TZ|TZ)=(\S*)\s*/.exec(text)
  if (match === null) return { rest: text.trim() }
  return { zone: match[1]!, rest: text.slice(match[0].length).trim() }
}

function every(text: string, length: string): Schedule {
  const ms = /^[+-]?\d*$/.test(length) ? undefined : parseDuration(length)
  if (ms === undefined) throw new ScheduleError(text, 'after @every comes a length of time such as 6h or 1h30m')
  if (ms < SHORTEST_MS) throw new ScheduleError(text, 'the shortest interval is one second')
  const step = ms - (ms % SHORTEST_MS)
  return { text, next: (after) => new Date(after.getTime() - after.getMilliseconds() + step) }
}

function expression(text: string, rest: string): string {
  if (rest.startsWith('@')) {
    const nickname = NICKNAMES[rest.toLowerCase()]
    if (nickname === undefined)
      throw new ScheduleError(text, `"${rest}" is not known; there are ${Object.keys(NICKNAMES).join(', ')} and @every`)
    return nickname
  }
  const count = rest.split(/\s+/).length
  if (count < 5 || count > 6)
    throw new ScheduleError(text, `5 fields are expected, or 6 with seconds in front, and it has ${count}`)
  return rest.replaceAll('?', '*')
}

function fields(text: string, pattern: string, zone: string | undefined): Schedule {
  const cron = build(text, pattern, zone)
  if (cron.nextRun(new Date(0)) === null) throw new ScheduleError(text, 'that date never comes')
  return { text, next: (after) => cron.nextRun(after) ?? undefined }
}

function build(text: string, pattern: string, zone: string | undefined): Cron {
  try {
    return new Cron(pattern, {
      paused: true,
      mode: '5-or-6-parts',
      sloppyRanges: true,
      ...(zone === undefined ? {} : { timezone: zone }),
    })
  } catch (error) {
    const reason = error instanceof Error ? error.message.replace(/^Cron\w*: /, '') : String(error)
    throw new ScheduleError(text, reason.replace(/^Invalid/, 'invalid').replace(/\.$/, ''))
  }
}
