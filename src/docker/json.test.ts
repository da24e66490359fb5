import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseJson } from './json.ts'

for (const text of [
  '{"Memory":9223372036854775807,"Name":"x"}',
  '{"Ulimits":[{"Hard":18446744073709551615,"Soft":-9223372036854775808}]}',
  '{"timeNano":1700000000999999999,"time":1700000000}',
  '{"Id":"1234567890123456789"}',
  '{"Small":9007199254740991,"Share":0.5}',
])
  test(`${text} is written again as it was read`, () => assert.equal(JSON.stringify(parseJson(text)), text))

test('numbers that fit are plain numbers', () => {
  assert.deepEqual(parseJson('{"a":1,"b":-2.5,"c":"12345678901234567890"}'), {
    a: 1,
    b: -2.5,
    c: '12345678901234567890',
  })
})
