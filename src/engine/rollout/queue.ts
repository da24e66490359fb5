/** Lets so many run at once for each key; the others wait in order. */
export interface Queue {
  /** Resolves with what `work` does, once it is its turn. Work that has not begun is left out when aborted. */
  run<Result>(key: string, signal: AbortSignal, work: () => Promise<Result>): Promise<Result>
}

export function createQueue(most: number): Queue {
  const places = new Map<string, { running: number; waiting: (() => void)[] }>()
  const placeOf = (key: string) => {
    const place = places.get(key) ?? { running: 0, waiting: [] }
    places.set(key, place)
    return place
  }
  return {
    async run(key, signal, work) {
      const place = placeOf(key)
      if (place.running >= most) await new Promise<void>((resolve) => place.waiting.push(resolve))
      else place.running++
      try {
        signal.throwIfAborted()
        return await work()
      } finally {
        // The place goes straight to the next one, so that nobody comes in between.
        const next = place.waiting.shift()
        if (next === undefined) place.running--
        else next()
      }
    },
  }
}
