import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { describeError, Failure } from './failure.ts'
import type { UpdateWindow } from './update-settings.ts'
import { formatWindow, isOpen, nextOpening, parseWindow } from './window.ts'

const READ: [text: string, window: UpdateWindow, formatted: string][] = [
  ['02:00-04:00', { days: [], from: 120, to: 240 }, '02:00-04:00'],
  [' 2:05 - 04:00 ', { days: [], from: 125, to: 240 }, '02:05-04:00'],
  ['daily 22:00-24:00', { days: [], from: 1320, to: 0 }, '22:00-24:00'],
  ['Mon-Fri 02:00-05:00', { days: [1, 2, 3, 4, 5], from: 120, to: 300 }, 'Mon-Fri 02:00-05:00'],
  ['SAT,sunday 22:00-04:00', { days: [0, 6], from: 1320, to: 240 }, 'Sat-Sun 22:00-04:00'],
  ['Sat - Mon 00:00-00:00', { days: [0, 1, 6], from: 0, to: 0 }, 'Mon,Sat-Sun 00:00-24:00'],
  ['mon, wed-thu 23:59-00:01', { days: [1, 3, 4], from: 1439, to: 1 }, 'Mon,Wed-Thu 23:59-00:01'],
  ['Mon-Sun 01:00-02:00', { days: [], from: 60, to: 120 }, '01:00-02:00'],
]

for (const [text, window, formatted] of READ)
  test(`"${text}" is read as a window and written as ${formatted}`, () => {
    assert.deepEqual(parseWindow(text), window)
    assert.equal(formatWindow(window), formatted)
    assert.deepEqual(parseWindow(formatted), window)
  })

for (const [text, why] of [
  ['', /two times are expected/],
  ['Mon', /two times are expected/],
  ['02:00', /two times are expected/],
  ['02:00-04:00 Mon', /two times are expected/],
  ['25:00-04:00', /"25:00" is no time of the day/],
  ['24:01-04:00', /"24:01" is no time/],
  ['02:60-04:00', /"02:60" is no time/],
  ['Montag 02:00-04:00', /"Montag" is no day/],
  ['Mon- 02:00-04:00', /"" is no day/],
  ['Mon-Tue-Wed 02:00-04:00', /"Mon-Tue-Wed" is no span of days/],
] as const)
  test(`"${text}" is refused by name and with an example`, () => {
    assert.throws(
      () => parseWindow(text),
      (error) =>
        error instanceof Failure &&
        error.message.includes(`"${text}"`) &&
        why.test(error.message) &&
        /Write it as "Mon-Fri 02:00-05:00"/.test(describeError(error)),
    )
  })

// Berlin: on 2026-03-29 02:00 becomes 03:00 (01:00Z), on 2026-10-25 03:00 becomes 02:00 (01:00Z).
const AT: [window: string, zone: string, at: string, next: string][] = [
  ['02:00-04:00', 'UTC', '2026-03-02T01:59:59Z', '2026-03-02T02:00:00Z'],
  ['02:00-04:00', 'UTC', '2026-03-02T03:59:59Z', '2026-03-02T03:59:59Z'],
  ['02:00-04:00', 'UTC', '2026-03-02T04:00:00Z', '2026-03-03T02:00:00Z'],
  ['Mon 02:00-04:00', 'UTC', '2026-03-02T04:00:00Z', '2026-03-09T02:00:00Z'],
  ['Mon 02:00-04:00', 'Asia/Tokyo', '2026-03-01T16:59:00Z', '2026-03-01T17:00:00Z'],
  ['Sat 22:00-04:00', 'UTC', '2026-03-08T03:59:00Z', '2026-03-08T03:59:00Z'],
  ['Sat 22:00-04:00', 'UTC', '2026-03-08T04:00:00Z', '2026-03-14T22:00:00Z'],
  ['Sun 22:00-04:00', 'UTC', '2026-03-08T03:59:00Z', '2026-03-08T22:00:00Z'],
  ['Sun 00:00-24:00', 'UTC', '2026-03-07T12:00:00Z', '2026-03-08T00:00:00Z'],
  // Begins in the hour that is skipped.
  ['02:30-05:00', 'Europe/Berlin', '2026-03-29T00:59:00Z', '2026-03-29T01:00:00Z'],
  // Lies in it whole, and is made up for.
  ['02:15-02:45', 'Europe/Berlin', '2026-03-29T00:59:00Z', '2026-03-29T01:00:00Z'],
  ['02:15-02:45', 'Europe/Berlin', '2026-03-29T01:29:00Z', '2026-03-29T01:29:00Z'],
  ['02:15-02:45', 'Europe/Berlin', '2026-03-29T01:30:00Z', '2026-03-30T00:15:00Z'],
  // Is there twice.
  ['02:15-02:45', 'Europe/Berlin', '2026-10-25T00:20:00Z', '2026-10-25T00:20:00Z'],
  ['02:15-02:45', 'Europe/Berlin', '2026-10-25T00:50:00Z', '2026-10-25T01:15:00Z'],
  ['02:15-02:45', 'Europe/Berlin', '2026-10-25T01:45:00Z', '2026-10-26T01:15:00Z'],
  // The clock is set back into the middle of it.
  ['22:00-02:30', 'Europe/Berlin', '2026-10-25T00:40:00Z', '2026-10-25T01:00:00Z'],
  // A Friday that never was.
  ['Fri 10:00-12:00', 'Pacific/Apia', '2011-12-30T09:59:00Z', '2011-12-30T10:00:00Z'],
]

