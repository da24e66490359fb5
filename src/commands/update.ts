import { describeError, Failure } from '../domain/failure.ts'
import type { Outlook, Plan } from '../http/schemas-updates.ts'
import { type CarryOptions, carryThrough, printUnbegun, type Wished } from './_carry.ts'
import type { CommandContext } from './_command.ts'
import { EXIT } from './_exit-codes.ts'
import { printPlan } from './_print-plan.ts'
import { printJson, type Terminal } from './_terminal.ts'
import { type UpdatesLink, withUpdates } from './_updates-link.ts'

export interface UpdateOptions extends CarryOptions {
  readonly config?: string
  readonly all?: boolean
  readonly dryRun?: boolean
}

/** `seaworthy update [WORKLOAD…|--all]`: begins updates and follows them to their end, or says what they would do. */
export async function update(
  context: CommandContext,
  names: readonly string[],
  options: UpdateOptions,
): Promise<number> {
  if (names.length > 0 === (options.all === true)) {
    throw new Failure('invalid', 'Either name workloads or say --all.', {
      remedy: '"seaworthy workloads" lists them.',
    })
  }
  return await withUpdates(context, options.config, async (link) => {
    if (options.dryRun === true) return await showPlans(context, link, { names, options })
    const wished = options.all === true ? { ...(await link.updateAll()), current: [] } : await begin(link, names)
    return await carryThrough(context, link, { wished, options })
  })
}

/** Looks all of them up first: a name that is misspelt begins nothing. */
async function begin(link: UpdatesLink, names: readonly string[]): Promise<Wished> {
  const outlooks = await lookUp(link, names)
  const wished = { begun: [] as Wished['begun'][number][], refused: [] as Wished['refused'][number][] }
  for (const { workload } of outlooks.filter(hasSomething)) {
    await attempt(workload, wished.refused, async () => void wished.begun.push(await link.update(workload)))
  }
  return { ...wished, current: outlooks.filter((outlook) => !hasSomething(outlook)).map(({ name }) => name) }
}

async function lookUp(link: UpdatesLink, names: readonly string[]): Promise<Outlook[]> {
  const found = new Map<string, Outlook>()
  for (const name of names) {
    const outlook = await link.outlook(name)
    found.set(outlook.workload, outlook)
  }
  return [...found.values()]
}

/** Where it cannot be told whether there is something newer, the server says why it cannot. */
function hasSomething({ candidate, open, unclear }: Outlook): boolean {
  return candidate !== undefined || open !== undefined || unclear !== undefined
}

interface Planned {
  readonly outlook: Outlook
  readonly plan: Plan
}

async function showPlans(
  { terminal }: CommandContext,
  link: UpdatesLink,
  { names, options }: { names: readonly string[]; options: UpdateOptions },
): Promise<number> {
  const outlooks = options.all === true ? await link.outlooks() : await lookUp(link, names)
  const plans: Planned[] = []
  const refused: Wished['refused'][number][] = []
  for (const outlook of outlooks.filter(({ candidate }) => candidate !== undefined)) {
    await attempt(outlook.workload, refused, async () => {
      plans.push({ outlook, plan: await link.plan(outlook.workload) })
    })
  }
  const current = outlooks.filter(({ candidate }) => candidate === undefined).map(({ name }) => name)
  const shown: Shown = { plans, refused, current }
  if (options.json === true) printJson(terminal, shown)
  else printShown(terminal, shown, { all: options.all === true })
  return refused.length > 0 ? EXIT.refused : EXIT.ok
}

interface Shown extends Pick<Wished, 'refused' | 'current'> {
  readonly plans: readonly Planned[]
}

function printShown(terminal: Terminal, { plans, refused, current }: Shown, { all }: { all: boolean }): void {
  const now = new Date()
  for (const planned of plans) printPlan(terminal, { ...planned, now })
  printUnbegun(terminal, { refused, current: all ? [] : current })
  if (all && plans.length + refused.length === 0) terminal.out('There is nothing to update.\n')
}

/** One that cannot be had keeps none of the others from being tried. */
async function attempt(
  workload: string,
  refused: Wished['refused'][number][],
  act: () => Promise<void>,
): Promise<void> {
  try {
    await act()
  } catch (error) {
    if (!(error instanceof Failure)) throw error
    refused.push({ workload, reason: describeError(error) })
  }
}
