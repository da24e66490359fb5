/** Lets work that touches the same things wait for one another. */
export interface Claims {
  /** Does `work` while nobody else holds any of `names`. Work that has not begun is left out when aborted. */
  holding<Result>(names: readonly string[], signal: AbortSignal, work: () => Promise<Result>): Promise<Result>
}

export function createClaims(): Claims {
  const held = new Set<string>()
  const waiting = new Set<() => void>()
  return {
    async holding(names, signal, work) {
      while (names.some((name) => held.has(name))) await new Promise<void>((resolve) => waiting.add(resolve))
      for (const name of names) held.add(name)
      try {
        signal.throwIfAborted()
        return await work()
      } finally {
        for (const name of names) held.delete(name)
        const woken = [...waiting]
        waiting.clear()
        // Each looks anew whether it may go on; in the order in which they came.
        for (const wake of woken) wake()
      }
    },
  }
}
