import assert from 'node:assert/strict'
import path from 'node:path'
import { test } from 'node:test'
import { temporaryFolder } from '../../test/kit/parts/program.ts'
import { createLog } from '../lib/log.ts'
import { goodBackups } from '../store/backup.ts'
import { latestEvents, recordEvent } from '../store/events.ts'
import { openStore } from '../store/open.ts'
import { runUpkeep } from './upkeep.ts'

const START = Date.UTC(2026, 5, 1)
const DAY_MS = 86_400_000

test('each day has one backup, old events go, and a failure stops none of it', async () => {
  await using folder = await temporaryFolder('upkeep')
  let at = START
  let [rounds, failures] = [0, 0]
  const stop = new AbortController()
  const now = (): Date => new Date(at)
  await using store = await openStore(path.join(folder.path, 'x.db'), { now })
  for (const days of [100, 1]) await recordEvent(store.db, { kind: 'image.found', now: new Date(at - days * DAY_MS) })
  const checkpoint = (): void => {
    if (++rounds === 1) throw new Error('database or disk is full')
    store.checkpoint()
  }
  const sleep = async (): Promise<void> => {
    at += DAY_MS / 2
    if (rounds === 5) stop.abort()
  }
  const write = (): void => void failures++
  const log = createLog({ level: 'warn', json: true, color: false, write })
  await runUpkeep({ store: { ...store, checkpoint }, clock: { now, sleep }, log }, stop.signal)
  assert.deepEqual([rounds, failures, goodBackups(store.path).length], [5, 1, 3])
  assert.equal((await latestEvents(store.db, { most: 10 })).length, 1)
})
