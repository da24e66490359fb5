import type { CommandContext } from './_command.ts'
import { EXIT } from './_exit-codes.ts'
import { printJson } from './_terminal.ts'
import { shortTime } from './_update-text.ts'
import { withUpdates } from './_updates-link.ts'
import { parseWhen } from './_when.ts'

/** `seaworthy pause [--until TIME]`: nothing is updated by itself until resumed, or until then. What is under way goes on. */
export async function pause(
  context: CommandContext,
  { config, until, json }: { config?: string; until?: string; json?: boolean },
): Promise<number> {
  const end = until === undefined ? undefined : parseWhen(until, { now: new Date(), where: '--until' })
  return await withUpdates(context, config, async (link) => {
    await link.pause(end)
    const time = end?.toISOString()
    if (json === true) printJson(context.terminal, { paused: true, until: time ?? null })
    else {
      const until = time === undefined ? '"seaworthy resume"' : `${shortTime(time)} UTC`
      context.terminal.out(`Nothing is updated by itself until ${until}.\n`)
    }
    return EXIT.ok
  })
}

/** `seaworthy resume`: takes a pause back. */
export async function resume(
  context: CommandContext,
  { config, json }: { config?: string; json?: boolean },
): Promise<number> {
  return await withUpdates(context, config, async (link) => {
    await link.resume()
    if (json === true) printJson(context.terminal, { paused: false })
    else context.terminal.out('What may be updated by itself is updated again.\n')
    return EXIT.ok
  })
}
