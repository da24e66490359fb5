import type { Call } from './call.ts'

/** Lets only so many calls through at once. */
export interface Gate {
  /** Runs `send` when there is room; the call's time runs while it waits. */
  pass<T>(call: Call, send: () => Promise<T>): Promise<T>
}

export function createGate(limit: number): Gate {
  const waiting: (() => void)[] = []
  let room = limit
  const leave = () => {
    const next = waiting.shift()
    if (next === undefined) room++
    else next()
  }
  const enter = async (call: Call) => {
    if (room > 0) {
      room--
      return
    }
    const turn = new Promise<void>((resolve) => waiting.push(resolve))
    await call.within(turn).catch((error: unknown) => {
      // Its turn comes all the same, and goes to the next one.
      turn.then(leave, leave)
      throw error
    })
  }
  return {
    async pass(call, send) {
      await enter(call)
      return await send().finally(leave)
    },
  }
}
