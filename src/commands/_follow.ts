import { Failure } from '../domain/failure.ts'
import type { UpdateReport } from '../http/schemas-updates.ts'
import { systemClock } from '../lib/clock.ts'
import { printable } from '../lib/printable.ts'
import type { CommandContext } from './_command.ts'
import { paint, progressLine, type Style, type Terminal } from './_terminal.ts'
import { bytesText, isAtRest, phaseStyle, shortId } from './_update-text.ts'
import type { UpdatesLink } from './_updates-link.ts'

const POLL_MS = 250

/**
 * Waits until nothing more happens to these updates by itself, and tells of every phase and step on standard error as it
 * comes (`quiet`: of none); a pull is drawn as a line of progress where that is a terminal. Returns them as they are then.
 */
export async function followUpdates(
  { terminal, signal }: CommandContext,
  link: UpdatesLink,
  { ids, quiet }: { ids: readonly string[]; quiet: boolean },
): Promise<UpdateReport[]> {
  const line = progressLine(terminal)
  const tellers = new Map(ids.map((id) => [id, createTeller(terminal)]))
  const show = (reports: readonly UpdateReport[]): void => {
    line.clear()
    for (const report of reports) tellers.get(report.update.id)?.(report)
    const pulls = reports.flatMap(pullText)
    if (pulls.length > 0) line.show(pulls.join(', '))
  }
  try {
    return await reportsAtRest(link, { ids, signal, show: quiet ? () => {} : show })
  } catch (error) {
    line.clear()
    if (signal.aborted && link.byServer) {
      terminal.err(
        `The server goes on without this command: seaworthy updates ${ids.length === 1 ? shortId(ids[0]!) : '--open'}\n`,
      )
    }
    throw error
  }
}

interface Following {
  readonly ids: readonly string[]
  readonly signal: AbortSignal
  show(reports: readonly UpdateReport[]): void
}

async function reportsAtRest(link: UpdatesLink, { ids, signal, show }: Following): Promise<UpdateReport[]> {
  const reports = new Map<string, UpdateReport>()
  for (;;) {
    for (const id of ids) {
      const known = reports.get(id)
      if (known === undefined || !isAtRest(known.update)) reports.set(id, await link.get(id))
    }
    const now = [...reports.values()]
    show(now)
    if (!link.byServer) refuseStalled(now)
    if (now.every(({ update }) => isAtRest(update))) return now
    await systemClock.sleep(POLL_MS, signal)
  }
}

/** Nobody is left in this process to go on with it. */
function refuseStalled(reports: readonly UpdateReport[]): void {
  const report = reports.find(({ stalled }) => stalled !== undefined)
  if (report === undefined) return
  throw new Failure('unavailable', `The update of "${report.update.plan.name}" stands still: ${report.stalled}`, {
    remedy: 'Put that right and start the server: seaworthy serve takes it up where it is.',
  })
}

/** Prints what is new in a report since the one before. */
function createTeller(terminal: Terminal): (report: UpdateReport) => void {
  const styled: Terminal = { ...terminal, color: terminal.color && terminal.isErrTty }
  let lastStep = 0
  let phase: UpdateReport['update']['phase'] | undefined
  return ({ update, steps }) => {
    const say = (style: Style, text: string): void =>
      terminal.err(`${printable(update.plan.name)}: ${paint(styled, style, text)}\n`)
    const reach = (reached: UpdateReport['update']['phase']): void => {
      if (reached !== phase) say(phaseStyle(reached), reached)
      phase = reached
    }
    for (const step of steps.filter(({ id }) => id > lastStep)) {
      lastStep = step.id
      reach(step.phase)
      const text = stepText(step, update.plan.name)
      if (text !== undefined) say(step.kind === 'failed' ? 'red' : 'dim', text)
    }
    reach(update.phase)
  }
}

/** That something was done as intended needs no line of its own: the next one says it. */
function stepText({ kind, step, detail }: UpdateReport['steps'][number], name: string): string | undefined {
  if (kind === 'done') return undefined
  const { container } = detail
  const what = typeof container === 'string' && container !== name ? `${step} ${container}` : step
  const reason = detail.error ?? detail.reason
  const more = typeof reason === 'string' ? `: ${reason}` : ''
  return printable(`${what}${kind === 'failed' ? ' failed' : ''}${more}`)
}

function pullText({ update, progress }: UpdateReport): string[] {
  if (progress === undefined || isAtRest(update)) return []
  const { done, total } = progress
  const share = total === undefined || total === 0 ? '' : ` (${Math.floor((100 * done) / total)} %)`
  return [`${update.plan.name}: ${bytesText(done)}${total === undefined ? '' : ` of ${bytesText(total)}`}${share}`]
}
