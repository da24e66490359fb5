import { isPrintable } from './quote.ts'

/** As template.HTMLEscapeString. */
export function escapeHtml(value: string): string {
  const entities: Record<string, string> = {
    '"': '&#34;',
    "'": '&#39;',
    '&': '&amp;',
    '<': '&lt;',
    '>': '&gt;',
    '\0': '\ufffd',
  }
  return value.replace(/["'&<>\0]/g, (char) => entities[char]!)
}

/** As template.JSEscapeString. */
export function escapeJs(value: string): string {
  return value.replace(/[\\'"<>&=\p{Cc}]|[\u0080-\u{10ffff}]/gu, (char) => {
    if (char === '\\' || char === "'" || char === '"') return `\\${char}`
    if (char === '\x7f') return char
    if (char > '\x7f' && isPrintable(char)) return char
    return `\\u${char.codePointAt(0)!.toString(16).toUpperCase().padStart(4, '0')}`
  })
}

/** As url.QueryEscape: a space becomes `+`, what is not a letter, a digit or one of `-_.~` becomes `%XX`. */
export function escapeQuery(value: string): string {
  return encodeURIComponent(value.toWellFormed())
    .replace(/%20/g, '+')
    .replace(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`)
}
