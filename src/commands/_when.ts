import { Failure } from '../domain/failure.ts'
import { parseDuration } from '../lib/options.ts'

const TIME = /^(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d:\d\d(?::\d\d)?)(Z|[+-]\d\d:\d\d)?)?$/i

/**
 * A time to come: a length of time from now (`2h`, `1d12h`, `2w`), or a date with or without a time of day
 * (`2026-12-01`, `2026-12-01T08:00`, `2026-12-01T08:00Z`), in this machine's zone where it names none.
 * @throws Failure `invalid`.
 */
export function parseWhen(text: string, { now, where }: { now: Date; where: string }): Date {
  const time = timeOf(text.trim(), now)
  if (time === undefined) {
    throw new Failure('invalid', `"${text}" is neither a time nor a length of time.`, {
      where,
      remedy: 'Write 2h, 3d or 2026-12-01T08:00.',
    })
  }
  if (time > now) return time
  throw new Failure('invalid', `"${text}" has passed already.`, { where, remedy: 'Give a time to come.' })
}

function timeOf(text: string, now: Date): Date | undefined {
  const match = TIME.exec(text)
  if (match === null) {
    // A bare number would be nanoseconds, which nobody means here.
    const length = /^\d+$/.test(text) ? undefined : parseDuration(text)
    return length === undefined ? undefined : validTime(new Date(now.getTime() + length))
  }
  const [, year, month, day, clock = '00:00', zone = ''] = match
  // Date takes 30 February for 2 March.
  if (new Date(Date.UTC(Number(year), Number(month) - 1, Number(day))).getUTCDate() !== Number(day)) return undefined
  return validTime(new Date(`${year}-${month}-${day}T${clock}${zone.toUpperCase()}`))
}

function validTime(time: Date): Date | undefined {
  return Number.isNaN(time.getTime()) ? undefined : time
}
