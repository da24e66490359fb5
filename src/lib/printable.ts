const SHORT: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' }

/**
 * The text as one line that is safe to show on a terminal: control characters, line separators and those that turn the
 * direction of writing become escapes as in JSON; everything else stays.
 */
export function printable(text: string): string {
  return text.replace(/[\p{Cc}\p{Zl}\p{Zp}\u202a-\u202e\u2066-\u2069]/gu, escaped)
}

function escaped(character: string): string {
  return SHORT[character] ?? `\\u${character.codePointAt(0)!.toString(16).padStart(4, '0')}`
}
