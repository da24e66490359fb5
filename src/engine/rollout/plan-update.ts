import { Failure } from '../../domain/failure.ts'
import type { ImageAt, Plan } from '../../domain/update.ts'
import type { Updater } from '../../updaters/_updater.ts'
import type { Outlook } from './types.ts'

export interface PlanParts {
  /** In the order in which they are offered a workload. */
  readonly updaters: readonly Updater[]
  /** The config of an image that is in its registry only; undefined where that does not tell. */
  readonly imageConfig: (image: ImageAt, platform: string, signal: AbortSignal) => Promise<unknown>
}

/** Plans an update by the first updater that takes the workload. @throws Failure when it cannot be made. */
export async function planUpdate(
  { updaters }: PlanParts,
  { outlook, to, signal }: { outlook: Outlook; to: ImageAt; signal: AbortSignal },
): Promise<Plan> {
  const { host, workload, name, settings } = outlook
  const target = { host, workload, name, to, gate: settings.gate, pins: settings.pins }
  const reasons: string[] = []
  for (const updater of updaters) {
    const reason = await updater.unfit?.(target, signal)
    if (reason !== undefined) {
      reasons.push(reason)
      continue
    }
    const plan = await updater.plan(target, signal)
    return { ...plan, notes: [...reasons.filter(Boolean), ...plan.notes] }
  }
  throw new Failure('unsupported', `Nothing here can update "${name}": ${reasons.join(' ')}`)
}

/** With what the image changes also where it is not on the host yet. */
export async function previewed({ updaters, imageConfig }: PlanParts, plan: Plan, signal: AbortSignal): Promise<Plan> {
  const { preview } = updaterNamed(updaters, plan.updater)
  if (preview === undefined || plan.to.imageId !== undefined) return plan
  const config = await imageConfig(plan.to, plan.platform, signal)
  return config === undefined ? plan : preview(plan, config)
}

/** What the workload could move to. @throws Failure `conflict` when there is nothing, or it cannot be told. */
export function candidateOf({ name, image, candidate, unclear }: Outlook): ImageAt {
  if (candidate === undefined)
    throw new Failure(
      'conflict',
      `Nothing newer than ${image} is known for "${name}"${unclear === undefined ? '' : `: ${unclear}`}.`,
      {
        remedy: 'Ask the registry first: seaworthy check.',
      },
    )
  return { reference: candidate.reference, digest: candidate.digest }
}

/** @throws Failure `unsupported` */
export function updaterNamed(updaters: readonly Updater[], name: string): Updater {
  const updater = updaters.find((each) => each.name === name)
  if (updater === undefined) throw new Failure('unsupported', `There is no updater "${name}" here.`)
  return updater
}