for (const [text, zone, at, next] of AT)
  test(`${text} in ${zone}: after ${at} it is open from ${next}`, () => {
    const windows = [parseWindow(text)]
    assert.equal(nextOpening(windows, new Date(at), zone)?.toISOString(), new Date(next).toISOString())
    assert.equal(isOpen(windows, new Date(at), zone), at === next)
  })

test('without windows it is always open', () => {
  const at = new Date('2026-03-02T01:00:00Z')
  assert.ok(isOpen([], at, undefined))
  assert.equal(nextOpening([], at, 'UTC'), at)
})

const MINUTE_MS = 60_000
const WALKED_DAYS = 10

// Around a clock change each, but for UTC.
const WALKS = (
  [
    ['Europe/Berlin', '2026-03-25'],
    ['Europe/Berlin', '2026-10-21'],
    ['Australia/Lord_Howe', '2026-04-01'],
    ['Australia/Lord_Howe', '2026-10-01'],
    ['America/Sao_Paulo', '2018-11-01'],
    ['Pacific/Apia', '2011-12-27'],
    ['UTC', '2026-02-26'],
  ] as const
).map(([zone, from]) => walk(zone, Date.parse(`${from}T00:00:00Z`)))

test('what is open is what a walk from minute to minute finds open, and the next opening is the next such minute', () => {
  const window = fc.record({
    days: fc.uniqueArray(fc.integer({ min: 0, max: 6 }), { maxLength: 6 }),
    from: fc.oneof(fc.integer({ min: 0, max: 1439 }), fc.integer({ min: 90, max: 190 })),
    to: fc.oneof(fc.integer({ min: 0, max: 1439 }), fc.integer({ min: 90, max: 190 })),
  })
  const minute = fc.integer({ min: 2 * 1440, max: WALKED_DAYS * 1440 - 1 })
  fc.assert(
    fc.property(
      fc.constantFrom(...WALKS),
      fc.array(window, { minLength: 1, maxLength: 3 }),
      fc.array(minute, { minLength: 5, maxLength: 5 }),
      ({ zone, start, labels }, windows, minutes) => {
        const open = openMinutes(labels, windows)
        for (const at of minutes) {
          const moment = new Date(start + at * MINUTE_MS + 1234)
          assert.equal(isOpen(windows, moment, zone), open[at] === true, `${zone} ${moment.toISOString()}`)
          const next = open.indexOf(true, at)
          if (next < 0) continue
          const expected = next === at ? moment : new Date(start + next * MINUTE_MS)
          assert.equal(nextOpening(windows, moment, zone)?.toISOString(), expected.toISOString(), zone)
        }
      },
    ),
    { numRuns: 150 },
  )
})

interface Label {
  readonly day: number
  readonly minute: number
}

/** What the clock shows in every minute. */
function walk(zone: string, start: number) {
  const format = new Intl.DateTimeFormat('en-GB', { timeZone: zone, dateStyle: 'full', timeStyle: 'short' })
  const names = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat']
  const labels = Array.from({ length: WALKED_DAYS * 1440 }, (_, index): Label => {
    const text = format.format(start + index * MINUTE_MS)
    const [hour, minute] = text.slice(-5).split(':').map(Number)
    return { day: names.indexOf(text.slice(0, 3)), minute: hour! * 60 + minute! }
  })
  return { zone, start, labels }
}

function openMinutes(labels: readonly Label[], windows: readonly UpdateWindow[]): boolean[] {
  const keys = ({ days, from, to }: UpdateWindow): string[][] =>
    (days.length === 0 ? [0, 1, 2, 3, 4, 5, 6] : days).map((day) => {
      const length = to > from ? to - from : to - from + 1440
      return Array.from({ length }, (_, index) => {
        const minute = from + index
        return `${(day + Math.floor(minute / 1440)) % 7} ${minute % 1440}`
      })
    })
  const spans = windows.flatMap(keys)
  const shown = new Set(spans.flat())
  const open = labels.map(({ day, minute }) => shown.has(`${day} ${minute}`))
  for (const [index, label] of labels.entries()) {
    const skipped = skippedBefore(labels[index - 1], label)
    if (skipped.size === 0) continue
    for (const span of spans)
      if (span.every((key) => skipped.has(key)))
        for (let at = index; at < Math.min(labels.length, index + span.length); at++) open[at] = true
  }
  return open
}

/** What the clock left out when it was set forward. */
function skippedBefore(before: Label | undefined, after: Label): Set<string> {
  const skipped = new Set<string>()
  if (before === undefined) return skipped
  const week = 7 * 1440
  const from = before.day * 1440 + before.minute + 1
  const ahead = (after.day * 1440 + after.minute - from + week) % week
  // Further ahead than half a week is back.
  if (ahead > week / 2) return skipped
  for (let index = 0; index < ahead; index++) {
    const minute = (from + index) % week
    skipped.add(`${Math.floor(minute / 1440)} ${minute % 1440}`)
  }
  return skipped
}
