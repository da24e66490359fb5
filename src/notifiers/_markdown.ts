// Tags without attributes can do no harm, and people write them in their templates.
const HARMLESS = /&lt;(\/?(?:b|br|code|del|em|i|kbd|li|ol|p|pre|s|small|strong|sub|sup|u|ul)\s*\/?)&gt;/gi

const ENTITIES: Record<string, string> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'", nbsp: ' ' }

/** Inline style by tag, for mail readers, which know no style sheets. */
export type Styles = Readonly<Record<string, string>>

/**
 * Markdown (GitHub's) to HTML that is safe to show: raw HTML is shown as text but for plain formatting tags, and only
 * http and https links and pictures stay.
 */
export async function markdownToHtml(markdown: string, styles: Styles = {}): Promise<string> {
  const { Marked } = await import('marked')
  const marked = new Marked({ gfm: true })
  marked.use({
    renderer: {
      html: ({ text }) => escapeHtml(text).replace(HARMLESS, '<$1>'),
      link({ href, tokens }) {
        const inner = this.parser.parseInline(tokens)
        return isWebAddress(href) ? `<a href="${escapeHtml(href)}" rel="noopener nofollow">${inner}</a>` : inner
      },
      image: ({ href, text }) =>
        isWebAddress(href) ? `<img src="${escapeHtml(href)}" alt="${escapeHtml(text)}">` : escapeHtml(text),
    },
  })
  return withStyles(await marked.parse(markdown), styles).trim()
}

/** What an HTML document says, for those who read plain text: blocks on lines of their own, links with their address. */
export function textOf(html: string): string {
  return html
    .replace(/<!--[\s\S]*?-->|<(head|style|script|title)\b[\s\S]*?<\/\1\s*>/gi, '')
    .replace(/\s+/g, ' ')
    .replace(/<a\b[^>]*?\bhref="([^"]*)"[^>]*>(.*?)<\/a>/gi, (_, href: string, inner: string) =>
      href === inner ? href : `${inner} (${href})`,
    )
    .replace(/<li\b[^>]*>/gi, '\n- ')
    .replace(/<\/?(p|h[1-6]|ul|ol|table|pre|blockquote)\b[^>]*>/gi, '\n\n')
    .replace(/<\/?(br|div|tr|hr|section|header|footer)\b[^>]*>/gi, '\n')
    .replace(/<[^>]*>/g, '')
    .replace(/&(#\d+|#x[0-9a-f]+|\w+);/gi, (whole, name: string) => decodeEntity(name) ?? whole)
    .replace(/[ \t]*\n[ \t]*/g, '\n')
    .replace(/\n{3,}/g, '\n\n')
    .trim()
}

export function escapeHtml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')
}

function withStyles(html: string, styles: Styles): string {
  return html.replace(/<([a-z][a-z0-9]*)(?=[ >])/g, (open, tag: string) =>
    styles[tag] === undefined ? open : `${open} style="${styles[tag]}"`,
  )
}

function isWebAddress(href: string): boolean {
  const url = URL.parse(href)
  return url !== null && /^https?:$/.test(url.protocol)
}

function decodeEntity(name: string): string | undefined {
  const number = /^#(x?)([0-9a-f]+)$/i.exec(name)
  if (number === null) return ENTITIES[name.toLowerCase()]
  const code = Number.parseInt(number[2]!, number[1] === '' ? 10 : 16)
  return code > 0 && code <= 0x10ffff ? String.fromCodePoint(code) : undefined
}
