/** Runs `work` over all items, at most `limit` at once, in order of starting. Rejects with the first error; `work` decides what is one. */
export async function forEachLimited<T>(
  items: Iterable<T>,
  limit: number,
  work: (item: T) => Promise<void>,
): Promise<void> {
  const queue = items[Symbol.iterator]()
  const runner = async (): Promise<void> => {
    for (let next = queue.next(); !next.done; next = queue.next()) await work(next.value)
  }
  await Promise.all(Array.from({ length: limit }, runner))
}

/** Shares the answer of a question that is asked again while (or after) it is being answered. Lives as long as one check. */
export function shared<T>(): (key: string, ask: () => Promise<T>) => Promise<T> {
  const answers = new Map<string, Promise<T>>()
  return (key, ask) => {
    const known = answers.get(key)
    if (known !== undefined) return known
    const answer = ask()
    // Every asker gets the error; this only keeps the runtime from calling it unhandled meanwhile.
    answer.catch(() => {})
    answers.set(key, answer)
    return answer
  }
}
