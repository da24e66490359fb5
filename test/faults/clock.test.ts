import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { objectionsTo } from '../../src/domain/eligibility.ts'
import type { GateSettings } from '../../src/domain/update-settings.ts'
import { SILENT } from '../../src/lib/log.ts'
import { releaseLease, renewLease, takeLease } from '../../src/store/leases.ts'
import { openStore } from '../../src/store/open.ts'
import { passGate } from '../../src/updaters/_gate.ts'
import { scriptDocker } from '../kit/scripted-docker.ts'

// The clock of a machine cannot be moved for one process, and the engine goes by it as well: these ask the parts that
// take the time as an argument.

const DAY_MS = 86_400_000
const BEGIN = Date.parse('2026-01-10T00:00:00Z')
const GATE: GateSettings = { timeoutMs: undefined, soakMs: 10_000, probe: undefined }
const JUMPS: Record<string, number> = { 'a day ahead': DAY_MS, 'a day back': -DAY_MS }

describe('a clock that jumps', () => {
  for (const [how, ms] of Object.entries(JUMPS)) {
    test(`F38 ${how} in the gate: the soak is as long as ever`, async () => {
      let elapsed = 0
      const clock = {
        now: () => new Date(BEGIN + elapsed + (elapsed > 3000 ? ms : 0)),
        sleep: async (pause: number) => {
          elapsed += pause
        },
      }
      const docker = scriptDocker(() => RUNNING)
      const signal = new AbortController().signal
      const options = { containerId: 'web', gate: GATE, mayEnd: false, signal, clock, log: SILENT }
      await passGate(docker, { ...options, elapsedMs: () => elapsed })
      assert.ok(elapsed >= 10_000 && elapsed < 12_000, String(elapsed))
    })

    test(`F38 ${how} while a lease is held: whoever takes it over is the only one who acts`, async () => {
      await using store = await openStore(':memory:', { now: () => new Date(BEGIN) })
      const asked = (holder: string, at: number) => ({
        ...{ name: 'update web', holder, now: new Date(at), until: new Date(at + 20_000), isDead: () => false },
      })
      const first = await takeLease(store.db, asked('first', BEGIN))
      const second = await takeLease(store.db, asked('second', BEGIN + ms))
      assert.equal(second !== undefined, ms > 0, 'it has run out for a clock that is ahead')
      const isFirstStill = await renewLease(store.db, first!, new Date(BEGIN + 20_000))
      assert.equal(isFirstStill, second === undefined)
      await releaseLease(store.db, second ?? first!, new Date(BEGIN + ms))
      const third = await takeLease(store.db, asked('third', BEGIN + ms))
      assert.ok(third !== undefined && third.token > first!.token, 'nobody is locked out')
    })
  }

  test('F38 a day back in the cooldown: an image waits longer, and is never taken before its time', () => {
    const option = { tag: '1', digest: 'sha256:new', level: 'digest', since: new Date(BEGIN).toISOString() }
    const settings = { mode: 'auto', level: 'minor', minimumAgeMs: 2 * DAY_MS } as const
    const facts = { settings, currentTag: '1', holds: [], quarantined: undefined, isApproved: false }
    const objections = (days: number) => objectionsTo(option, { ...facts, now: new Date(BEGIN + days * DAY_MS) }).length
    assert.deepEqual([-1, 0, 1, 2, 3].map(objections), [1, 1, 1, 0, 0])
  })
})

const RUNNING = {
  Id: 'web',
  RestartCount: 0,
  State: {
    ...{ Status: 'running', Running: true, Restarting: false, OOMKilled: false, ExitCode: 0, Error: '' },
    ...{ StartedAt: 'A', FinishedAt: '0001-01-01T00:00:00Z' },
  },
  HostConfig: { RestartPolicy: { Name: 'no', MaximumRetryCount: 0 }, AutoRemove: false, NetworkMode: 'bridge' },
  Config: { Tty: false },
}
