import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Failure } from '../domain/failure.ts'
import { parseWhen } from './_when.ts'

const NOW = new Date(2026, 2, 1, 12, 0)

for (const [text, expected] of [
  ['2h', new Date(2026, 2, 1, 14, 0)],
  ['1d12h', new Date(NOW.getTime() + 36 * 3_600_000)],
  ['2w', new Date(NOW.getTime() + 14 * 86_400_000)],
  ['2026-12-01', new Date(2026, 11, 1)],
  ['2026-12-01T08:00', new Date(2026, 11, 1, 8, 0)],
  ['2026-12-01 08:00:30', new Date(2026, 11, 1, 8, 0, 30)],
  ['2026-12-01T08:00Z', new Date('2026-12-01T08:00:00Z')],
  ['2026-12-01T08:00+02:00', new Date('2026-12-01T06:00:00Z')],
] as const) {
  test(`--until ${text} is a time to come`, () => {
    assert.equal(parseWhen(text, { now: NOW, where: '--until' }).toISOString(), expected.toISOString())
  })
}

for (const [text, reason] of [
  ['', /neither a time/],
  ['soon', /neither a time/],
  ['5', /neither a time/],
  ['2026-02-30', /neither a time/],
  ['2026-13-01', /neither a time/],
  ['2026-12-01T25:00', /neither a time/],
  ['99999999999w', /neither a time/],
  ['-2h', /has passed/],
  ['0s', /has passed/],
  ['2026-02-28', /has passed/],
] as const) {
  test(`--until "${text}" is refused with what may be written`, () => {
    assert.throws(
      () => parseWhen(text, { now: NOW, where: '--until' }),
      (error) =>
        error instanceof Failure && error.code === 'invalid' && reason.test(error.message) && error.where === '--until',
    )
  })
}
