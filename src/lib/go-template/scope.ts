import { positionOf, type Source, TemplateError } from './errors.ts'
import type { Meter } from './meter.ts'
import type { TemplateFunction, Value } from './value.ts'

/** What a template may use while it runs. */
export interface Scope {
  readonly source: Source
  readonly functions: ReadonlyMap<string, TemplateFunction>
  readonly meter: Meter
  /** Innermost last. */
  readonly variables: Variable[]
  readonly depth: number
}

export interface Variable {
  readonly name: string
  value: Value
}

/** Runs something that may throw and gives the error its place in the template. */
export function guard<T>(scope: Scope, at: number, run: () => T, context = ''): T {
  try {
    return run()
  } catch (cause) {
    if (cause instanceof TemplateError) throw cause
    throw renderError(scope, at, context + (cause instanceof Error ? cause.message : String(cause)), cause)
  }
}

export function renderError({ source }: Scope, at: number, reason: string, cause?: unknown): TemplateError {
  return new TemplateError('render', reason, { ...positionOf(source, at), ...(cause !== undefined && { cause }) })
}

/** The innermost variable of the name; throws TemplateError when there is none. */
export function lookUp(scope: Scope, name: string, at: number): Variable {
  const variable = scope.variables.findLast((known) => known.name === name)
  if (!variable) throw renderError(scope, at, `undefined variable ${name}`)
  return variable
}
