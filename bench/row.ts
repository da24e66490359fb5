/** One measured figure, beside what it is compared with in the same run. */
export interface Row {
  readonly name: string
  readonly measured: number
  readonly unit: string
  /** What the figure is held against: a limit that was set, or a reference measured in this run. */
  readonly limit: number
  /** Where the limit comes from, and figures that explain the measured one. */
  readonly note: string
}

/** One thing that can be asked for by a part of its name. */
export interface Bench {
  readonly name: string
  run(): Promise<Row[]>
}

/** All limits are upper ones. */
export function isReached({ measured, limit }: Row): boolean {
  return measured <= limit
}

/** The rows as a table of aligned columns. */
export function tableOf(rows: readonly Row[]): string {
  const head = ['row', 'measured', 'limit', 'ratio', 'reached', 'note']
  const cells = rows.map((row) => [
    row.name,
    `${figure(row.measured)} ${row.unit}`,
    `${figure(row.limit)} ${row.unit}`,
    row.limit === 0 ? '-' : (row.measured / row.limit).toFixed(2),
    isReached(row) ? 'yes' : 'NO',
    row.note,
  ])
  const widths = head.map((title, column) => Math.max(title.length, ...cells.map((line) => line[column]!.length)))
  return [head, ...cells]
    .map((line) =>
      line
        .map((cell, column) => cell.padEnd(widths[column]!))
        .join('  ')
        .trimEnd(),
    )
    .join('\n')
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN
}

function figure(value: number): string {
  if (Number.isInteger(value)) return String(value)
  return value >= 100 ? value.toFixed(0) : value.toFixed(value >= 10 ? 1 : 3)
}
