import { type CarryOptions, carryThrough } from './_carry.ts'
import type { CommandContext } from './_command.ts'
import { withUpdates } from './_updates-link.ts'

/** `seaworthy rollback WORKLOAD [--to VERSION]`: goes back to an earlier version and holds it there; follows it to its end. */
export async function rollback(
  context: CommandContext,
  workload: string,
  options: CarryOptions & { config?: string; to?: string },
): Promise<number> {
  return await withUpdates(context, options.config, async (link) => {
    const begun = [await link.rollBack(workload, options.to)]
    return await carryThrough(context, link, { wished: { begun, refused: [], current: [] }, options })
  })
}
