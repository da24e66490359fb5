import { Failure } from '../../domain/failure.ts'
import type { Outlook } from './types.ts'

/** @throws Failure `conflict` when somebody holds the workload where it is. */
export function refuseHeld({ name, holds }: Outlook): void {
  const hold = holds.find(({ kind }) => kind === 'hold' || kind === 'snooze')
  if (hold === undefined) return
  const until = hold.until === undefined ? '' : ` until ${hold.until}`
  const reason = hold.reason === undefined ? '' : `: ${hold.reason}`
  throw new Failure('conflict', `"${name}" is held${until} by ${hold.actor}${reason}.`, {
    remedy: `Take that back first: seaworthy hold ${name} --release.`,
  })
}

/** @throws Failure `conflict` when the candidate failed before, or is to be passed over. */
export function refuseQuarantined({ name, quarantine, holds, candidate }: Outlook): void {
  if (quarantine !== undefined)
    throw new Failure('conflict', `This image failed here before: ${quarantine}`, {
      remedy: `Try it all the same: seaworthy update ${name}.`,
    })
  const skip = holds.find(({ kind, digest }) => kind === 'skip' && digest === candidate?.digest)
  if (skip !== undefined) throw new Failure('conflict', `"${name}" skips this version.`)
}

/** A workload has one open update at most. */
export function alreadyOpen(name: string, id?: string): Failure {
  return new Failure('conflict', `An update of "${name}" is under way${id === undefined ? '' : ` (${id})`}.`, {
    remedy: 'See seaworthy updates --open.',
  })
}
