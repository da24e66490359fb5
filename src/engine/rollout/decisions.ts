import { Failure } from '../../domain/failure.ts'
import type { Hold } from '../../domain/hold.ts'
import { tagOf } from '../../domain/image-reference.ts'
import { putApproval } from '../../store/approvals.ts'
import { recordEvent } from '../../store/events.ts'
import { deleteHolds, putHold } from '../../store/holds.ts'
import { inTransaction } from '../../store/in-transaction.ts'
import { deletePause, writePause } from '../../store/pause.ts'
import type { Db } from '../../store/tables.ts'
import type { Outlooks } from './outlook.ts'
import type { Asked, Candidate, Outlook, Updates } from './types.ts'

/** What people decide about updates. */
export type Decisions = Pick<Updates, 'hold' | 'release' | 'approve' | 'pause' | 'resume' | 'paused'>

export interface DecisionParts {
  readonly db: Db
  readonly outlooks: Outlooks
  readonly now: () => Date
  /** Called when events were written. */
  readonly changed: () => void
}

type HoldRequest = Parameters<Updates['hold']>[1]

/** Writes down what people decide, each with its event. */
export function createDecisions(parts: DecisionParts): Decisions {
  const { db, outlooks, now, changed } = parts
  return {
    hold: (workload, asked) => hold(parts, workload, asked),
    async release(text, { actor, kind }) {
      const { id } = outlooks.workload(text)
      const at = now()
      const count = await inTransaction(db, async (within) => {
        const released = await deleteHolds(within, { workload: id, kind, now: at })
        const data = { actor, kind: kind ?? 'all', count: released }
        if (released > 0) await recordEvent(within, { kind: 'hold.released', subject: id, data, now: at })
        return released
      })
      changed()
      return count
    },
    async approve(text, { actor }) {
      const outlook = await outlooks.outlook(text)
      const candidate = candidateOf(outlook)
      const { workload } = outlook
      const { reference, digest } = candidate
      const at = now()
      await inTransaction(db, async (within) => {
        await putApproval(within, { workload, tag: tagIn(reference), digest, actor }, at)
        const data = { actor, reference, digest, level: candidate.level }
        await recordEvent(within, { kind: 'update.approved', subject: workload, data, now: at })
      })
      changed()
      return candidate
    },
    async pause({ actor, until }) {
      const at = now()
      refusePast(until, at)
      const pause = { actor, until: until?.toISOString() }
      await inTransaction(db, async (within) => {
        await writePause(within, pause)
        await recordEvent(within, { kind: 'updates.paused', data: pause, now: at })
      })
      changed()
    },
    async resume({ actor }) {
      await resume(parts, actor)
    },
    paused: outlooks.pause,
  }
}

async function hold(parts: DecisionParts, text: string, request: HoldRequest): Promise<Hold> {
  const { db, outlooks, now, changed } = parts
  const { actor, kind, until, reason } = request
  const at = now()
  if (kind === 'snooze' && until === undefined)
    throw new Failure('invalid', 'Until when is it to be put off?', { remedy: 'Give a time, such as 3d.' })
  refusePast(until, at)
  const workload = outlooks.workload(text)
  const about = kind === 'skip' ? await skippedBy(outlooks, workload.id) : undefined
  const pinned = kind === 'pin' && workload.reference !== undefined ? tagOf(workload.reference) : undefined
  const said = {
    workload: workload.id,
    kind,
    tag: about?.tag ?? pinned,
    digest: about?.digest,
    until: until?.toISOString(),
    reason: reason === '' ? undefined : reason,
    actor,
  }
  const written = await inTransaction(db, async (within) => {
    const put = await putHold(within, said, at)
    const { id, createdAt: _, workload: subject, ...data } = put
    await recordEvent(within, { kind: 'hold.set', subject, data: { hold: id, ...data }, now: at })
    return put
  })
  changed()
  return written
}

async function skippedBy(outlooks: Outlooks, workload: string): Promise<{ tag: string | undefined; digest: string }> {
  const { reference, digest } = candidateOf(await outlooks.outlook(workload))
  return { tag: tagIn(reference), digest }
}

async function resume({ db, outlooks, now, changed }: DecisionParts, actor: Asked['actor']): Promise<void> {
  await inTransaction(db, async (within) => {
    if (await deletePause(within)) await recordEvent(within, { kind: 'updates.resumed', data: { actor }, now: now() })
  })
  changed()
  if ((await outlooks.pause()) === undefined) return
  throw new Failure('conflict', 'Updates are paused by the config.', { remedy: 'Set updates.paused to false there.' })
}

function candidateOf({ candidate, image, name }: Outlook): Candidate {
  if (candidate !== undefined) return candidate
  throw new Failure('conflict', `Nothing newer than ${image} is known for "${name}".`, {
    remedy: 'Ask the registry first: seaworthy check.',
  })
}

/** The tag in the text of a reference, without its digest. */
function tagIn(reference: string): string | undefined {
  return /:([^/:]+)$/.exec(reference.replace(/@.*$/, ''))?.[1]
}

function refusePast(until: Date | undefined, now: Date): void {
  if (until === undefined || until > now) return
  throw new Failure('invalid', `${until.toISOString()} has passed already.`, { remedy: 'Give a time that is to come.' })
}
