import { Failure } from '../domain/failure.ts'
import type { Update, UpdateReport } from '../http/schemas-updates.ts'
import { printable } from '../lib/printable.ts'
import { printCommands } from './_carry.ts'
import type { CommandContext } from './_command.ts'
import { EXIT } from './_exit-codes.ts'
import { type Column, paint, printJson, printTable, type Style, type Terminal } from './_terminal.ts'
import { endsOf, phaseStyle, shortId, shortTime } from './_update-text.ts'
import { type UpdatesLink, withUpdates } from './_updates-link.ts'

const MOST = 500

export interface UpdatesOptions {
  readonly config?: string
  readonly open?: boolean
  readonly workload?: string
  readonly most?: string
  readonly json?: boolean
}

/** `seaworthy updates [ID]`: open and past updates, or one of them step by step. */
export async function updates(
  context: CommandContext,
  id: string | undefined,
  options: UpdatesOptions,
): Promise<number> {
  const { terminal } = context
  const most = mostOf(options.most ?? '50')
  return await withUpdates(context, options.config, async (link) => {
    if (id !== undefined) {
      const report = await link.get(await wholeId(link, id))
      if (options.json === true) printJson(terminal, report)
      else printReport(terminal, report)
      return EXIT.ok
    }
    const { open } = options
    const workload = options.workload === undefined ? undefined : await workloadId(link, options.workload)
    const listed = await link.list({ most, workload, open: open === true ? true : undefined })
    if (options.json === true) printJson(terminal, listed.updates)
    else printList(terminal, listed)
    return EXIT.ok
  })
}

/** The id that begins so, where only one does; otherwise what was given, which is then not found. */
async function wholeId(link: UpdatesLink, start: string): Promise<string> {
  const { updates } = await link.list({ most: MOST })
  const found = updates.filter(({ id }) => id.startsWith(start))
  if (found.length < 2) return found[0]?.id ?? start
  throw new Failure('invalid', `${found.length} updates have an id that begins with "${start}".`, {
    remedy: 'Write more of it.',
  })
}

/** The id of a workload by any of its names; what was given where it does not run any more. */
async function workloadId(link: UpdatesLink, name: string): Promise<string> {
  try {
    return (await link.outlook(name)).workload
  } catch (error) {
    if (error instanceof Failure && error.code === 'not-found') return name
    throw error
  }
}

function mostOf(text: string): number {
  const most = Number(text)
  if (Number.isInteger(most) && most >= 1 && most <= MOST) return most
  throw new Failure('invalid', `"${text}" is not a number from 1 to ${MOST}.`, { where: '--most' })
}

const COLUMNS: readonly Column<Update>[] = [
  { title: 'id', of: ({ id }) => shortId(id) },
  { title: 'started', of: ({ startedAt }) => shortTime(startedAt) },
  { title: 'workload', of: ({ plan }) => plan.name },
  { title: 'phase', of: ({ phase }) => phase, style: ({ phase }) => phaseStyle(phase) },
  { title: 'from', of: ({ plan }) => endsOf(plan).from },
  { title: 'to', of: ({ plan }) => endsOf(plan).to },
  { title: 'by', of: ({ actor, cause }) => (cause === 'manual' ? actor : `${actor} (${cause})`) },
  { title: 'reason', of: ({ error }) => error ?? '' },
]

function printList(terminal: Terminal, { updates, paused }: Awaited<ReturnType<UpdatesLink['list']>>): void {
  if (paused !== undefined) {
    const until = paused.until === undefined ? '"seaworthy resume"' : `${shortTime(paused.until)} UTC`
    terminal.err(`${paint(terminal, 'yellow', 'note')}: nothing is updated by itself until ${until}.\n`)
  }
  if (updates.length === 0) terminal.out('There are no updates.\n')
  else printTable(terminal, COLUMNS, updates)
}

const STYLES: Readonly<Record<string, Style>> = { done: 'green', failed: 'red', intent: 'cyan', note: 'dim' }

function printReport(terminal: Terminal, { update, steps }: UpdateReport): void {
  const { from, to } = endsOf(update.plan)
  terminal.out(`${paint(terminal, 'bold', printable(`${update.plan.name} on ${update.plan.host}`))}: `)
  terminal.out(`${printable(`${from} → ${to}`)}\n`)
  terminal.out(`${paint(terminal, phaseStyle(update.phase), update.phase)}, update ${printable(update.id)}, `)
  terminal.out(`begun ${shortTime(update.startedAt)} by ${printable(update.actor)}\n`)
  if (update.error !== undefined) terminal.out(`${paint(terminal, 'red', printable(update.error))}\n`)
  if (steps.length > 0) {
    terminal.out('\n')
    printTable(
      terminal,
      [
        { title: 'time', of: ({ at }) => new Date(at).toISOString().slice(11, 23) },
        { title: 'phase', of: ({ phase }) => phase },
        { title: 'step', of: ({ step }) => step },
        { title: 'kind', of: ({ kind }) => kind, style: ({ kind }) => STYLES[kind] },
        { title: 'detail', of: ({ detail }) => (Object.keys(detail).length === 0 ? '' : JSON.stringify(detail)) },
      ],
      steps,
    )
  }
  printCommands(terminal, update)
}
