import { compileRegex } from '../regex.ts'
import { LONGEST_TEXT } from './printf.ts'
import { type TemplateFunction, templateFunction } from './value.ts'

/** Functions on strings. The subject comes last, so that it can come through a pipe; a named string or a stringer will do for one. */
export const stringFunctions: Readonly<Record<string, TemplateFunction>> = {
  lower: templateFunction(['text'], (subject) => mapChars(subject, (char) => char.toLowerCase())),
  upper: templateFunction(['text'], (subject) => mapChars(subject, (char) => char.toUpperCase())),
  trim: templateFunction(['text'], (subject) => subject.trim()),
  trimPrefix: templateFunction(['text', 'text'], (prefix, subject) =>
    subject.startsWith(prefix) ? subject.slice(prefix.length) : subject,
  ),
  trimSuffix: templateFunction(['text', 'text'], (suffix, subject) =>
    subject.endsWith(suffix) ? subject.slice(0, subject.length - suffix.length) : subject,
  ),
  replace: templateFunction(['text', 'text', 'text'], replaceAll),
  regexReplaceAll: {
    ...templateFunction(['text', 'text', 'text'], (pattern, replacement, subject) =>
      compileRegex(pattern).replaceAll(subject, replacement, { limit: LONGEST_TEXT }),
    ),
    cost: (pattern, _replacement, subject) => regexCost(String(pattern), String(subject).length),
  },
}

export const escapeMarkdown: TemplateFunction = templateFunction(['text'], markdownEscaped)

/** Puts a backslash before what the older Markdown of chats takes for a sign: `_`, `*`, `[` and the backquote. */
export function markdownEscaped(text: string): string {
  return text.replace(/[_*[`]/g, '\\$&')
}

/** A repeat such as `{9}` makes the program so much longer; a match may read on to the end and then begin one character further. */
function regexCost(pattern: string, length: number): number {
  const repeats = Array.from(pattern.matchAll(/\{(?:\d+,)?(\d+)/g), ([, most]) => Math.max(1, Number(most)))
  const program = pattern.length * repeats.reduce((product, most) => product * most, 1)
  return 10_000 + 100 * program + length * program + length ** 2 / 4
}

/** Go changes each character by itself, and only into one other. */
function mapChars(subject: string, change: (char: string) => string): string {
  return Array.from(subject, (char) => {
    const changed = change(char)
    return [...changed].length === 1 ? changed : char
  }).join('')
}

function replaceAll(old: string, replacement: string, subject: string): string {
  const pieces = old === '' ? ['', ...subject, ''] : subject.split(old)
  const length = pieces.reduce((sum, piece) => sum + piece.length, replacement.length * (pieces.length - 1))
  if (length > LONGEST_TEXT) throw new Error(`the text has more than ${LONGEST_TEXT} characters`)
  return pieces.join(replacement)
}
