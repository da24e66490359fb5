import { formatWindow, isOpen, nextOpening } from '../domain/window.ts'
import type { Outlook, Plan } from '../http/schemas-updates.ts'
import { printable } from '../lib/printable.ts'
import { paint, type Terminal } from './_terminal.ts'
import { endsOf, lengthText, modeText, shortTime } from './_update-text.ts'

const ROLES: Readonly<Record<Plan['containers'][number]['role'], string>> = {
  workload: 'the workload itself',
  namespace: 'shares a namespace of one before it',
  link: 'is linked to one before it',
  volumes: 'takes the volumes of one before it',
  restart: 'asks to be restarted with one before it',
}

/** Writes what an update would do: for a person to read before they say yes. */
export function printPlan(
  terminal: Terminal,
  { outlook, plan, now }: { outlook: Outlook; plan: Plan; now: Date },
): void {
  const { from, to } = endsOf(plan)
  const level = outlook.candidate === undefined ? '' : ` (${outlook.candidate.level})`
  terminal.out(
    `${paint(terminal, 'bold', printable(`${plan.name} on ${plan.host}`))}: ${printable(`${from} → ${to}${level}`)}\n`,
  )
  const rows: [string, string][] = [
    ['mode', modeText(outlook)],
    ['window', windowText(outlook, now)],
    ['gate', gateText(plan.gate)],
    ['by itself', itselfText(outlook)],
  ]
  for (const [title, text] of rows) row(terminal, title, text)
  section(
    terminal,
    'recreated, in order',
    plan.containers.map(({ name, role }) => `${name}: ${ROLES[role]}`),
  )
  section(terminal, 'changes', plan.changes.length === 0 ? [NO_CHANGES] : plan.changes.map(changeText))
  section(terminal, 'keeps its running value', plan.pins)
  section(terminal, 'notes', plan.notes)
  terminal.out('\n')
}

const NO_CHANGES = 'none but the image; what a new image brings along is known once it is on the host'

function row(terminal: Terminal, title: string, text: string): void {
  terminal.out(`  ${paint(terminal, 'dim', title.padEnd(10))} ${printable(text)}\n`)
}

function section(terminal: Terminal, title: string, lines: readonly string[]): void {
  if (lines.length === 0) return
  terminal.out(`  ${paint(terminal, 'dim', title)}\n`)
  for (const line of lines) terminal.out(`    ${printable(line)}\n`)
}

function windowText({ settings: { windows, timezone } }: Outlook, now: Date): string {
  if (windows.length === 0) return 'at any time'
  const zone = timezone === undefined ? '' : ` ${timezone}`
  const opens = nextOpening(windows, now, timezone)
  const when = isOpen(windows, now, timezone) ? 'open now' : `opens ${opens === undefined ? 'never' : utc(opens)}`
  return `${windows.map(formatWindow).join(', ')}${zone}; ${when}`
}

function gateText({ timeoutMs, soakMs, probe }: Plan['gate']): string {
  const probed = probe === undefined ? '' : `, ${probeText(probe)} answers`
  const longest =
    timeoutMs === undefined ? 'as long as its health check needs, else 1m' : `at most ${lengthText(timeoutMs)}`
  return `runs and is healthy${probed}, for ${lengthText(soakMs)} without a restart; ${longest}`
}

function probeText({ kind, port, path, program }: NonNullable<Plan['gate']['probe']>): string {
  if (kind === 'exec') return `exec ${program ?? ''}`.trim()
  return `${kind} :${port}${path ?? ''}`
}

function itselfText({ blockers, nextWindowAt }: Outlook): string {
  if (blockers.length > 0) return `no: ${blockers.join('; ')}`
  return nextWindowAt === undefined ? 'yes, next time it is looked at' : `yes, at ${utc(new Date(nextWindowAt))}`
}

function changeText({ path, before, after }: Plan['changes'][number]): string {
  if (before === undefined) return `+ ${path}: ${JSON.stringify(after)}`
  if (after === undefined) return `- ${path}: ${JSON.stringify(before)}`
  return `~ ${path}: ${JSON.stringify(before)} → ${JSON.stringify(after)}`
}

function utc(time: Date): string {
  return `${shortTime(time.toISOString())} UTC`
}
