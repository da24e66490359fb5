import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createGoTime } from './_go-time.ts'

for (const [iso, zone, expected] of [
  ['2022-12-29T09:22:15Z', 'Europe/Paris', '2022-12-29 10:22:15 +0100 CET'],
  ['2022-06-29T09:22:15Z', 'Europe/Paris', '2022-06-29 11:22:15 +0200 CEST'],
  ['2022-12-29T09:22:15Z', 'UTC', '2022-12-29 09:22:15 +0000 UTC'],
  ['2022-12-29T00:00:00Z', 'America/New_York', '2022-12-28 19:00:00 -0500 EST'],
  ['2022-12-29T00:00:00Z', 'Asia/Kolkata', '2022-12-29 05:30:00 +0530 IST'],
  // Where a zone has no abbreviation, Go says the offset twice.
  ['2022-12-29T00:00:00Z', 'America/Sao_Paulo', '2022-12-28 21:00:00 -0300 -0300'],
] as const)
  test(`${iso} in ${zone} is ${expected}`, () => {
    assert.equal(createGoTime(zone)(Date.parse(iso) / 1000), expected)
  })

test('one formatter follows the change to summer time', () => {
  const format = createGoTime('Europe/Paris')
  const texts = [Date.UTC(2022, 0, 1), Date.UTC(2022, 6, 1), Date.UTC(2022, 11, 1)].map((time) => format(time / 1000))
  assert.deepEqual(
    texts.map((text) => text.split(' ').at(-1)),
    ['CET', 'CEST', 'CET'],
  )
})

test('a number beyond all times is no time', () => assert.equal(createGoTime('UTC')(1e20), ''))
