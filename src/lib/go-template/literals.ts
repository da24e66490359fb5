import { float, int, type Value } from './value.ts'

/** The text of a quoted literal. Throws when an escape is wrong. Rules: https://go.dev/ref/spec#String_literals */
export function unquote(literal: string): string {
  const inner = literal.slice(1, -1)
  if (literal.startsWith('`')) return inner.replaceAll('\r', '')
  return unescapeText(inner, '"')
}

/** The code point of a character literal such as `'a'`. */
export function unquoteChar(literal: string): Value {
  const inner = literal.slice(1, -1)
  const [code, length] = inner.startsWith('\\')
    ? escapeAt(inner, 0, "'")
    : [inner.codePointAt(0) ?? 0, charLength(inner)]
  if (inner === '' || length !== inner.length) throw new Error(`malformed character constant ${literal}`)
  return int(code)
}

/**
 * The value of a number literal: an int unless it has a point or an exponent. Undefined when it needs an unsigned 64-bit integer.
 * Throws when it is none. Rules: https://go.dev/ref/spec#Integer_literals
 */
export function parseNumber(literal: string): Value | undefined {
  const [, sign, digits] = /^([+-]?)(.*)$/s.exec(literal) ?? []
  const plain = withoutUnderscores(digits ?? '')
  if (plain === undefined) throw new Error(`illegal number syntax: ${literal}`)
  const whole = parseInteger(plain)
  if (whole !== undefined) return sized(sign === '-' ? -whole : whole, literal)
  const value = parseFloat64(plain)
  if (value === undefined || !/[.eEpP]/.test(plain)) throw new Error(`illegal number syntax: ${literal}`)
  return float(sign === '-' ? -value : value)
}

const UINT64 = 1n << 64n
const INT64 = 1n << 63n

function sized(value: bigint, literal: string): Value | undefined {
  if (value >= -INT64 && value < INT64) return int(value)
  if (value > 0n && value < UINT64) return undefined
  throw new Error(`integer overflow: ${literal}`)
}

function withoutUnderscores(digits: string): string | undefined {
  const allowed =
    /^(?:0[xXoObB]_?)?[0-9a-fA-F.]*(?:_[0-9a-fA-F][0-9a-fA-F.]*)*(?:[pP][+-]?\d+(?:_\d+)*)?$|^[\d.]*(?:_\d[\d.]*)*(?:[eE][+-]?\d+(?:_\d+)*)?$/
  return allowed.test(digits) && !/_\.|\._/.test(digits) ? digits.replaceAll('_', '') : undefined
}

function parseInteger(digits: string): bigint | undefined {
  if (/^0[xX][0-9a-fA-F]+$/.test(digits) || /^0[oO][0-7]+$/.test(digits) || /^0[bB][01]+$/.test(digits))
    return BigInt(digits)
  if (/^0[0-7]*$/.test(digits)) return BigInt(digits.length > 1 ? `0o${digits.slice(1)}` : 0)
  return /^[1-9]\d*$/.test(digits) ? BigInt(digits) : undefined
}

function parseFloat64(digits: string): number | undefined {
  if (/^(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/.test(digits)) {
    const value = Number(digits)
    return Number.isFinite(value) ? value : undefined
  }
  const [, whole, part = '', power] = /^0[xX]([0-9a-fA-F]*)(?:\.([0-9a-fA-F]*))?[pP]([+-]?\d+)$/.exec(digits) ?? []
  if (whole === undefined || whole + part === '') return undefined
  return Number(BigInt(`0x${whole}${part}`)) * 2 ** (Number(power) - 4 * part.length)
}

const SIMPLE: Record<string, string> = { a: '\x07', b: '\b', f: '\f', n: '\n', r: '\r', t: '\t', v: '\v', '\\': '\\' }

function unescapeText(inner: string, quote: string): string {
  const chunks: Buffer[] = []
  let at = 0
  while (at < inner.length) {
    const next = inner.indexOf('\\', at)
    const end = next < 0 ? inner.length : next
    chunks.push(Buffer.from(inner.slice(at, end)))
    at = end
    if (at === inner.length) break
    const [code, length] = escapeAt(inner, at, quote)
    const isByte = /^\\[x0-7]/.test(inner.slice(at, at + 2))
    chunks.push(isByte ? Buffer.of(code) : Buffer.from(String.fromCodePoint(code)))
    at += length
  }
  return Buffer.concat(chunks).toString()
}

/** The code of the escape that begins at `at`, and how long it is. */
function escapeAt(inner: string, at: number, quote: string): [code: number, length: number] {
  const letter = inner[at + 1] ?? ''
  if (letter === quote) return [quote.charCodeAt(0), 2]
  const simple = Object.hasOwn(SIMPLE, letter) ? SIMPLE[letter] : undefined
  if (simple !== undefined) return [simple.charCodeAt(0), 2]
  const found = /^(?:x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([0-7]{3}))/.exec(
    inner.slice(at + 1, at + 10),
  )
  const [whole = '', byte, short, long, octal] = found ?? []
  const code = octal === undefined ? Number.parseInt(byte ?? short ?? long ?? '', 16) : Number.parseInt(octal, 8)
  const isSurrogate = code >= 0xd800 && code <= 0xdfff
  if (Number.isNaN(code) || code > (octal === undefined ? 0x10ffff : 0xff) || isSurrogate)
    throw new Error(`invalid escape \\${letter}`)
  return [code, whole.length + 1]
}

function charLength(inner: string): number {
  return (inner.codePointAt(0) ?? 0) > 0xffff ? 2 : 1
}
