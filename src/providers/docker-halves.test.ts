import assert from 'node:assert/strict'
import { test } from 'node:test'
import { withoutHalves } from './_docker-halves.ts'
import { type Container, containerName } from './_docker-list.ts'

const NEXT = 'web__next_0123abcd'
const PREV = 'web__prev_0123abcd'

/** Names with their states, and which of them (by id) are listed under which names. */
const ROWS: readonly [string, Record<string, string>, Record<string, string>][] = [
  ['nothing is under way', { web: 'running', db: 'exited' }, { web: 'web', db: 'db' }],
  ['the new one is created', { web: 'running', [NEXT]: 'created' }, { web: 'web' }],
  ['the old one is renamed', { [PREV]: 'running', [NEXT]: 'created' }, { web: PREV }],
  ['the new one has the name', { [PREV]: 'running', web: 'created' }, { web: PREV }],
  ['the new one runs', { [PREV]: 'exited', web: 'running' }, { web: 'web' }],
  ['the old one is left alone', { [PREV]: 'exited' }, { web: PREV }],
  ['somebody likes such names', { web__next_: 'running' }, { web__next_: 'web__next_' }],
]

for (const [what, states, listed] of ROWS) {
  test(`${what}: ${Object.keys(listed).join(', ')}`, () => {
    const containers = Object.entries(states).map(([name, State]) => ({ Id: name, Names: [`/${name}`], State }))
    const seen = withoutHalves(containers as unknown as Container[], containerName)
    assert.deepEqual(Object.fromEntries(seen.map((container) => [containerName(container), container.Id])), listed)
  })
}
