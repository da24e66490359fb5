import { setTimeout as wait } from 'node:timers/promises'

/**
 * Waits until `condition` returns something other than false, null or undefined, and returns it.
 * A condition that throws has not come true yet; what it threw last is the cause of the failure at the end.
 */
export async function until<T>(
  condition: () => T | Promise<T>,
  { what, timeoutMs = 30_000, everyMs = 25 }: { what: string; timeoutMs?: number; everyMs?: number },
): Promise<NonNullable<T>> {
  const deadline = performance.now() + timeoutMs
  let cause: unknown
  do {
    try {
      const value = await condition()
      if (value !== false && value !== null && value !== undefined) return value
      cause = undefined
    } catch (error) {
      cause = error
    }
    await wait(everyMs)
  } while (performance.now() < deadline)
  throw new Error(`Waited ${timeoutMs} ms in vain for ${what}`, cause === undefined ? {} : { cause })
}
