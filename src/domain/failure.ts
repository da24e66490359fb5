/** What kind of failure it is; decides HTTP status and exit code, in one table each (`http/failure-response.ts`, `commands/_exit-codes.ts`). */
export type FailureCode =
  | 'invalid'
  | 'not-found'
  | 'conflict'
  | 'unauthorized'
  | 'forbidden'
  | 'too-large'
  | 'unsupported'
  | 'unavailable'

export interface FailureDetails {
  /** Where it is: `seaworthy.yml:12`, `container "web", label "diun.max_tags"`. */
  where?: string | undefined
  /** What the reader can do about it, as a sentence. */
  remedy?: string | undefined
  cause?: unknown
}

/** A failure that is meant to be read by people: what was wrong, where, what to do. Everything else that is thrown is a bug or another side's error. */
export class Failure extends Error {
  readonly code: FailureCode
  readonly where: string | undefined
  readonly remedy: string | undefined

  constructor(code: FailureCode, message: string, { where, remedy, cause }: FailureDetails = {}) {
    super(message, { cause })
    this.name = 'Failure'
    this.code = code
    this.where = where
    this.remedy = remedy
  }
}

/** One line for a log or a terminal: `where: message. remedy`. Never a stack. */
export function describeError(error: unknown): string {
  if (!(error instanceof Failure)) return error instanceof Error ? error.message || error.name : String(error)
  const place = error.where === undefined ? '' : `${error.where}: `
  const remedy = error.remedy === undefined ? '' : ` ${error.remedy}`
  return `${place}${error.message}${remedy}`
}
