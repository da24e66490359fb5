import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import type { Engine } from '../kit/parts/engines.ts'
import type { Case } from './_case.ts'

const FILE = path.join(import.meta.dirname, '..', '..', 'test-results', 'updating.json')

/** How a case ended on one engine. */
export interface Result {
  readonly outcome: 'pass' | 'fail' | 'cannot be expressed' | 'skipped'
  /** Why, where it neither passed nor failed. */
  readonly detail: string
}

/** A row of the table that docs/updating.md shows. */
export interface ResultRow {
  readonly id: string
  readonly group: string
  readonly given: string
  readonly holds: string
  readonly results: Readonly<Partial<Record<Engine, Result>>>
}

/** Writes how the cases of one lane ended beside what other lanes wrote. A case without a result did not get so far: it failed. */
export function keepResults(
  engine: Engine,
  rows: readonly { readonly group: string; readonly one: Pick<Case, 'id' | 'given' | 'holds'> }[],
  resultOf: (one: Pick<Case, 'id'>) => Result | undefined,
): void {
  const known = new Map(readResults().map((row) => [row.id, row]))
  for (const { group, one } of rows) {
    const { id, given, holds } = one
    const result = resultOf(one) ?? { outcome: 'fail', detail: 'the lane broke off' }
    known.set(id, { id, group, given, holds, results: { ...known.get(id)?.results, [engine]: result } })
  }
  mkdirSync(path.dirname(FILE), { recursive: true })
  writeFileSync(FILE, `${JSON.stringify([...known.values()], null, 2)}\n`)
}

/** What the last runs of all lanes wrote; empty before the first. */
export function readResults(): ResultRow[] {
  try {
    return JSON.parse(readFileSync(FILE, 'utf8')) as ResultRow[]
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw error
  }
}
