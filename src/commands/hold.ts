import { Failure } from '../domain/failure.ts'
import type { Hold } from '../http/schemas-updates.ts'
import { printable } from '../lib/printable.ts'
import type { CommandContext } from './_command.ts'
import { EXIT } from './_exit-codes.ts'
import { printJson } from './_terminal.ts'
import { shortTime } from './_update-text.ts'
import { withUpdates } from './_updates-link.ts'
import { parseWhen } from './_when.ts'

export interface HoldOptions {
  readonly config?: string
  readonly until?: string
  readonly reason?: string
  readonly pin?: boolean
  readonly release?: boolean
  readonly json?: boolean
}

/** `seaworthy hold WORKLOAD`: leaves it as it is, until a time (`--until`) or on its tag (`--pin`); `--release` takes that back. */
export async function hold(context: CommandContext, workload: string, options: HoldOptions): Promise<number> {
  const { pin, release: isRelease, reason, until } = options
  if (isRelease === true && (until !== undefined || reason !== undefined)) {
    throw new Failure('invalid', '--release goes with neither --until nor --reason.')
  }
  if (isRelease === true) return await release(context, workload, options)
  const end = until === undefined ? undefined : parseWhen(until, { now: new Date(), where: '--until' })
  const kind = pin === true ? 'pin' : end === undefined ? 'hold' : 'snooze'
  return await withUpdates(context, options.config, async (link) => {
    tell(context, await link.hold(workload, { kind, until: end, reason }), options)
    return EXIT.ok
  })
}

/** `seaworthy skip WORKLOAD`: passes over what it could move to now; the next newer one is offered again. */
export async function skip(
  context: CommandContext,
  workload: string,
  options: Pick<HoldOptions, 'config' | 'reason' | 'json'>,
): Promise<number> {
  return await withUpdates(context, options.config, async (link) => {
    const { reason } = options
    tell(context, await link.hold(workload, { kind: 'skip', until: undefined, reason }), options)
    return EXIT.ok
  })
}

async function release(context: CommandContext, workload: string, { config, json, pin }: HoldOptions): Promise<number> {
  return await withUpdates(context, config, async (link) => {
    const released = await link.release(workload, pin === true ? 'pin' : undefined)
    if (json === true) printJson(context.terminal, { released })
    else context.terminal.out(released === 0 ? 'Nothing held it.\n' : `${printable(workload)} is free again.\n`)
    return EXIT.ok
  })
}

function tell({ terminal }: CommandContext, held: Hold, { json }: { json?: boolean }): void {
  if (json === true) printJson(terminal, held)
  else terminal.out(`${printable(held.workload)} ${WHAT[held.kind](held)}${untilText(held)}.\n`)
}

const WHAT: Readonly<Record<Hold['kind'], (held: Hold) => string>> = {
  hold: () => 'is held',
  snooze: () => 'is held',
  pin: ({ tag }) => `stays on ${tag === undefined ? 'its tag' : `the tag ${printable(tag)}`}`,
  skip: ({ tag, digest }) => `passes over ${printable(tag ?? digest ?? 'what it could move to now')}`,
}

function untilText({ until, kind }: Hold): string {
  if (until !== undefined) return ` until ${shortTime(until)} UTC`
  return kind === 'hold' ? ' until it is released' : ''
}
