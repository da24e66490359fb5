/** Where in a template something is: line and column count from 1, the column in characters. */
export interface Position {
  readonly templateName: string
  readonly line: number
  readonly column: number
}

/** A template that cannot be parsed, or that failed while it was rendered. */
export class TemplateError extends Error {
  readonly phase: 'parse' | 'render'
  /** The message without the position in front of it. */
  readonly reason: string
  readonly templateName: string
  readonly line: number
  readonly column: number

  constructor(phase: 'parse' | 'render', reason: string, options: Position & { cause?: unknown }) {
    const { templateName, line, column, cause } = options
    super(`template ${templateName}, line ${line}, column ${column}: ${reason}`, cause === undefined ? {} : { cause })
    this.name = 'TemplateError'
    this.phase = phase
    this.reason = reason
    this.templateName = templateName
    this.line = line
    this.column = column
  }
}

/** The template text with its name; turns offsets into positions for errors. */
export interface Source {
  readonly name: string
  readonly text: string
  /** What is read: `text` from `start` to `end`. */
  readonly start: number
  readonly end: number
}

export function positionOf({ name, text }: Source, offset: number): Position {
  const before = text.slice(0, offset)
  const lineStart = before.lastIndexOf('\n') + 1
  return { templateName: name, line: before.split('\n').length, column: [...before.slice(lineStart)].length + 1 }
}

export function parseError(source: Source, offset: number, reason: string): TemplateError {
  return new TemplateError('parse', reason, positionOf(source, offset))
}
