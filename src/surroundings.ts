/** What the program is given from outside: `main.ts` takes it from the process, tests make their own. */
export interface Surroundings {
  readonly terminal: {
    /** Writes to standard output. */
    out(text: string): void
    /** Writes to standard error. */
    err(text: string): void
    readonly isErrTty: boolean
    readonly color: boolean
  }
  readonly environment: Readonly<Record<string, string | undefined>>
  readonly home: string
  /** Aborted by SIGINT and SIGTERM. */
  readonly signal: AbortSignal
}
