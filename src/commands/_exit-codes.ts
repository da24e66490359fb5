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
  /** An update turned out bad and was rolled back: what ran before runs again. */
  rolledBack: 4,
  /** An update could be taken neither forward nor back: it says which commands a person can run. */
  needsOperator: 5,
  /** It may not be done as things stand (something is held, or under way already), and was not begun. */
  refused: 6,
} as const

const CODES: Record<FailureCode, number> = {
  invalid: EXIT.usage,
  unsupported: EXIT.usage,
  'not-found': EXIT.usage,
  'too-large': EXIT.usage,
  conflict: EXIT.refused,
  unauthorized: EXIT.failed,
  forbidden: EXIT.failed,
  unavailable: EXIT.unreachable,
}

/** The exit code of an error that ended a command. */
export function exitCodeOf(error: unknown): number {
  return error instanceof Failure ? CODES[error.code] : EXIT.failed
}
