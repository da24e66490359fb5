import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { isTimeZone, parseSchedule, ScheduleError } from './cron.ts'

const AFTER = '2026-01-01T00:00:30.250Z'

const COMES: [text: string, zone: string, next: string][] = [
  ['0 */6 * * *', 'UTC', '2026-01-01T06:00:00.000Z'],
  ['0 0 * * 2', 'UTC', '2026-01-06T00:00:00.000Z'],
  ['0 0 * * TUE', 'UTC', '2026-01-06T00:00:00.000Z'],
  ['0 0 1 FEB ?', 'UTC', '2026-02-01T00:00:00.000Z'],
  ['45 0 0 * * *', 'UTC', '2026-01-01T00:00:45.000Z'],
  ['5/15 * * * *', 'UTC', '2026-01-01T00:05:00.000Z'],
  ['  0   3  *  *  * ', 'UTC', '2026-01-01T03:00:00.000Z'],
  ['0 2 * * *', 'Europe/Berlin', '2026-01-01T01:00:00.000Z'],
  ['CRON_TZ=Asia/Tokyo 0 12 * * *', 'Europe/Berlin', '2026-01-01T03:00:00.000Z'],
  ['TZ=Asia/Tokyo 0 12 * * *', 'UTC', '2026-01-01T03:00:00.000Z'],
  ['@hourly', 'UTC', '2026-01-01T01:00:00.000Z'],
  ['@daily', 'UTC', '2026-01-02T00:00:00.000Z'],
  ['@midnight', 'UTC', '2026-01-02T00:00:00.000Z'],
  ['@Weekly', 'UTC', '2026-01-04T00:00:00.000Z'],
  ['@monthly', 'UTC', '2026-02-01T00:00:00.000Z'],
  ['@yearly', 'UTC', '2027-01-01T00:00:00.000Z'],
  ['@every 1h30m', 'UTC', '2026-01-01T01:30:30.000Z'],
  ['CRON_TZ=Asia/Tokyo @every 1.5s', 'UTC', '2026-01-01T00:00:31.000Z'],
]

for (const [text, timezone, next] of COMES) {
  test(`"${text}" in ${timezone} comes at ${next}`, () => {
    assert.equal(parseSchedule(text, { timezone }).next(new Date(AFTER))?.toISOString(), next)
  })
}

const REFUSED: [text: string, reason: RegExp][] = [
  ['', /empty/],
  ['CRON_TZ=UTC', /empty/],
  ['* *', /5 fields are expected.* has 2/],
  ['* * * * * * *', /has 7/],
  ['0 25 * * *', /hour: 25/],
  ['0 0 * * bla', /bla/i],
  ['@fortnightly', /@fortnightly.*@daily/],
  ['@every', /length of time/],
  ['@every 10', /length of time/],
  ['@every soon', /length of time/],
  ['@every 10ms', /one second/],
  ['@every -1h', /one second/],
  ['CRON_TZ=Mars/Base 0 0 * * *', /no time zone "Mars\/Base"/],
  ['0 0 31 4 *', /never comes/],
]

for (const [text, reason] of REFUSED) {
  test(`"${text}" is refused`, () => {
    assert.throws(
      () => parseSchedule(text),
      (error) => error instanceof ScheduleError && reason.test(error.reason) && error.text === text,
    )
  })
}

test('a time zone of the options is checked too', () => {
  assert.throws(() => parseSchedule('@daily', { timezone: 'Europe/Atlantis' }), ScheduleError)
  assert.equal(isTimeZone('Europe/Berlin'), true)
})

test('the next time is always later than the one before', () => {
  const schedules = COMES.map(([text, timezone]) => parseSchedule(text, { timezone }))
  const from = fc.date({ min: new Date('2000-01-01'), max: new Date('2090-01-01'), noInvalidDate: true })
  fc.assert(
    fc.property(fc.constantFrom(...schedules), from, (schedule, after) => {
      const next = schedule.next(after)
      assert.ok(next !== undefined && next > after)
      assert.equal(next.getMilliseconds(), 0)
    }),
  )
})
