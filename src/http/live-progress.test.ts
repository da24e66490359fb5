import assert from 'node:assert/strict'
import { afterEach, beforeEach, mock, test } from 'node:test'
import { madeUpUpdates } from '../../test/kit/updates.ts'
import { followProgress } from './live-progress.ts'

beforeEach(() => mock.timers.enable({ apis: ['setTimeout'] }))
// Other files run in this process, and wait for real.
afterEach(() => mock.timers.reset())

function following() {
  const updates = madeUpUpdates()
  const shown: string[] = []
  const stop = followProgress(updates, {
    everyMs: 500,
    show: ({ update, progress }) => shown.push(`${update} ${progress.done}`),
  })
  const tell = (update: string, done: number): void =>
    updates.tell({ update, workload: 'docker/local/web', progress: { done, total: 100 } })
  return { shown, stop, tell }
}

test('progress shows at once, then the newest of it once an interval, and the last always', () => {
  const { shown, tell } = following()
  for (const done of [1, 2, 3]) tell('a', done)
  assert.deepEqual(shown, ['a 1'])
  mock.timers.tick(500)
  assert.deepEqual(shown, ['a 1', 'a 3'])
  tell('a', 100)
  mock.timers.tick(499)
  assert.deepEqual(shown, ['a 1', 'a 3'])
  mock.timers.tick(1)
  assert.deepEqual(shown, ['a 1', 'a 3', 'a 100'])
  mock.timers.tick(500)
  tell('a', 101)
  assert.deepEqual(shown.at(-1), 'a 101')
})

test('one update does not hold another back', () => {
  const { shown, tell } = following()
  tell('a', 1)
  tell('b', 1)
  assert.deepEqual(shown, ['a 1', 'b 1'])
})

test('nothing shows after the end', () => {
  const { shown, tell, stop } = following()
  tell('a', 1)
  tell('a', 2)
  stop()
  tell('b', 1)
  mock.timers.tick(1000)
  assert.deepEqual(shown, ['a 1'])
})
