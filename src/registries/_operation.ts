/** One question from outside: whoever asked may give up, and it may take only so long. */
export interface Operation {
  readonly signal: AbortSignal | undefined
  /** 0 = no limit. */
  readonly timeoutMs: number
  /** Starts the clock, once: waiting for a turn does not count. */
  begin(): void
  /** Milliseconds that are left; undefined = no limit of its own. */
  left(): number | undefined
}

export interface OperationOptions {
  /** 0 = no limit. */
  readonly timeoutMs: number
  readonly signal: AbortSignal | undefined
  readonly now: () => Date
}

export function startOperation({ timeoutMs, signal, now }: OperationOptions): Operation {
  let deadline: number | undefined
  return {
    signal,
    timeoutMs,
    begin() {
      if (timeoutMs > 0) deadline ??= now().getTime() + timeoutMs
    },
    left: () => (deadline === undefined ? undefined : deadline - now().getTime()),
  }
}
