import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import { createClaims } from './claims.ts'

const NEVER = new AbortController().signal

test('what touches the same things waits, what touches others does not', async () => {
  const claims = createClaims()
  const log: string[] = []
  const gates = new Map<string, () => void>()
  const begin = (name: string, ...names: string[]) =>
    claims.holding(names, NEVER, async () => {
      log.push(`+${name}`)
      await new Promise<void>((resolve) => gates.set(name, resolve))
      log.push(`-${name}`)
    })
  const all = [
    begin('vpn', 'vpn', 'child'),
    begin('child', 'child'),
    begin('web', 'web'),
    begin('both', 'web', 'child'),
  ]
  await setImmediate()
  assert.deepEqual(log, ['+vpn', '+web'])
  gates.get('vpn')!()
  await setImmediate()
  assert.deepEqual(log, ['+vpn', '+web', '-vpn', '+child'])
  gates.get('web')!()
  await setImmediate()
  assert.deepEqual(log.at(-1), '-web')
  gates.get('child')!()
  await setImmediate()
  assert.deepEqual(log.at(-1), '+both')
  gates.get('both')!()
  await Promise.all(all)
})

test('what fails lets go, and what was called off while it waited is left out', async () => {
  const claims = createClaims()
  const off = new AbortController()
  const { promise, reject } = Promise.withResolvers<void>()
  const first = claims.holding(['a'], NEVER, () => promise)
  const second = claims.holding(['a'], off.signal, async () => 'never')
  off.abort(new Error('called off'))
  reject(new Error('broken'))
  await assert.rejects(first, /broken/)
  await assert.rejects(second, /called off/)
  assert.equal(await claims.holding(['a'], NEVER, async () => 'free'), 'free')
})
