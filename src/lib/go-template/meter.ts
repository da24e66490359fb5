/** What one rendering may use up, so that no template can hang or fill the process. */
export interface Limits {
  /** Characters of the rendered text. */
  readonly output: number
  /** Units of work: a step costs 50, a character that a function reads or makes costs 1. */
  readonly work: number
  /** How deep templates, blocks and parentheses may be within each other. */
  readonly depth: number
}

export const LIMITS: Limits = { output: 1 << 20, work: 1 << 25, depth: 400 }

/** Counts what a rendering uses and keeps its text. Throws when a limit is passed. */
export interface Meter {
  /** One step, so many levels deep. */
  step(depth: number): void
  spend(units: number): void
  write(text: string): void
  readonly written: () => string
}

class LimitError extends Error {}

const STEP = 50

export function createMeter(limits: Limits): Meter {
  let output = ''
  let work = 0
  const spend = (units: number) => {
    work += units
    if (work > limits.work) throw new LimitError('the template does too much work; does it loop over too many values?')
  }
  return {
    spend,
    step(depth) {
      if (depth > limits.depth) throw new LimitError(`templates call each other deeper than ${limits.depth} levels`)
      spend(STEP)
    },
    write(text) {
      if (output.length + text.length > limits.output)
        throw new LimitError(`the text would have more than ${limits.output} characters`)
      output += text
    },
    written: () => output,
  }
}
