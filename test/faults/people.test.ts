import { after, before, describe, test } from 'node:test'
import { needs } from '../kit/parts/needs.ts'
import { type FaultBench, type Stage, startFaultBench } from './_bench.ts'
import { assertAsks, assertServes, FORWARD, isGatePoll, type Outcome, once } from './_outcome.ts'

// People and other programs act on the same containers in the middle of an update.

/** When: right before this call. */
const WHEN = {
  prepared: () => FORWARD['F04 policy update']!,
  parked: () => FORWARD['F07 rename of the new']!,
  swapped: () => FORWARD['F05 stop']!,
  stopped: () => FORWARD['F09 start']!,
  'in the gate': isGatePoll,
} satisfies Record<string, (staged: Stage) => Parameters<typeof once>[1]>
type When = keyof typeof WHEN

type Act = (staged: Stage) => Promise<unknown>
const old = (staged: Stage): string => staged.oldId
const next = async (staged: Stage): Promise<string> =>
  (await staged.containers()).find(({ id }) => id !== staged.oldId)!.id

const ACTS = {
  'docker rm -f of the old': (staged) => staged.daemon.docker('rm', '--force', old(staged)),
  'docker rm -f of the new': async (staged) => staged.daemon.docker('rm', '--force', await next(staged)),
  'docker rename of the old': (staged) => staged.daemon.docker('rename', old(staged), `${staged.name}__mine`),
  'docker rename of the new': async (staged) =>
    staged.daemon.docker('rename', await next(staged), `${staged.name}__mine`),
  'docker system prune -af': (staged) => staged.daemon.docker('system', 'prune', '--all', '--force'),
} satisfies Record<string, Act>

/** `lost`: what was removed was all there was to run, so that nothing serves any more and only a person knows why. */
type Ends = Outcome | 'asks' | 'lost'
const ON = { phase: 'committed' } as const
const BACK = { phase: 'rolled-back' } as const

const ROWS: readonly (readonly [keyof typeof ACTS, Record<When, Ends>])[] = [
  ['docker rm -f of the old', { prepared: 'lost', parked: ON, swapped: ON, stopped: ON, 'in the gate': ON }],
  ['docker rm -f of the new', { prepared: BACK, parked: BACK, swapped: BACK, stopped: BACK, 'in the gate': BACK }],
  ['docker rename of the old', { prepared: ON, parked: ON, swapped: ON, stopped: ON, 'in the gate': ON }],
  ['docker rename of the new', { prepared: ON, parked: ON, swapped: BACK, stopped: BACK, 'in the gate': BACK }],
  // What does not run at that moment is removed: between stop and start that is both of them.
  ['docker system prune -af', { prepared: BACK, parked: BACK, swapped: BACK, stopped: 'lost', 'in the gate': ON }],
]

describe('somebody else', { skip: await needs('docker daemon', 'registry') }, () => {
  let bench: FaultBench
  before(async () => {
    bench = await startFaultBench()
  })
  after(() => bench[Symbol.asyncDispose]())

  let count = 0

  for (const [what, ends] of ROWS) {
    for (const when of Object.keys(WHEN) as When[]) {
      test(`F47 ${what} when ${when}: ${sentenceOf(ends[when])}`, async () => {
        await using staged = await bench.stage(`hand${count++}`)
        once(staged, WHEN[when](staged), { before: () => ACTS[what](staged) })
        await staged.update()
        await assertEnds(staged, ends[when])
      })
    }
  }
})

function sentenceOf(ends: Ends): string {
  if (ends === 'lost') return 'what is left is kept, and a person is asked'
  return ends === 'asks' ? 'the old one serves, and a person is asked' : `somebody serves, and it is ${ends.phase}`
}

async function assertEnds(staged: Stage, ends: Ends): Promise<void> {
  const update = await staged.reconcile()
  if (ends === 'lost') return await assertAsks(staged, update, { error: /./, serves: 'nothing' })
  if (ends === 'asks')
    return await assertAsks(staged, update, { error: /./, serves: { container: staged.oldId, version: 1 } })
  await assertServes(staged, update, ends)
}
