import type { Update, UpdateReport } from '../http/schemas-updates.ts'
import { printable } from '../lib/printable.ts'
import type { CommandContext } from './_command.ts'
import { EXIT } from './_exit-codes.ts'
import { followUpdates } from './_follow.ts'
import { paint, printJson, printTable, type Terminal } from './_terminal.ts'
import { endsOf, isAtRest, lengthText, phaseStyle, shortId } from './_update-text.ts'
import type { UpdatesLink } from './_updates-link.ts'

/** What became of the wish to update. */
export interface Wished {
  readonly begun: readonly Update[]
  /** Not begun, and why not. */
  readonly refused: readonly { readonly workload: string; readonly reason: string }[]
  /** Names of those for which nothing newer is known. */
  readonly current: readonly string[]
}

export interface CarryOptions {
  readonly json?: boolean
  /** False: the server is left alone with it. */
  readonly wait?: boolean
}

/** Follows what was begun to its end, prints how it ended, and returns the exit code. */
export async function carryThrough(
  context: CommandContext,
  link: UpdatesLink,
  { wished, options }: { wished: Wished; options: CarryOptions },
): Promise<number> {
  const { terminal } = context
  const ids = wished.begun.map(({ id }) => id)
  const waits = options.wait !== false || !link.byServer
  if (options.wait === false && !link.byServer && ids.length > 0) {
    terminal.err('No server runs, so this command carries the update through itself.\n')
  }
  const reports = waits
    ? await followUpdates(context, link, { ids, quiet: options.json === true })
    : wished.begun.map((update): UpdateReport => ({ update, steps: [] }))
  if (ids.length > 0) await link.deliver()
  if (options.json === true) {
    printJson(terminal, { updates: reports, refused: wished.refused, current: wished.current })
  } else printEnd(terminal, reports, wished)
  return exitCodeFor(reports, wished)
}

/** The commands that a person can run, one a line, so that they can be copied. */
export function printCommands(terminal: Terminal, { id, commands, plan }: Update): void {
  if (commands.length === 0) return
  terminal.out(`\n${printable(plan.name)} needs you. To put it right, run (update ${shortId(id)}):\n`)
  for (const command of commands) terminal.out(`  ${printable(command)}\n`)
}

function exitCodeFor(reports: readonly UpdateReport[], { refused }: Wished): number {
  const phases = new Set(reports.map(({ update }) => update.phase))
  if (phases.has('needs-operator')) return EXIT.needsOperator
  if (phases.has('rolled-back')) return EXIT.rolledBack
  return refused.length > 0 ? EXIT.refused : EXIT.ok
}

/** What was not begun, and why. */
export function printUnbegun(terminal: Terminal, { refused, current }: Pick<Wished, 'refused' | 'current'>): void {
  for (const name of current) terminal.out(`${printable(name)}: nothing newer is known.\n`)
  for (const { workload, reason } of refused) {
    terminal.err(`${paint(terminal, 'red', 'refused')} ${printable(workload)}: ${printable(reason)}\n`)
  }
}

function printEnd(terminal: Terminal, reports: readonly UpdateReport[], wished: Wished): void {
  printUnbegun(terminal, wished)
  if (reports.length === 0) {
    if (wished.current.length + wished.refused.length === 0) terminal.out('There is nothing to update.\n')
    return
  }
  printTable(
    terminal,
    [
      { title: 'workload', of: ({ update }) => update.plan.name },
      { title: 'id', of: ({ update }) => shortId(update.id) },
      { title: 'outcome', of: ({ update }) => update.phase, style: ({ update }) => phaseStyle(update.phase) },
      { title: 'from', of: ({ update }) => endsOf(update.plan).from },
      { title: 'to', of: ({ update }) => endsOf(update.plan).to },
      { title: 'took', of: ({ update }) => (isAtRest(update) ? tookText(update) : '') },
      { title: 'reason', of: ({ update }) => update.error ?? '' },
    ],
    reports,
  )
  for (const { update } of reports) if (update.phase === 'needs-operator') printCommands(terminal, update)
}

function tookText({ startedAt, finishedAt, changedAt }: Update): string {
  return lengthText(Date.parse(finishedAt ?? changedAt) - Date.parse(startedAt))
}
