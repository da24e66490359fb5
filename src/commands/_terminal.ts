import { styleText } from 'node:util'
import { printable } from '../lib/printable.ts'

/** Where a command's output goes, and what that place can show. */
export interface Terminal {
  /** Writes to standard output. */
  out(text: string): void
  /** Writes to standard error: progress, notes, errors. */
  err(text: string): void
  readonly isTty: boolean
  readonly isErrTty: boolean
  readonly color: boolean
  readonly columns: number
}

export type Style = 'red' | 'green' | 'yellow' | 'cyan' | 'dim' | 'bold'

/** Colours the text where colours are wanted. */
export function paint({ color }: Terminal, style: Style, text: string): string {
  return color ? styleText(style, text, { validateStream: false }) : text
}

export interface Column<Row> {
  readonly title: string
  readonly of: (row: Row) => string
  readonly style?: (row: Row) => Style | undefined
}

/** Writes rows as a table; the last column takes what is left of the line. */
export function printTable<Row>(terminal: Terminal, columns: readonly Column<Row>[], rows: readonly Row[]): void {
  const cells = rows.map((row) => columns.map((column) => printable(column.of(row))))
  const widths = columns.map((column, index) =>
    Math.max(column.title.length, ...cells.map((row) => row[index]!.length)),
  )
  const last = columns.length - 1
  const line = (texts: readonly string[], style: (index: number) => Style | undefined): string =>
    texts
      .map((text, index) => {
        const padded = index === last ? text : text.padEnd(widths[index]!)
        const chosen = style(index)
        return chosen === undefined ? padded : paint(terminal, chosen, padded)
      })
      .join('  ')
      .trimEnd()
  terminal.out(
    `${line(
      columns.map(({ title }) => title.toUpperCase()),
      () => 'dim',
    )}\n`,
  )
  for (const [index, row] of rows.entries())
    terminal.out(`${line(cells[index]!, (column) => columns[column]!.style?.(row))}\n`)
}

/** Writes a value as JSON, indented for people only. */
export function printJson(terminal: Terminal, value: unknown): void {
  terminal.out(`${JSON.stringify(value, null, terminal.isTty ? 2 : undefined)}\n`)
}

/** A line on standard error that is drawn over itself; nothing where that is no terminal. */
export function progressLine(terminal: Terminal): { show(text: string): void; clear(): void } {
  if (!terminal.isErrTty) return { show() {}, clear() {} }
  return {
    show: (text) => terminal.err(`\r\u001b[2K${printable(text).slice(0, terminal.columns - 1)}`),
    clear: () => terminal.err('\r\u001b[2K'),
  }
}
