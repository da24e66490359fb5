import assert from 'node:assert/strict'
import { test } from 'node:test'
import { planOf } from '../../test/kit/updates.ts'
import { bytesText, endsOf, lengthText } from './_update-text.ts'

for (const [ms, text] of [
  [250, '250ms'],
  [1000, '1s'],
  [59_600, '1m'],
  [90_000, '1m 30s'],
  [3_600_000, '1h'],
  [90_061_000, '1d 1h'],
] as const) {
  test(`${ms} milliseconds are ${text}`, () => assert.equal(lengthText(ms), text))
}

for (const [bytes, text] of [
  [0, '0 B'],
  [999, '999 B'],
  [1000, '1.0 kB'],
  [1_500_000, '1.5 MB'],
  [12_345_678_901, '12.3 GB'],
] as const) {
  test(`${bytes} bytes are ${text}`, () => assert.equal(bytesText(bytes), text))
}

for (const [what, from, to, expected] of [
  ['another tag', { reference: 'a:1' }, { reference: 'a:2' }, { from: 'a:1', to: 'a:2' }],
  [
    'another build under the same tag',
    { reference: 'a:1', imageId: 'sha256:0123456789abcdef' },
    { reference: 'a:1', digest: 'sha256:fedcba9876543210' },
    { from: 'a:1@0123456789ab', to: 'a:1@fedcba987654' },
  ],
] as const) {
  test(`the two ends of a step to ${what} can be told apart`, () => {
    assert.deepEqual(endsOf(planOf('web', { from, to })), expected)
  })
}
