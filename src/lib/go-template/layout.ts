import type { Civil } from './calendar.ts'

/** The names of months and days in Go's order. */
export const MONTHS = 'January February March April May June July August September October November December'.split(' ')
export const WEEKDAYS = 'Sunday Monday Tuesday Wednesday Thursday Friday Saturday'.split(' ')

export interface Zone {
  /** Such as CET; empty when the zone has only an offset. */
  readonly abbreviation: string
  /** East of UTC, in seconds. */
  readonly offset: number
}

/** Writes a time as the layout shows the reference time `Mon Jan 2 15:04:05 MST 2006` (https://pkg.go.dev/time#pkg-constants). */
export function formatTime(civil: Civil, zone: Zone, layout: string): string {
  return layout.replace(ELEMENTS, (element) => (WRITERS[element] ?? fraction(element))(civil, zone))
}

const ELEMENTS =
  /January|Jan(?![a-z])|Monday|Mon(?![a-z])|MST|(?<=_)2006|__2|_2(?!006)|2006|00[2]|0[1-6]|15|PM|pm|-070000|-07:00:00|-0700|-07:00|-07|Z070000|Z07:00:00|Z0700|Z07:00|Z07|[.,](?:0+|9+)(?!\d)|[1-5]/g

type Writer = (civil: Civil, zone: Zone) => string

const two = (value: number) => value.toString().padStart(2, '0')
const hour12 = ({ hour }: Civil) => hour % 12 || 12

const WRITERS: Record<string, Writer> = {
  '2006': ({ year }) => (year < 0 ? `-${(-year).toString().padStart(4, '0')}` : year.toString().padStart(4, '0')),
  '06': ({ year }) => two(Math.abs(year) % 100),
  '01': ({ month }) => two(month),
  '1': ({ month }) => `${month}`,
  Jan: ({ month }) => MONTHS[month - 1]!.slice(0, 3),
  January: ({ month }) => MONTHS[month - 1]!,
  '02': ({ day }) => two(day),
  _2: ({ day }) => `${day}`.padStart(2),
  '2': ({ day }) => `${day}`,
  '002': ({ yearDay }) => `${yearDay}`.padStart(3, '0'),
  __2: ({ yearDay }) => `${yearDay}`.padStart(3),
  Mon: ({ weekday }) => WEEKDAYS[weekday]!.slice(0, 3),
  Monday: ({ weekday }) => WEEKDAYS[weekday]!,
  '15': ({ hour }) => two(hour),
  '03': (civil) => two(hour12(civil)),
  '3': (civil) => `${hour12(civil)}`,
  '04': ({ minute }) => two(minute),
  '4': ({ minute }) => `${minute}`,
  '05': ({ second }) => two(second),
  '5': ({ second }) => `${second}`,
  PM: ({ hour }) => (hour >= 12 ? 'PM' : 'AM'),
  pm: ({ hour }) => (hour >= 12 ? 'pm' : 'am'),
  MST: (_, zone) => zone.abbreviation || offsetText(zone.offset, zone.offset % 3600 === 0 ? '-07' : '-0700'),
  ...Object.fromEntries(
    ['07', '0700', '07:00', '070000', '07:00:00'].flatMap((form): [string, Writer][] => [
      [`-${form}`, (_, { offset }) => offsetText(offset, form)],
      [`Z${form}`, (_, { offset }) => (offset === 0 ? 'Z' : offsetText(offset, form))],
    ]),
  ),
}

function offsetText(offset: number, form: string): string {
  const seconds = Math.abs(offset)
  const parts = [two(Math.floor(seconds / 3600)), two(Math.floor(seconds / 60) % 60), two(seconds % 60)]
  const shown = parts.slice(0, form.replace(/\D/g, '').length / 2)
  return (offset < 0 ? '-' : '+') + shown.join(form.includes(':') ? ':' : '')
}

/** `.000` gives that many digits; `.999` too, but without zeros at the end, and nothing at all for a full second. */
function fraction(element: string): Writer {
  return ({ nanosecond }) => {
    const digits = nanosecond
      .toString()
      .padStart(9, '0')
      .slice(0, element.length - 1)
      .padEnd(element.length - 1, '0')
    const kept = element[1] === '9' ? digits.replace(/0+$/, '') : digits
    return kept === '' ? '' : element[0] + kept
  }
}
