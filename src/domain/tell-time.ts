const UNITS: readonly [name: string, ms: number][] = [
  ['day', 86_400_000],
  ['hour', 3_600_000],
  ['minute', 60_000],
  ['second', 1000],
]

/** A length of time in its largest unit, rounded down: `2 days`, `1 hour`, `30 seconds`. Days begin at two. */
export function tellLength(ms: number): string {
  const [name, size] = UNITS.find(([unit, length]) => ms >= (unit === 'day' ? 2 * length : length)) ?? ['second', 1000]
  const count = Math.max(0, Math.floor(ms / size))
  return `${count} ${name}${count === 1 ? '' : 's'}`
}

/** A moment to the minute, in UTC: `2026-03-01 10:00 UTC`. Takes an ISO time too. */
export function tellTime(at: Date | string): string {
  const text = typeof at === 'string' ? at : at.toISOString()
  return `${text.slice(0, 'YYYY-MM-DDTHH:MM'.length).replace('T', ' ')} UTC`
}
