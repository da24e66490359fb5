import { float, type Int, int, type TemplateFunction, templateFunction, text } from './value.ts'

/** A time.Duration in nanoseconds, with its methods (https://pkg.go.dev/time#Duration). */
export function duration(nanoseconds: bigint): Int {
  const value = clamp(nanoseconds)
  return int(value, { type: 'time.Duration', method: (name) => METHODS.get(name)?.(value) })
}

const LARGEST = (1n << 63n) - 1n

function clamp(value: bigint): bigint {
  if (value > LARGEST) return LARGEST
  return value < -LARGEST - 1n ? -LARGEST - 1n : value
}

const METHODS: ReadonlyMap<string, (value: bigint) => TemplateFunction> = new Map([
  ['String', (value) => templateFunction([], () => text(durationText(value)))],
  ['Hours', (value) => templateFunction([], () => float(inUnits(value, 3_600_000_000_000n)))],
  ['Minutes', (value) => templateFunction([], () => float(inUnits(value, 60_000_000_000n)))],
  ['Seconds', (value) => templateFunction([], () => float(inUnits(value, 1_000_000_000n)))],
  ['Milliseconds', (value) => templateFunction([], () => int(value / 1_000_000n, { type: 'int64' }))],
  ['Microseconds', (value) => templateFunction([], () => int(value / 1000n, { type: 'int64' }))],
  ['Nanoseconds', (value) => templateFunction([], () => int(value, { type: 'int64' }))],
  ['Abs', (value) => templateFunction([], () => duration(value < 0n ? -value : value))],
  ['Truncate', (value) => templateFunction(['int'], (unit) => duration(unit > 0n ? value - (value % unit) : value))],
  ['Round', (value) => templateFunction(['int'], (unit) => duration(round(value, unit)))],
])

function inUnits(value: bigint, unit: bigint): number {
  return Number(value / unit) + Number(value % unit) / Number(unit)
}

/** To the nearest multiple; halves go away from zero. */
function round(value: bigint, unit: bigint): bigint {
  if (unit <= 0n) return value
  const size = value < 0n ? -value : value
  const rounded = ((size + unit / 2n + (unit % 2n)) / unit) * unit
  const nearest = rounded - size > size - (rounded - unit) ? rounded - unit : rounded
  return value < 0n ? -nearest : nearest
}

/** Such as `72h3m0.5s`, `1.5ms` or `0s`. */
function durationText(value: bigint): string {
  if (value === 0n) return '0s'
  const sign = value < 0n ? '-' : ''
  const size = value < 0n ? -value : value
  if (size < 1000n) return `${sign}${size}ns`
  if (size < 1_000_000n) return `${sign}${decimal(size, 3)}µs`
  if (size < 1_000_000_000n) return `${sign}${decimal(size, 6)}ms`
  const minutes = size / 60_000_000_000n
  const hours = minutes / 60n
  const seconds = `${decimal(size % 60_000_000_000n, 9)}s`
  return sign + (hours > 0n ? `${hours}h` : '') + (minutes > 0n ? `${minutes % 60n}m` : '') + seconds
}

function decimal(value: bigint, places: number): string {
  const digits = value.toString().padStart(places + 1, '0')
  const part = digits.slice(-places).replace(/0+$/, '')
  return digits.slice(0, -places) + (part && `.${part}`)
}
