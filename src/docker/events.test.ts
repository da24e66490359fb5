import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { readEvents, readLines } from './events.ts'

const START =
  '{"Type":"container","Action":"start","Actor":{"ID":"c1","Attributes":{"name":"wéb"}},"time":1700000000,"timeNano":1700000000999999999}'
const DIE = '{"Type":"container","Action":"die","Actor":{"ID":"c2","Attributes":null},"time":1700000001}'

async function* pieces(bytes: Uint8Array, cuts: readonly number[]) {
  let from = 0
  for (const cut of [...cuts, bytes.length]) {
    yield bytes.subarray(from, cut)
    from = cut
  }
}

test('lines read the same wherever the stream is cut, also within a character', async () => {
  const text = 'ä{"a":1}\n\n€uro\r\nlast'
  const bytes = new TextEncoder().encode(text)
  await fc.assert(
    fc.asyncProperty(fc.array(fc.nat(bytes.length)), async (cuts) => {
      const lines = await collect(
        readLines(
          pieces(
            bytes,
            cuts.sort((a, b) => a - b),
          ),
        ),
      )
      assert.deepEqual(lines, ['ä{"a":1}', '€uro\r', 'last'])
    }),
  )
})

test('events come with what they are about and with where to go on', async () => {
  const bytes = new TextEncoder().encode(`${START}\n${DIE}\n`)
  assert.deepEqual(await collect(readEvents(pieces(bytes, [7, 90]))), [
    {
      type: 'container',
      action: 'start',
      id: 'c1',
      attributes: { name: 'wéb' },
      // One nanosecond after the event, carried over into the next second.
      cursor: '1700000001.000000000',
    },
    { type: 'container', action: 'die', id: 'c2', attributes: {}, cursor: '1700000001' },
  ])
})

test('a line that is no event does not end the stream', async () => {
  const bytes = new TextEncoder().encode(`nonsense\n[1]\n"x"\n${DIE}\n{"Type":`)
  const events = await collect(readEvents(pieces(bytes, [])))
  assert.deepEqual(
    events.map(({ action }) => action),
    ['die'],
  )
})

test('a stream that never ends its line is given up', async () => {
  let sent = 0
  async function* endless() {
    for (; ; sent++) yield new Uint8Array(64 * 1024).fill(0x61)
  }
  await assert.rejects(collect(readLines(endless())), /longer/)
  assert.ok(sent < 100, `${sent} pieces`)
})

async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = []
  for await (const item of items) all.push(item)
  return all
}
