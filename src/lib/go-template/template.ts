import { BUILTINS } from './builtins.ts'
import type { Source } from './errors.ts'
import { walk } from './evaluate.ts'
import { createMeter, LIMITS, type Limits } from './meter.ts'
import { isBlank, parse } from './parser.ts'
import { guard } from './scope.ts'
import { none, type TemplateFunction } from './value.ts'
import { toValue } from './values.ts'

export { TemplateError } from './errors.ts'

export interface CompiledTemplate {
  /**
   * Fills the template. `data` is what values.ts makes, or plain strings, numbers, booleans, dates, lists and objects.
   * @throws TemplateError with the line and column of the action that failed, also when a limit is passed.
   */
  render(data: unknown): string
}

export interface TemplateOptions {
  /** How errors call it. */
  readonly name?: string
  /** More functions; one of the same name takes the place of a built-in one. */
  readonly functions?: Readonly<Record<string, TemplateFunction>>
  /** Leaves out the white space around the text before it is parsed. */
  readonly trim?: boolean
  readonly limits?: Partial<Limits>
}

/**
 * Compiles a text in the language of Go's text/template (https://pkg.go.dev/text/template).
 * @throws TemplateError
 */
export function compileTemplate(text: string, options: TemplateOptions = {}): CompiledTemplate {
  const { name = 'template', functions = {}, trim = false } = options
  const limits = { ...LIMITS, ...options.limits }
  const source = sourceOf(name, text, trim)
  const known = new Map([...BUILTINS, ...Object.entries(functions)])
  const { main, defined } = parse(source, (called) => known.has(called) || SPECIAL.has(called))
  const templates = new Map([...defined, ...(isBlank(main) && defined.has(name) ? [] : [[name, main] as const])])
  return {
    render(data) {
      const meter = createMeter(limits)
      const scope = { source, functions: known, meter, depth: 0 }
      const dot =
        data === null || data === undefined ? none : guard({ ...scope, variables: [] }, 0, () => toValue(data))
      walk({ ...scope, variables: [{ name: '$', value: dot }], templates }, dot, main)
      return meter.written()
    },
  }
}

const SPECIAL: ReadonlySet<string> = new Set(['and', 'or', 'call'])

function sourceOf(name: string, text: string, trim: boolean): Source {
  const start = trim ? text.length - text.trimStart().length : 0
  return { name, text, start, end: trim ? Math.max(start, text.trimEnd().length) : text.length }
}
