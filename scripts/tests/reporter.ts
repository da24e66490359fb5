import type { TestEvent } from 'node:test/reporters'
import { inspect } from 'node:util'

/** One test or suite as the parent process reads it: a JSON line. */
export interface Row {
  readonly outcome: 'passed' | 'failed' | 'skipped'
  readonly file: string
  readonly name: string
  /** Why it was skipped, or the error with its stack. */
  readonly detail: string
  readonly milliseconds: number
}

/** Closes a report: without it the process ended before its tests did. */
export const END = 'end'

type Ended = Extract<TestEvent, { type: 'test:pass' | 'test:fail' }>

/** A reporter of node:test that writes one {@link Row} a line for everything that counts, then {@link END}. */
export default async function* report(events: AsyncIterable<TestEvent>): AsyncGenerator<string> {
  const path: string[] = []
  const told = new Set<string>()
  for await (const event of events) {
    if (event.type === 'test:start') path[event.data.nesting] = event.data.name
    if (event.type !== 'test:pass' && event.type !== 'test:fail') continue
    const row = toRow(event, path) ?? emptyFile(event, told)
    if (row === undefined) continue
    told.add(row.file)
    yield `${JSON.stringify(row)}\n`
  }
  yield `${END}\n`
}

function toRow(event: Ended, path: readonly string[]): Row | undefined {
  const base = baseOf(event, path)
  const reason = event.data.skip ?? event.data.todo
  if (reason !== undefined && reason !== false) {
    return { ...base, outcome: 'skipped', detail: typeof reason === 'string' ? reason : 'no reason given' }
  }
  const suite = event.data.details.type === 'suite'
  if (event.type === 'test:pass') return suite ? undefined : { ...base, outcome: 'passed', detail: '' }
  const { error } = event.data.details
  const byItsTests = 'failureType' in error && error.failureType === 'subtestsFailed'
  if (byItsTests) return suite ? undefined : { ...base, outcome: 'failed', detail: 'a test inside it failed' }
  return { ...base, outcome: 'failed', detail: inspect(error.cause ?? error) }
}

/** A file is a suite at the top; one that ends without a row has tested nothing. */
function emptyFile(event: Ended, told: ReadonlySet<string>): Row | undefined {
  const { nesting, name } = event.data
  if (event.type === 'test:fail' || nesting > 0 || told.has(name)) return undefined
  return { ...baseOf(event, []), outcome: 'failed', detail: 'This file has no test.' }
}

function baseOf({ data }: Ended, path: readonly string[]) {
  return {
    file: path[0] ?? data.name,
    name: [...path.slice(1, data.nesting), data.name].join(' › '),
    milliseconds: Math.round(data.details.duration_ms),
  }
}
