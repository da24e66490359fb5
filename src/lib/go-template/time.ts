import { type Civil, civilOf, floorDivide, nanosecondsOf } from './calendar.ts'
import { duration } from './duration.ts'
import { formatTime, MONTHS, WEEKDAYS, type Zone } from './layout.ts'
import {
  type Instant,
  int,
  type ParamTypes,
  type Struct,
  structure,
  type TemplateFunction,
  templateFunction,
  text,
} from './value.ts'
import { processZone, zoneAt } from './zone.ts'

/** A time.Time, with its methods (https://pkg.go.dev/time#Time). */
export function timeValue(instant: Instant, type = 'time.Time'): Struct {
  const method = (name: string) => costly(METHODS.get(name)?.(instant), instant)
  return structure({ type, fields: [], field: () => undefined, instant, method })
}

/** To look a zone up takes long, so that a template may not do it without end. */
function costly(run: TemplateFunction | undefined, { zone }: Instant): TemplateFunction | undefined {
  return run && zone !== 'UTC' ? { ...run, cost: () => 50_000 } : run
}

/** The first of January of the year 1, which Go takes for no time at all. */
const ZERO = -62_135_596_800n * 1_000_000_000n

interface Parts {
  readonly civil: Civil
  readonly zone: Zone
}

function partsOf({ nanoseconds, zone: name }: Instant): Parts {
  const zone = zoneAt(name, nanoseconds)
  return { civil: civilOf(nanoseconds, zone.offset), zone }
}

function format(instant: Instant, layout: string): string {
  const { civil, zone } = partsOf(instant)
  return formatTime(civil, zone, layout)
}

type Maker = (instant: Instant) => TemplateFunction

const plain = (give: (instant: Instant) => unknown): Maker => {
  return (instant) => templateFunction([], () => give(instant))
}
const civil = (give: (civil: Civil) => unknown): Maker => plain((instant) => give(partsOf(instant).civil))
const unix = (divisor: bigint): Maker =>
  plain(({ nanoseconds }) => int(floorDivide(nanoseconds, divisor), { type: 'int64' }))
const against = (give: (instant: Instant, other: ParamTypes['time']) => unknown): Maker => {
  return (instant) => templateFunction(['time'], (other) => give(instant, other))
}

const METHODS: ReadonlyMap<string, Maker> = new Map<string, Maker>([
  ['String', plain((instant) => text(format(instant, '2006-01-02 15:04:05.999999999 -0700 MST')))],
  ['GoString', plain((instant) => text(sourceOf(instant)))],
  ['Format', (instant) => templateFunction(['text'], (layout) => text(format(instant, layout)))],
  ['UTC', plain((instant) => timeValue({ ...instant, zone: 'UTC' }))],
  ['Local', plain((instant) => timeValue({ ...instant, zone: instant.local ?? processZone() }))],
  ['Location', plain(({ zone }) => text(zone, { type: '*time.Location', method: () => undefined }))],
  ['Unix', unix(1_000_000_000n)],
  ['UnixMilli', unix(1_000_000n)],
  ['UnixMicro', unix(1000n)],
  ['UnixNano', unix(1n)],
  ['Year', civil(({ year }) => year)],
  ['Month', civil(({ month }) => named(month, 'time.Month', MONTHS[month - 1]!))],
  ['Day', civil(({ day }) => day)],
  ['Hour', civil(({ hour }) => hour)],
  ['Minute', civil(({ minute }) => minute)],
  ['Second', civil(({ second }) => second)],
  ['Nanosecond', civil(({ nanosecond }) => nanosecond)],
  ['Weekday', civil(({ weekday }) => named(weekday, 'time.Weekday', WEEKDAYS[weekday]!))],
  ['YearDay', civil(({ yearDay }) => yearDay)],
  ['IsZero', plain(({ nanoseconds }) => nanoseconds === ZERO)],
  ['Sub', against((instant, other) => duration(instant.nanoseconds - other.nanoseconds))],
  ['Before', against((instant, other) => instant.nanoseconds < other.nanoseconds)],
  ['After', against((instant, other) => instant.nanoseconds > other.nanoseconds)],
  ['Equal', against((instant, other) => instant.nanoseconds === other.nanoseconds)],
  [
    'Compare',
    against(
      (instant, other) =>
        Number(instant.nanoseconds > other.nanoseconds) - Number(instant.nanoseconds < other.nanoseconds),
    ),
  ],
  [
    'Add',
    (instant) => templateFunction(['int'], (by) => timeValue({ ...instant, nanoseconds: instant.nanoseconds + by })),
  ],
  [
    'AddDate',
    (instant) =>
      templateFunction(['int', 'int', 'int'], (years, months, days) =>
        timeValue(addDate(instant, { years, months, days })),
      ),
  ],
  ['Truncate', (instant) => templateFunction(['int'], (unit) => timeValue(truncate(instant, unit)))],
  ['Round', (instant) => templateFunction(['int'], (unit) => timeValue(truncate(instant, unit, unit - unit / 2n)))],
])

function named(value: number, type: string, name: string) {
  return int(value, {
    type,
    method: (method) => (method === 'String' ? templateFunction([], () => text(name)) : undefined),
  })
}

function addDate(instant: Instant, by: { years: bigint; months: bigint; days: bigint }): Instant {
  const { civil, zone } = partsOf(instant)
  const moved = {
    ...civil,
    year: civil.year + Number(by.years),
    month: civil.month + Number(by.months),
    day: civil.day + Number(by.days),
  }
  const guess = nanosecondsOf(moved, zone.offset)
  const there = zoneAt(instant.zone, guess)
  return { ...instant, nanoseconds: nanosecondsOf(moved, there.offset) }
}

/** Down to a multiple of the unit since the zero time; `ahead` is added first, to round. */
function truncate(instant: Instant, unit: bigint, ahead = 0n): Instant {
  if (unit <= 0n) return instant
  const since = instant.nanoseconds - ZERO + ahead
  return { ...instant, nanoseconds: ZERO + floorDivide(since, unit) * unit }
}

function sourceOf(instant: Instant): string {
  const { year, month, day, hour, minute, second, nanosecond } = partsOf(instant).civil
  const zone = instant.zone === 'UTC' ? 'time.UTC' : `time.Location(${JSON.stringify(instant.zone)})`
  return `time.Date(${year}, time.${MONTHS[month - 1]}, ${day}, ${hour}, ${minute}, ${second}, ${nanosecond}, ${zone})`
}
