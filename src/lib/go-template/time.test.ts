import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { compileTemplate } from './template.ts'
import { time } from './values.ts'

function render(template: string, data: unknown): string {
  return compileTemplate(template).render(data)
}

test('a time prints as Go prints it, to the nanosecond', () => {
  const rows: [at: Date | bigint, want: string][] = [
    [new Date('2020-03-26T12:23:56Z'), '2020-03-26 12:23:56 +0000 UTC'],
    [new Date('2020-03-26T12:23:56.120Z'), '2020-03-26 12:23:56.12 +0000 UTC'],
    [1_585_225_436_123_456_789n, '2020-03-26 12:23:56.123456789 +0000 UTC'],
    [-1n, '1969-12-31 23:59:59.999999999 +0000 UTC'],
  ]
  for (const [at, want] of rows) assert.equal(render('{{.}}', time(at)), want)
})

test('a missing time is false and prints as nil', () => {
  assert.equal(render('{{if .at}}yes{{else}}no{{end}} {{.at}}', { at: time(undefined) }), 'no <nil>')
  assert.throws(() => render('{{.at.Year}}', { at: time(null) }), /nil pointer evaluating \*time\.Time\.Year/)
})

test('a time can be shown in the zone of the reader', () => {
  const rows: [zone: string, at: string, want: string][] = [
    ['Europe/Berlin', '2026-07-01T12:00:00Z', '2026-07-01 14:00:00 +0200 CEST'],
    ['Europe/Berlin', '2026-01-01T12:00:00Z', '2026-01-01 13:00:00 +0100 CET'],
    ['America/New_York', '2026-01-01T02:00:00Z', '2025-12-31 21:00:00 -0500 EST'],
    ['Asia/Kolkata', '2026-01-01T00:00:00Z', '2026-01-01 05:30:00 +0530 IST'],
    ['America/Sao_Paulo', '2026-01-01T00:00:00Z', '2025-12-31 21:00:00 -0300 -03'],
    ['UTC', '2026-01-01T00:00:00Z', '2026-01-01 00:00:00 +0000 UTC'],
  ]
  for (const [zone, at, want] of rows) {
    const date = new Date(at)
    assert.equal(render('{{.}}', time(date, { zone })), want)
    assert.equal(render('{{.Local}}', time(date, { localZone: zone })), want)
    assert.equal(render('{{.UTC.Unix}}', time(date, { zone })), String(date.getTime() / 1000))
  }
})

test('moving a time by days keeps the hour over a change of the clocks', () => {
  const at = time(new Date('2026-03-28T12:00:00Z'), { zone: 'Europe/Berlin' })
  assert.equal(render('{{.AddDate 0 0 1}}', at), '2026-03-29 13:00:00 +0200 CEST')
  assert.equal(render('{{.Add 86400000000000}}', at), '2026-03-29 14:00:00 +0200 CEST')
})

test('every time in UTC is formatted as JavaScript does', () => {
  const dates = fc.date({
    min: new Date('0001-01-01T00:00:00Z'),
    max: new Date('9999-12-31T23:59:59.999Z'),
    noInvalidDate: true,
  })
  fc.assert(
    fc.property(dates, (date) => {
      assert.equal(render('{{.Format "2006-01-02T15:04:05.000Z07:00"}}', time(date)), date.toISOString())
      assert.equal(render('{{.Weekday}}', time(date)).slice(0, 3), date.toUTCString().slice(0, 3))
      assert.equal(render('{{.UnixMilli}}', time(date)), String(date.getTime()))
    }),
  )
})

test('moving by days there and back again gives the same time', () => {
  const moves = fc.integer({ min: -4000, max: 4000 })
  fc.assert(
    fc.property(
      fc.date({ min: new Date(0), max: new Date('2100-01-01'), noInvalidDate: true }),
      moves,
      (date, days) => {
        assert.equal(render(`{{((.AddDate 0 0 ${days}).AddDate 0 0 ${-days}).Equal .}}`, time(date)), 'true')
      },
    ),
  )
})
