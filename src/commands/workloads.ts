import type { Outlook } from '../http/schemas-updates.ts'
import type { CommandContext } from './_command.ts'
import { EXIT } from './_exit-codes.ts'
import { type Column, printJson, printTable, type Style } from './_terminal.ts'
import { modeText, shortDigest, shortTime } from './_update-text.ts'
import { withUpdates } from './_updates-link.ts'

/** `seaworthy workloads`: what may be done about each of them now, who said so, and what keeps it from being done. */
export async function workloads(
  context: CommandContext,
  options: { config?: string; json?: boolean },
): Promise<number> {
  return await withUpdates(context, options.config, async (link) => {
    const outlooks = await link.outlooks()
    if (options.json === true) printJson(context.terminal, outlooks)
    else if (outlooks.length > 0) printTable(context.terminal, COLUMNS, outlooks)
    else context.terminal.out('Nothing is known yet. Run "seaworthy check" or "seaworthy serve" first.\n')
    return EXIT.ok
  })
}

const MODES: Readonly<Record<Outlook['settings']['mode'], Style>> = { auto: 'yellow', approve: 'cyan', none: 'dim' }

const COLUMNS: readonly Column<Outlook>[] = [
  { title: 'workload', of: ({ name }) => name },
  { title: 'host', of: ({ host }) => host },
  { title: 'image', of: ({ image }) => image },
  { title: 'mode', of: modeText, style: ({ settings }) => MODES[settings.mode] },
  { title: 'candidate', of: candidateText },
  { title: 'outlook', of: outlookText },
]

function candidateText({ image, candidate }: Outlook): string {
  if (candidate === undefined) return ''
  const { reference, digest, level } = candidate
  return `${level === 'digest' || reference === image ? shortDigest(digest) : reference} (${level})`
}

function outlookText({ candidate, blockers, nextWindowAt, holds, open }: Outlook): string {
  if (open !== undefined) return `update ${open.phase}`
  if (blockers.length > 0 && (candidate !== undefined || holds.length > 0)) return blockers.join('; ')
  if (candidate === undefined) return ''
  return nextWindowAt === undefined ? 'will be updated' : `will be updated from ${shortTime(nextWindowAt)} UTC`
}
