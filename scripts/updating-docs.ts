// Writes the table of cases into docs/updating.md, from what the last runs of test/updating left in test-results/.
import { readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { ENGINES } from '../test/kit/parts/engines.ts'
import { type ResultRow, readResults } from '../test/updating/_results.ts'

const BEGIN = '<!-- cases: written by scripts/updating-docs.ts -->'
const END = '<!-- end of cases -->'

const file = path.join(import.meta.dirname, '..', 'docs', 'updating.md')
const page = readFileSync(file, 'utf8')
const [begin, end] = [page.indexOf(BEGIN), page.indexOf(END)]
if (begin < 0 || end < begin) throw new Error(`docs/updating.md needs the lines "${BEGIN}" and "${END}"`)
const rows = readResults()
if (rows.length === 0) throw new Error('There are no results yet: npm test -- updating')
writeFileSync(file, `${page.slice(0, begin + BEGIN.length)}\n\n${tables(rows)}\n${page.slice(end)}`)

/** A table for every group, in the order of its first case. */
function tables(all: readonly ResultRow[]): string {
  const groups = [...new Set(all.map(({ group }) => group))]
  return groups.map((group) => table(group, all.filter((row) => row.group === group).sort(byId))).join('\n')
}

function table(group: string, rows: readonly ResultRow[]): string {
  const lines = rows.map((row) => [row.id, row.given, row.holds, ...ENGINES.map((engine) => outcome(row, engine))])
  const head = ['case', 'given', 'must hold', ...ENGINES]
  const all = [head, head.map(() => '---'), ...lines]
  return `### ${group}\n\n${all.map((cells) => `| ${cells.map(escaped).join(' | ')} |`).join('\n')}\n`
}

function outcome({ results }: ResultRow, engine: (typeof ENGINES)[number]): string {
  const result = results[engine]
  if (result === undefined) return 'not run'
  return result.detail === '' ? result.outcome : `${result.outcome}: ${result.detail}`
}

function escaped(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('\n', ' ')
}

function byId(one: ResultRow, other: ResultRow): number {
  return one.id.localeCompare(other.id, 'en', { numeric: true })
}
