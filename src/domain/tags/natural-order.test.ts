import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { compareNatural } from './natural-order.ts'

const DESCENDING = [
  '4.30.0 4.29.0 4.28.0',
  '3.10.0 3.9.0 3.2.0',
  '15.0.2 15.0.1 12.0.1 9.0.3',
  '6.0.4.10291-ls289 5.27.5.10198-ls284',
  '2025.11.1 2025.08.0 2024.07.0',
  '1.42.2.10156-f737b826c 1.42.1.10060-4e8b05daf',
  '0.6.25-ls348 0.6.25-ls345',
  '6.1.1.10360-ls301 6.1.1.10360-ls99',
  'v9.10.0-ls400 v9.8.0-ls399',
  '6.1.1.10360-ls301 6.1.1.9999-ls301',
  '1.0.0 1.0.0-beta.11 1.0.0-beta.2',
  '1.2.3.4 1.2.3-ls1 1.2.3 1.2.3-rc1',
  '1.25.3 1.25 1',
  '1.0.0 1.0.0-rc1',
]

describe('the natural order', () => {
  for (const tags of DESCENDING) {
    it(`puts ${tags.replaceAll(' ', ' before ')}`, () => {
      const sorted = tags
        .split(' ')
        .sort()
        .sort((a, b) => compareNatural(b, a))
      assert.equal(sorted.join(' '), tags)
    })
  }

  it('is total over any text', () => {
    const text = fc.string({ maxLength: 12, unit: fc.constantFrom('0', '1', '9', '.', '-', 'a', 'rc', 'v') })
    fc.assert(
      fc.property(text, text, text, (a, b, c) => {
        assert.equal(Math.sign(compareNatural(a, b)) + Math.sign(compareNatural(b, a)), 0)
        if (compareNatural(a, b) <= 0 && compareNatural(b, c) <= 0) assert.ok(compareNatural(a, c) <= 0)
      }),
    )
  })
})
