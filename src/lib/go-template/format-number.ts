import { quote } from './quote.ts'
import { pad, type Spec } from './spec.ts'

/** An integer as the verb of the spec wants it; undefined when the verb is not for integers. */
export function formatInt(value: bigint, spec: Spec, type: string): string | undefined {
  switch (spec.verb) {
    case 'v':
      if (spec.sharpV && type.startsWith('uint')) return digits(value, { ...spec, verb: 'x', sharp: true }, 16)
      return digits(value, spec, 10)
    case 'd':
      return digits(value, spec, 10)
    case 'b':
      return digits(value, spec, 2)
    case 'o':
    case 'O':
      return digits(value, spec, 8)
    case 'x':
    case 'X':
      return digits(value, spec, 16)
    case 'c':
      return pad(charOf(value), spec)
    case 'q':
      return pad(quote(charOf(value), { mark: "'", ascii: spec.plus }), spec)
    case 'U':
      return unicode(value, spec)
    default:
      return undefined
  }
}

/** A float as the verb of the spec wants it; undefined when the verb is not for floats. */
export function formatFloat(value: number, spec: Spec): string | undefined {
  const { verb, precision } = spec
  const lower = verb === 'v' ? 'g' : verb.toLowerCase()
  if (!(verb === 'v' || 'eEfFgGxX'.includes(verb))) return undefined
  if (!Number.isFinite(value)) return infinite(value, spec)
  const magnitude = Math.abs(value)
  const body = { e: scientific, f: fixed, g: general, x: hexadecimal }[lower]!(magnitude, precision, spec.sharp)
  const isNegative = value < 0 || Object.is(value, -0)
  const sign = isNegative ? '-' : signOf(spec)
  const text = verb === 'E' || verb === 'G' || verb === 'X' ? body.toUpperCase() : body
  if (spec.zero && !spec.minus && spec.width !== undefined) return sign + text.padStart(spec.width - sign.length, '0')
  return pad(sign + text, { ...spec, zero: false })
}

function signOf(spec: Spec): string {
  if (spec.plus) return '+'
  return spec.space ? ' ' : ''
}

function digits(value: bigint, spec: Spec, base: number): string {
  const { precision, width, verb } = spec
  if (precision === 0 && value === 0n) return ' '.repeat(width ?? 0)
  const sign = value < 0n ? '-' : signOf(spec)
  let least = precision ?? 0
  if (precision === undefined && spec.zero && !spec.minus && width !== undefined) least = width - sign.length
  let text = (value < 0n ? -value : value).toString(base).padStart(least, '0')
  if (spec.sharp || verb === 'O') text = withPrefix(text, base, verb)
  if (verb === 'X') text = text.toUpperCase()
  return pad(sign + text, { ...spec, zero: false })
}

function withPrefix(text: string, base: number, verb: string): string {
  if (base === 2) return `0b${text}`
  if (base === 16) return `0x${text}`
  if (base !== 8) return text
  return verb === 'O' ? `0o${text}` : text.replace(/^(?!0)/, '0')
}

function charOf(value: bigint): string {
  const valid = value >= 0n && value <= 0x10ffffn && !(value >= 0xd800n && value <= 0xdfffn)
  return valid ? String.fromCodePoint(Number(value)) : '\ufffd'
}

function unicode(value: bigint, spec: Spec): string {
  const code = BigInt.asUintN(64, value).toString(16).toUpperCase()
  const shown = spec.sharp && value >= 0n && value <= 0x10ffffn ? ` '${charOf(value)}'` : ''
  return pad(`U+${code.padStart(Math.max(4, spec.precision ?? 0), '0')}${shown}`, { ...spec, zero: false })
}

function infinite(value: number, spec: Spec): string {
  const sign = value < 0 ? '-' : signOf(spec) || (Number.isNaN(value) ? '' : '+')
  return pad(sign + (Number.isNaN(value) ? 'NaN' : 'Inf'), { ...spec, zero: false })
}

