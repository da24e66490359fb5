/** Whether Go prints the character as it is: letters, marks, numbers, punctuation, symbols and the plain space. */
export function isPrintable(char: string): boolean {
  return /^[\p{L}\p{M}\p{N}\p{P}\p{S} ]$/u.test(char)
}

/** A Go string or character literal, as strconv.Quote writes it; with `ascii` everything else becomes an escape. */
export function quote(value: string, { mark = '"', ascii = false } = {}): string {
  return mark + [...value].map((char) => quoteChar(char, mark, ascii)).join('') + mark
}

/** Whether the text can stand unchanged between backquotes on one line. */
export function canBackquote(value: string): boolean {
  return [...value].every(
    (char) => char === '\t' || (char >= ' ' && char !== '`' && char !== '\x7f' && char !== '\ufeff'),
  )
}

const ESCAPES: ReadonlyMap<string, string> = new Map([
  ['\x07', '\\a'],
  ['\b', '\\b'],
  ['\f', '\\f'],
  ['\n', '\\n'],
  ['\r', '\\r'],
  ['\t', '\\t'],
  ['\v', '\\v'],
  ['\\', '\\\\'],
])

function quoteChar(char: string, mark: string, ascii: boolean): string {
  if (char === mark) return `\\${char}`
  const known = ESCAPES.get(char)
  if (known) return known
  const code = char.codePointAt(0) ?? 0
  if (isPrintable(char) && !(ascii && code > 0x7e)) return char
  if (code < 0x80) return `\\x${code.toString(16).padStart(2, '0')}`
  return code < 0x10000 ? `\\u${code.toString(16).padStart(4, '0')}` : `\\U${code.toString(16).padStart(8, '0')}`
}
