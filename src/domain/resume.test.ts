import assert from 'node:assert/strict'
import { test } from 'node:test'
import { resumptionOf } from './resume.ts'
import { PHASES, type Phase } from './update.ts'

type Standing = Parameters<typeof resumptionOf>[1]

const STANDINGS: readonly Standing[] = ['before', 'between', 'after', 'foreign', 'settled']

/** What is done, by phase, in the order of STANDINGS: f(orward), b(ack), a(sk), c(ommitted), r(olled back). */
const TABLE: Record<Phase, string> = {
  planned: 'fbbbb',
  fetched: 'fbbbb',
  verified: 'fbbbb',
  prepared: 'bbbbb',
  parked: 'bbbbb',
  swapped: 'bbfbb',
  started: 'bbfbb',
  gated: 'bbfbb',
  committed: 'ccccc',
  'rolling-back': 'bbbbb',
  'rolled-back': 'rrrrr',
  'needs-operator': 'racar',
}
const WORDS = { f: 'forward', b: 'roll-back', a: 'ask', c: 'committed', r: 'rolled-back' } as const

for (const [phase, row] of Object.entries(TABLE)) {
  for (const [index, standing] of STANDINGS.entries()) {
    const wanted = WORDS[row[index] as keyof typeof WORDS]
    test(`${phase}, and the host shows "${standing}": ${wanted}`, () =>
      assert.equal(resumptionOf(phase as Phase, standing), wanted))
  }
}

test('every phase on the way is in the table', () => assert.ok(PHASES.every((phase) => phase in TABLE)))
