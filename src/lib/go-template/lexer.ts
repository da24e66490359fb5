import { parseError, type Source } from './errors.ts'

type TokenKind =
  | 'text'
  | 'open'
  | 'close'
  | 'space'
  | 'assign'
  | 'declare'
  | 'pipe'
  | 'left-paren'
  | 'right-paren'
  | 'string'
  | 'raw-string'
  | 'char'
  | 'number'
  | 'variable'
  | 'field'
  | 'dot'
  | 'identifier'
  | 'keyword'
  | 'bool'
  | 'nil'
  | 'other'
  | 'end-of-text'

export interface Token {
  readonly kind: TokenKind
  readonly text: string
  readonly at: number
}

/**
 * Cuts a template into tokens, with comments left out and the spaces that trim markers eat removed.
 * Spaces inside an action are tokens: they separate arguments (https://pkg.go.dev/text/template#hdr-Text_and_spaces).
 * @throws TemplateError
 */
export function lex(source: Source): Token[] {
  const tokens: Token[] = []
  let at = source.start
  let trimNext = false
  while (at < source.end) {
    const open = source.text.indexOf('{{', at)
    const textEnd = open < 0 || open >= source.end ? source.end : open
    const trimmed = open === textEnd && LEFT_TRIM.test(source.text.slice(open + 2, open + 4))
    addText(tokens, source, { at, end: textEnd, trimStart: trimNext, trimEnd: trimmed })
    if (textEnd === source.end) break
    const action = lexAction(tokens, source, trimmed ? open + 4 : open + 2, open)
    at = action.end
    trimNext = action.trimNext
  }
  tokens.push({ kind: 'end-of-text', text: '', at: source.end })
  return tokens
}

const LEFT_TRIM = /^-[ \t\r\n]/
const KEYWORDS: ReadonlySet<string> = new Set([
  'block',
  'break',
  'continue',
  'define',
  'else',
  'end',
  'if',
  'range',
  'template',
  'with',
])

interface TextSpan {
  at: number
  end: number
  trimStart: boolean
  trimEnd: boolean
}

function addText(tokens: Token[], source: Source, { at, end, trimStart, trimEnd }: TextSpan) {
  let text = source.text.slice(at, end)
  if (trimStart) text = text.replace(/^[ \t\r\n]+/, '')
  if (trimEnd) text = trimSpaceEnd(text)
  if (text !== '') tokens.push({ kind: 'text', text, at })
}

function trimSpaceEnd(text: string): string {
  let end = text.length
  while (end > 0 && ' \t\r\n'.includes(text[end - 1]!)) end--
  return text.slice(0, end)
}

interface ActionEnd {
  end: number
  trimNext: boolean
}

function lexAction(tokens: Token[], source: Source, start: number, open: number): ActionEnd {
  if (source.text.startsWith('/*', start)) return skipComment(source, start, open)
  tokens.push({ kind: 'open', text: '{{', at: open })
  let at = start
  let parens = 0
  for (;;) {
    const close = closeAt(source, at)
    if (close) {
      if (parens > 0) throw parseError(source, at, 'unclosed left parenthesis')
      tokens.push({ kind: 'close', text: '}}', at: close.end - 2 })
      return close
    }
    if (at >= source.end) throw parseError(source, open, 'unclosed action')
    const token = nextToken(source, at)
    if (token.kind === 'left-paren') parens++
    if (token.kind === 'right-paren' && --parens < 0) throw parseError(source, at, 'unexpected right parenthesis')
    tokens.push(token)
    at += token.text.length
  }
}

function skipComment(source: Source, start: number, open: number): ActionEnd {
  const end = source.text.indexOf('*/', start + 2)
  if (end < 0 || end >= source.end) throw parseError(source, open, 'unclosed comment')
  const close = closeAt(source, end + 2)
  if (!close) throw parseError(source, end, 'the comment must end right before the closing braces')
  return close
}

