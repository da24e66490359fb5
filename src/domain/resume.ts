import type { Phase } from './update.ts'

/** What the host shows of an update (see `Standing` of the updaters). */
type Standing = 'before' | 'between' | 'after' | 'foreign' | 'settled'

/**
 * What is to be done about an update that was cut off. `forward`: go on where it was. `roll-back`: as if nothing had
 * happened. `ask`: wait for a person. `committed`, `rolled-back`: a person has settled it, so it only has to be closed.
 */
export type Resumption = 'forward' | 'roll-back' | 'ask' | 'committed' | 'rolled-back'

/**
 * Decides by the phase that was written down and by what the host really shows. Before the old container was touched there
 * is nothing to lose in going on. After that only a new one that runs in its place is worth its gate; whatever else is
 * found goes back.
 */
export function resumptionOf(phase: Phase, standing: Standing): Resumption {
  switch (phase) {
    case 'planned':
    case 'fetched':
    case 'verified':
      return standing === 'before' ? 'forward' : 'roll-back'
    case 'swapped':
    case 'started':
    case 'gated':
      return standing === 'after' ? 'forward' : 'roll-back'
    case 'needs-operator':
      return settledBy(standing)
    case 'committed':
    case 'rolled-back':
      return phase
    default:
      return 'roll-back'
  }
}

function settledBy(standing: Standing): Resumption {
  if (standing === 'after') return 'committed'
  return standing === 'before' || standing === 'settled' ? 'rolled-back' : 'ask'
}
