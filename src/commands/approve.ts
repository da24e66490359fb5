import type { Candidate } from '../http/schemas-updates.ts'
import { printable } from '../lib/printable.ts'
import type { CommandContext } from './_command.ts'
import { EXIT } from './_exit-codes.ts'
import { printJson } from './_terminal.ts'
import { withUpdates } from './_updates-link.ts'

/** `seaworthy approve WORKLOAD…`: says yes to what each could move to now; it is done in its window. */
export async function approve(
  context: CommandContext,
  names: readonly string[],
  { config, json }: { config?: string; json?: boolean },
): Promise<number> {
  return await withUpdates(context, config, async (link) => {
    const approved: { workload: string; candidate: Candidate }[] = []
    // A name that is misspelt approves nothing.
    const workloads = new Set<string>()
    for (const name of names) workloads.add((await link.outlook(name)).workload)
    for (const workload of workloads) {
      const candidate = await link.approve(workload)
      approved.push({ workload, candidate })
      if (json !== true) context.terminal.out(`${printable(`${workload}: ${candidate.reference}`)} is approved.\n`)
    }
    if (json === true) printJson(context.terminal, approved)
    return EXIT.ok
  })
}
