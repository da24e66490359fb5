import { after, before, describe, test } from 'node:test'
import { startDockerDaemon } from '../kit/parts/docker-daemon.ts'
import type { Engine } from '../kit/parts/engines.ts'
import { needs } from '../kit/parts/needs.ts'
import { startRegistry } from '../kit/parts/registry.ts'
import { type Ground, ground } from './_bench.ts'
import type { Case } from './_case.ts'
import { keepResults, type Result } from './_results.ts'
import { openStage, type Stage } from './_stage.ts'

/** One row of the table that updates as often as it needs to and judges what it sees. */
export interface PlayedCase extends Pick<Case, 'id' | 'given' | 'holds' | 'only'> {
  /** Throws where something does not hold. */
  play(stage: Stage): Promise<void>
}

const AT_ONCE = 3

/** Plays cases on one engine, each with a program, an image and containers of its own. Keeps the results as `lane` does. */
export async function playedLane(engine: Engine, groups: Readonly<Record<string, readonly PlayedCase[]>>) {
  const skip = await needs(`engine ${engine}`, 'registry', 'compose')
  const rows = Object.entries(groups).flatMap(([group, cases]) => cases.map((one) => ({ group, one })))
  const results = new Map<string, Result>()
  if (skip !== false) keepResults(engine, rows, () => ({ outcome: 'skipped', detail: skip }))

  describe(`updates on engine ${engine}`, { skip, concurrency: AT_ONCE }, () => {
    const parts = new AsyncDisposableStack()
    let on: Ground | undefined
    before(async () => {
      const daemon = parts.use(await startDockerDaemon({ engine }))
      // The plugin is put in place by its first use.
      await daemon.compose('version')
      on = ground(engine, daemon, parts.use(await startRegistry()))
    })
    after(async () => {
      // Of a lane that was opened, what was not played was not asked for (--test-name-pattern).
      const played = on === undefined ? rows : rows.filter(({ one }) => results.has(one.id))
      keepResults(engine, played, ({ id }) => results.get(id))
      await parts.disposeAsync()
    })
    for (const { one } of rows) {
      const reason = one.only === undefined || one.only.engines.includes(engine) ? undefined : one.only.reason
      if (reason !== undefined) results.set(one.id, { outcome: 'cannot be expressed', detail: reason })
      const name = `${one.id}: ${one.given}; ${one.holds}`
      test(name, { skip: reason === undefined ? false : `cannot be expressed: ${reason}` }, async () => {
        results.set(one.id, { outcome: 'fail', detail: '' })
        await using stage = await openStage(on!, one.id)
        await one.play(stage)
        results.set(one.id, { outcome: 'pass', detail: '' })
      })
    }
  })
}
