/** Who holds the leases of this process: host, process id and a number of its own. */
export interface Holder {
  readonly name: string
  /** Whether the process behind a holder's name is known to have died, so that nobody need wait for its leases. */
  isDead(holder: string): boolean
}

export interface HolderParts {
  readonly hostname: string
  readonly pid: number
  /** Tells this process from an earlier one with the same id. */
  readonly instance: string
  readonly isAlive: (pid: number) => boolean
}

/** A process of another host cannot be seen from here: its leases have to run out. */
export function createHolder({ hostname, pid, instance, isAlive }: HolderParts): Holder {
  const name = `${hostname} ${pid} ${instance}`
  return {
    name,
    isDead(holder) {
      const [host, id] = holder.split(' ')
      if (host !== hostname || holder === name) return false
      // The same id in the same place: that one ended before this one could begin.
      return Number(id) === pid || !isAlive(Number(id))
    },
  }
}
