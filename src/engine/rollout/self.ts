import { Failure } from '../../domain/failure.ts'
import type { Plan } from '../../domain/update.ts'
import type { Workload } from '../../domain/workload.ts'
import type { Clock } from '../../lib/clock.ts'
import type { Db } from '../../store/tables.ts'
import type { Self } from '../../updaters/_self.ts'
import type { Outlooks } from './outlook.ts'
import { writeSelfReport } from './self-report.ts'

/** What concerns updates of the container this process runs in. */
export interface OwnUpdates {
  readonly self: Self
  /** `updates.self` */
  readonly allowed: boolean
  /** Names of the hosts that may run it; none where it runs in no container. */
  readonly hosts: readonly string[]
  readonly version: string
  /** Asks what runs: a helper that was started again in between knows only what did then. */
  readonly discover: () => Promise<unknown>
  /** How a helper for an update is called that watches over the container of this name. */
  readonly command: (update: string, container: string) => readonly [string, ...string[]]
}

const REFUSAL = 'it is the container Seaworthy itself runs in; set updates.self to true, or update it yourself'

/** Why a workload is not for us to update, from what is known so far. */
export function selfRefusal({ self, allowed }: OwnUpdates, { host, name }: Workload): string | undefined {
  return !allowed && self.known(host)?.name === name ? REFUSAL : undefined
}

/** @throws Failure `conflict` when the plan would replace our own container and nobody has allowed that. */
export async function refuseOwn(own: OwnUpdates | undefined, plan: Plan, signal: AbortSignal): Promise<void> {
  if (own === undefined || own.allowed || !(await own.self.isIn(plan, '', signal))) return
  const isItself = own.self.nameIn(plan) === plan.name
  throw new Failure('conflict', isItself ? REFUSAL : `it takes another one along: ${REFUSAL}`, {
    where: `container "${plan.name}"`,
  })
}

export interface LookParts {
  readonly own: OwnUpdates
  readonly clock: Clock
  readonly stopping: AbortSignal
}

/** The first look is waited for, but no longer than this. Milliseconds. */
const FIRST_LOOK_MS = 2_000
const PAUSE_MS = 15_000

/** Looks on every host for our own container; afterwards only, now and then, on those that did not answer. */
export function createLook({ own, clock, stopping }: LookParts): () => Promise<void> {
  const looked = { first: undefined as Promise<unknown> | undefined, at: 0 }
  const look = (): Promise<unknown> => {
    looked.at = clock.now().getTime()
    return Promise.allSettled(own.hosts.map((host) => own.self.on(host, stopping)))
  }
  return async () => {
    if (looked.first === undefined) {
      looked.first = look()
      await Promise.race([looked.first, clock.sleep(FIRST_LOOK_MS, stopping).catch(() => {})])
    } else if (clock.now().getTime() - looked.at > PAUSE_MS) void look()
  }
}

/** The same outlooks, which know whether a workload is our own container. */
export function lookingFirst(outlooks: Outlooks, look: () => Promise<void>): Outlooks {
  return {
    ...outlooks,
    async outlook(workload) {
      await look()
      return await outlooks.outlook(workload)
    },
    async outlooks() {
      await look()
      return await outlooks.outlooks()
    },
  }
}

/** Says that this server has come up, as soon as a host can tell which container it runs in. Resolves then, or when aborted. */
export async function reportIn(
  own: OwnUpdates,
  { db, clock }: { db: Db; clock: Clock },
  signal: AbortSignal,
): Promise<void> {
  const hosts = new Set(own.hosts)
  while (hosts.size > 0 && !signal.aborted) {
    for (const host of hosts) {
      try {
        const container = (await own.self.on(host, signal))?.inspected
        hosts.delete(host)
        if (container === undefined) continue
        const at = clock.now().toISOString()
        return await writeSelfReport(db, { container: container.Id, version: own.version, at })
      } catch {
        // Away, or the database is busy: asked again.
      }
    }
    await clock.sleep(REPORT_PAUSE_MS, signal).catch(() => {})
  }
}

const REPORT_PAUSE_MS = 1_000
