import { DeliveryError } from './_notifier.ts'

/** Remembers, while the process lives, which of a delivery's targets were reached, so that the next try leaves them out. */
export interface Progress {
  /**
   * Calls `send` for each target that this delivery has not reached yet; one that fails does not stop the others.
   * Throws one of the errors in the end, preferring one that another try may mend.
   */
  each<Target>(deliveryId: string, targets: readonly Target[], send: Send<Target>): Promise<void>
}

type Send<Target> = (target: Target, index: number) => Promise<void>

const MOST_DELIVERIES = 100

export function createProgress(): Progress {
  const unfinished = new Map<string, Set<number>>()
  return {
    async each(deliveryId, targets, send) {
      const reached = unfinished.get(deliveryId) ?? new Set()
      unfinished.delete(deliveryId)
      const errors = await sendToRest(targets, reached, send)
      if (errors.length === 0) return
      unfinished.set(deliveryId, reached)
      if (unfinished.size > MOST_DELIVERIES) unfinished.delete(unfinished.keys().next().value!)
      throw errors.find(({ transient }) => transient) ?? errors[0]
    },
  }
}

/** Adds to `reached` whom it reached, and gives the errors of the others. */
async function sendToRest<Target>(
  targets: readonly Target[],
  reached: Set<number>,
  send: Send<Target>,
): Promise<DeliveryError[]> {
  const errors: DeliveryError[] = []
  for (const [index, target] of targets.entries()) {
    if (reached.has(index)) continue
    try {
      await send(target, index)
      reached.add(index)
    } catch (error) {
      if (!(error instanceof DeliveryError)) throw error
      errors.push(error)
    }
  }
  return errors
}
