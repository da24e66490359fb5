import { short } from './files.ts'
import type { Row } from './reporter.ts'

type Write = (text: string) => void

/** Prints the failures with their place, the skipped by name and reason, and the closing line. */
export function printSummary(rows: readonly Row[], write: Write): { failed: boolean } {
  const failed = rows.filter((row) => row.outcome === 'failed')
  const skipped = rows.filter((row) => row.outcome === 'skipped')
  for (const row of failed) write(`\n✖ ${place(row)}\n${indent(row.detail)}\n`)
  if (skipped.length > 0) write('\nSkipped:\n')
  for (const row of skipped) write(`  ${place(row)}: ${row.detail}\n`)
  const passed = rows.length - failed.length - skipped.length
  write(`\n${passed} passed, ${failed.length} failed, ${skipped.length} skipped\n`)
  return { failed: failed.length > 0 }
}

/** Prints one line about a group of rows that has ended. */
export function printGroup(name: string, rows: readonly Row[], write: Write): void {
  const count = (outcome: Row['outcome']) => rows.filter((row) => row.outcome === outcome).length
  const mark = count('failed') > 0 ? '✖' : count('passed') > 0 ? '✔' : '﹣'
  const parts = [`${count('passed')} passed`]
  if (count('failed') > 0) parts.push(`${count('failed')} failed`)
  if (count('skipped') > 0) parts.push(`${count('skipped')} skipped`)
  write(`${mark} ${name}: ${parts.join(', ')}\n`)
}

/** Prints one line about a single check. */
export function printRow(row: Row, write: Write): void {
  write(`${row.outcome === 'failed' ? '✖' : '✔'} ${row.name} (${(row.milliseconds / 1000).toFixed(1)} s)\n`)
}

function place(row: Row): string {
  const file = row.file.startsWith('/') ? short(row.file) : row.file
  return row.name === row.file ? file : `${file} › ${row.name}`
}

function indent(text: string): string {
  return text.trimEnd().replaceAll(/^/gm, '    ')
}
