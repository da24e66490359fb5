import { Failure, type FailureCode } from '../domain/failure.ts'

/** What a command's end means; the same table stands in docs/cli.md. */
export const EXIT = {
  ok: 0,
  /** The work was done, and something in it failed: an image could not be asked about, a message did not arrive. */
  failed: 1,
  /** The command line or the configuration is wrong; nothing was done. */
  usage: 2,
  /** What is needed cannot be reached: Docker, the database, the server. */
  unreachable: 3,
} as const

const CODES: Record<FailureCode, number> = {
  invalid: EXIT.usage,
  unsupported: EXIT.usage,
  'not-found': EXIT.usage,
  'too-large': EXIT.usage,
  conflict: EXIT.failed,
  unauthorized: EXIT.failed,
  forbidden: EXIT.failed,
  unavailable: EXIT.unreachable,
}

/** The exit code of an error that ended a command. */
export function exitCodeOf(error: unknown): number {
  return error instanceof Failure ? CODES[error.code] : EXIT.failed
}
