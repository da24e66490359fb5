/** The new image did not turn out well: it is to be quarantined, which any other failure is no reason for. */
export class GateError extends Error {
  constructor(message: string) {
    super(message)
    this.name = 'GateError'
  }
}

/** The host does not answer at the moment; what was asked of it may or may not have been done. */
export class AwayError extends Error {
  constructor(message: string, cause: unknown) {
    super(message, { cause })
    this.name = 'AwayError'
  }
}

/** The workload asked not to be updated now: nothing was touched, and it is asked again at the next round. */
export class NotNowError extends Error {
  constructor(message: string) {
    super(message)
    this.name = 'NotNowError'
  }
}
