import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createQueue } from './queue.ts'

const NEVER = new AbortController().signal

function held() {
  const { promise, resolve } = Promise.withResolvers<void>()
  return { promise, release: resolve }
}

test('so many run at once for a key, the others in order, and another key waits for nobody', async () => {
  const queue = createQueue(2)
  const began: string[] = []
  const works = ['a', 'b', 'c', 'd', 'other'].map((name) => ({ name, ...held() }))
  const done = works.map(({ name, promise }) =>
    queue.run(name === 'other' ? 'far' : 'here', NEVER, async () => {
      began.push(name)
      await promise
      return name
    }),
  )
  await Promise.resolve()
  assert.deepEqual(began, ['a', 'b', 'other'])
  works[1]!.release()
  assert.equal(await done[1], 'b')
  assert.deepEqual(began, ['a', 'b', 'other', 'c'])
  for (const { release } of works) release()
  assert.deepEqual(await Promise.all(done), ['a', 'b', 'c', 'd', 'other'])
})

test('one that fails gives its place to the next, and one that was called off is left out', async () => {
  const queue = createQueue(1)
  const { promise, release } = held()
  const first = queue.run('here', NEVER, async () => {
    await promise
    throw new Error('broken')
  })
  const off = new AbortController()
  const second = queue.run('here', off.signal, async () => 'never')
  const third = queue.run('here', NEVER, async () => 'third')
  off.abort(new Error('called off'))
  release()
  await assert.rejects(first, /broken/)
  await assert.rejects(second, /called off/)
  assert.equal(await third, 'third')
})
