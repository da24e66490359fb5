import type { Update, UpdateStep } from '../../src/domain/update.ts'
import { type Seaworthy, seaworthyWith } from '../kit/seaworthy.ts'

/** What all updates of a lane said in the end. */
export interface Said {
  readonly check: string
  readonly updates: readonly { readonly update: Update; readonly steps: readonly UpdateStep[] }[]
  readonly refused: readonly { readonly workload: string; readonly reason: string }[]
  /** Names of those for which nothing newer is known. */
  readonly current: readonly string[]
  readonly err: string
}

interface Finding {
  readonly image: string
  readonly status: string
  readonly reason: string
  readonly error: string | null
}

/** What the program is asked. */
export interface Asking {
  /** Of the engine, as the program sees it. */
  readonly socket: string
  /** Of the containers that it must say something of. */
  readonly names: readonly string[]
  readonly parallel: number
  /** More YAML for its configuration. */
  readonly config: string
}

/** The real program: it looks, updates everything that has something newer, and is asked by name about whatever it left out. */
export async function updateAll({ socket, names, parallel, config }: Asking): Promise<Said> {
  await using seaworthy = await seaworthyWith(`
server: { port: PORT, host: 127.0.0.1 }
watch: { schedule: "", jitter: 0s }
providers:
  docker: { endpoint: "unix://${socket}", watchByDefault: true, watchStopped: true }
updates: { gate: { soak: 500ms }, parallel: ${parallel} }
${config}
`)
  const check = await seaworthy.run(['check', '--json'])
  const all = await update(seaworthy, '--all')
  const isTold = (name: string) =>
    all.updates.some((report) => report.update.plan.name === name) || all.refused.some((one) => isOf(one, name))
  const silent = names.filter((name) => !isTold(name))
  const named = silent.length === 0 ? undefined : await update(seaworthy, ...silent).catch(unheard)
  return {
    check: check.out,
    err: `${all.err}${named?.err ?? ''}`,
    updates: [...all.updates, ...(named?.updates ?? [])],
    refused: [...all.refused, ...(named?.refused ?? [])],
    current: [...all.current, ...(named?.current ?? [])],
  }
}

/** What was said of one container and its image, without what went well. */
export function tellOf({ check, updates, refused, current, err }: Said, name: string): string {
  const findings = (JSON.parse(check || '[]') as Finding[])
    .filter(({ image }) => image.includes(`/case/${name}:`))
    .map(({ status, reason, error }) => ({ status, reason, error }))
  const reports = updates
    .filter(({ update }) => update.plan.name.split('-')[0] === name)
    .map(({ update: { plan, phase, error, commands }, steps }) => ({
      name: plan.name,
      containers: plan.containers.map((container) => container.name),
      phase,
      error,
      commands,
      notes: plan.notes,
      failed: steps.filter(({ kind }) => kind === 'failed'),
    }))
  const refusals = refused.filter((one) => isOf(one, name))
  const log = err.split('\n').filter((line) => new RegExp(`\\b${name}\\b`).test(line))
  const isCurrent = current.includes(name)
  return JSON.stringify({ reports, refusals, isCurrent, findings, log }, null, 1)
}

function isOf({ workload }: Said['refused'][number], name: string): boolean {
  return workload.endsWith(`/${name}`)
}

async function update(seaworthy: Seaworthy, ...args: readonly string[]): Promise<Omit<Said, 'check'>> {
  const { out, err, code } = await seaworthy.run(['update', ...args, '--json'])
  if (!out.trim().startsWith('{')) throw new Error(`seaworthy update ended with ${code}: ${err}${out}`)
  return { err, ...(JSON.parse(out) as Pick<Said, 'updates' | 'refused' | 'current'>) }
}

/** A container that is lost makes the program refuse the whole command: its own case will tell. */
function unheard(error: unknown): Omit<Said, 'check'> {
  return { updates: [], refused: [], current: [], err: String(error) }
}