function closeAt({ text, end }: Source, at: number): ActionEnd | undefined {
  if (text.startsWith('}}', at) && at + 2 <= end) return { end: at + 2, trimNext: false }
  const trims = /^[ \t\r\n]-\}\}/.test(text.slice(at, at + 4)) && at + 4 <= end
  return trims ? { end: at + 4, trimNext: true } : undefined
}

const WORD = '[\\p{L}\\p{Nd}_]'
const NUMBER =
  '[+-]?(?:0[xX][0-9a-fA-F_]*(?:\\.[0-9a-fA-F_]*)?(?:[pP][+-]?[0-9_]*)?|0[oO][0-7_]*|0[bB][01_]*|[0-9][0-9_]*(?:\\.[0-9_]*)?(?:[eE][+-]?[0-9_]*)?|\\.[0-9][0-9_]*(?:[eE][+-]?[0-9_]*)?)'
const RULES: readonly [kind: TokenKind, pattern: RegExp][] = [
  ['string', /"(?:\\[^\n]|[^"\\\n])*"/y],
  ['raw-string', /`[^`]*`/y],
  ['char', /'(?:\\[^\n]|[^'\\\n])*'/y],
  ['declare', /:=/y],
  ['assign', /=/y],
  ['pipe', /\|/y],
  ['left-paren', /\(/y],
  ['right-paren', /\)/y],
  ['variable', new RegExp(`\\$${WORD}*`, 'uy')],
  ['number', new RegExp(NUMBER, 'y')],
  ['field', new RegExp(`\\.${WORD}+`, 'uy')],
  ['dot', /\./y],
  ['identifier', new RegExp(`${WORD}+`, 'uy')],
  ['other', /[!-~]/y],
]
const ENDS_WORD = /^(?:$|[ \t\r\n.,|:()]|\}\})/
const UNFINISHED: Record<string, string> = {
  '"': 'unterminated quoted string',
  '`': 'unterminated raw quoted string',
  "'": 'unterminated character constant',
  ':': 'expected :=',
}

function nextToken(source: Source, at: number): Token {
  const space = spaceAt(source, at)
  if (space) return space
  const text = source.text.slice(0, source.end)
  for (const [kind, pattern] of RULES) {
    pattern.lastIndex = at
    const found = pattern.exec(text)?.[0]
    if (found !== undefined) return checked(source, { kind, text: found, at })
  }
  throw parseError(source, at, `unrecognized character in action: ${charAt(source, at)}`)
}

/** Stops before the one space that belongs to a closing trim marker. */
function spaceAt(source: Source, start: number): Token | undefined {
  let at = start
  while (at < source.end && ' \t\r\n'.includes(source.text[at]!) && !closeAt(source, at)) at++
  return at > start ? { kind: 'space', text: source.text.slice(start, at), at: start } : undefined
}

function checked(source: Source, token: Token): Token {
  const { kind, text, at } = token
  const after = at + text.length
  const rest = source.text.slice(after, Math.min(after + 2, source.end))
  if (kind === 'other' && UNFINISHED[text]) throw parseError(source, at, UNFINISHED[text])
  if (kind === 'number' && new RegExp(`^${WORD}`, 'u').test(rest))
    throw parseError(source, at, `bad number syntax: ${text}${charAt(source, after)}`)
  const isWord = kind === 'variable' || kind === 'field' || kind === 'identifier' || kind === 'dot'
  if (isWord && !ENDS_WORD.test(rest)) throw parseError(source, after, `bad character ${charAt(source, after)}`)
  return kind === 'identifier' ? { kind: identifierKind(text), text, at } : token
}

function identifierKind(word: string): TokenKind {
  if (KEYWORDS.has(word)) return 'keyword'
  if (word === 'true' || word === 'false') return 'bool'
  return word === 'nil' ? 'nil' : 'identifier'
}

function charAt({ text }: Source, at: number): string {
  return JSON.stringify(String.fromCodePoint(text.codePointAt(at) ?? 0xfffd))
}