/** `d.ddde±dd`. */
function scientific(value: number, precision = 6): string {
  return exponent(roundedExponential(value, precision))
}

function exponent(text: string): string {
  return text.replace(/e([+-])(\d)$/, 'e$10$2')
}

function fixed(value: number, precision = 6, sharp = false): string {
  const scaled = scale(value, precision)
    .toString()
    .padStart(precision + 1, '0')
  const whole = scaled.slice(0, scaled.length - precision)
  return precision === 0 ? whole + (sharp ? '.' : '') : `${whole}.${scaled.slice(-precision)}`
}

/** The shorter of the two: exponents below -4, or not below the precision, are written as such. */
function general(value: number, precision: number | undefined, sharp: boolean): string {
  const least = Math.max(precision ?? 6, 1)
  const text = precision === undefined ? value.toExponential() : roundedExponential(value, least - 1)
  const [mantissa = '0', power = '0'] = text.split('e')
  const kept = mantissa.replace('.', '').replace(/0+$/, '') || '0'
  const figures = sharp ? kept.padEnd(least, '0') : kept
  if (Number(power) >= -4 && Number(power) < least) return positional(figures, Number(power), sharp)
  return exponent(`${figures[0]}${figures.length > 1 ? `.${figures.slice(1)}` : ''}e${power}`)
}

function positional(figures: string, power: number, sharp: boolean): string {
  if (power < 0) return `0.${'0'.repeat(-power - 1)}${figures}`
  const whole = figures.slice(0, power + 1).padEnd(power + 1, '0')
  const part = figures.slice(power + 1)
  return part === '' ? whole + (sharp ? '.' : '') : `${whole}.${part}`
}

function hexadecimal(value: number): string {
  if (value === 0) return '0x0p+00'
  const power = Math.floor(Math.log2(value))
  const part = BigInt(Math.round((value / 2 ** power - 1) * 2 ** 52))
    .toString(16)
    .padStart(13, '0')
    .replace(/0+$/, '')
  const sign = power < 0 ? '-' : '+'
  return `0x1${part && `.${part}`}p${sign}${Math.abs(power).toString().padStart(2, '0')}`
}

/** As toExponential, but a tie goes to the even digit, as in Go. */
function roundedExponential(value: number, precision: number): string {
  if (value === 0) return `${(0).toFixed(precision)}e+0`
  const power = Number(value.toExponential().split('e')[1])
  let figures = scale(value, precision - power).toString()
  let shown = power
  if (figures.length > precision + 1) {
    figures = figures.slice(0, -1)
    shown++
  }
  const part = figures.slice(1)
  return `${figures[0]}${part && `.${part}`}e${shown < 0 ? '-' : '+'}${Math.abs(shown)}`
}

/** `value * 10 ** places`, rounded exactly; ties go to even. */
function scale(value: number, places: number): bigint {
  const [mantissa, power] = exact(value)
  const up = (places > 0 ? 10n ** BigInt(places) : 1n) * (power > 0 ? 1n << BigInt(power) : 1n)
  const down = (places < 0 ? 10n ** BigInt(-places) : 1n) * (power < 0 ? 1n << BigInt(-power) : 1n)
  const product = mantissa * up
  const floor = product / down
  const twice = (product % down) * 2n
  return twice > down || (twice === down && floor % 2n === 1n) ? floor + 1n : floor
}

/** The float as a whole number and the power of two it is multiplied by. */
function exact(value: number): [mantissa: bigint, power: number] {
  const view = new DataView(new ArrayBuffer(8))
  view.setFloat64(0, value)
  const bits = view.getBigUint64(0)
  const power = Number((bits >> 52n) & 0x7ffn)
  const fraction = bits & ((1n << 52n) - 1n)
  return power === 0 ? [fraction, -1074] : [fraction | (1n << 52n), power - 1075]
}
