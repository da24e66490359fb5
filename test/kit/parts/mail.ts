/** A mail as a person reads it. */
export interface Mail {
  readonly from: string
  readonly to: string
  readonly subject: string
  readonly text: string
  readonly html: string
  /** Names in lower case; a header that came twice is joined by line breaks. */
  readonly headers: Readonly<Record<string, string>>
  readonly raw: string
}

interface Part {
  readonly headers: Record<string, string>
  readonly body: string
}

/** Reads a mail of RFC 5322 with MIME (RFC 2045 to 2047); `raw` holds one character per byte. */
export function parseMail(raw: string): Mail {
  const root = split(raw)
  const leaves = flatten(root)
  const content = (type: string) =>
    leaves
      .filter((leaf) => typeOf(leaf).startsWith(type))
      .map(decodeBody)
      .join('\n')
  return {
    from: root.headers.from ?? '',
    to: root.headers.to ?? '',
    subject: root.headers.subject ?? '',
    text: content('text/plain'),
    html: content('text/html'),
    headers: root.headers,
    raw,
  }
}

function split(raw: string): Part {
  const text = raw.replaceAll('\r\n', '\n')
  const end = text.indexOf('\n\n')
  const head = end === -1 ? text : text.slice(0, end)
  const headers: Record<string, string> = {}
  for (const line of head.replaceAll(/\n[ \t]+/g, ' ').split('\n')) {
    const [, name, value] = /^([^:\s]+):\s*(.*)$/.exec(line) ?? []
    if (name === undefined || value === undefined) continue
    const key = name.toLowerCase()
    headers[key] = headers[key] === undefined ? decodeWords(value) : `${headers[key]}\n${decodeWords(value)}`
  }
  return { headers, body: end === -1 ? '' : text.slice(end + 2) }
}

function flatten(part: Part): Part[] {
  const boundary = /boundary="?([^";]+)"?/i.exec(part.headers['content-type'] ?? '')?.[1]
  if (boundary === undefined) return [part]
  return `\n${part.body}`
    .split(`\n--${boundary}`)
    .slice(1)
    .filter((piece) => !piece.startsWith('--'))
    .flatMap((piece) => flatten(split(piece.slice(piece.indexOf('\n') + 1))))
}

function typeOf(part: Part): string {
  return (part.headers['content-type'] ?? 'text/plain').toLowerCase()
}

function decodeBody(part: Part): string {
  const encoding = (part.headers['content-transfer-encoding'] ?? '').toLowerCase()
  if (encoding === 'base64') return Buffer.from(part.body, 'base64').toString()
  if (encoding === 'quoted-printable') return unquote(part.body.replaceAll('=\n', ''))
  return Buffer.from(part.body, 'latin1').toString()
}

function decodeWords(value: string): string {
  return value
    .replaceAll(/(\?=)\s+(=\?)/g, '$1$2')
    .replaceAll(/=\?[^?]+\?([bq])\?([^?]*)\?=/gi, (_, kind: string, text: string) =>
      kind.toLowerCase() === 'b' ? Buffer.from(text, 'base64').toString() : unquote(text.replaceAll('_', ' ')),
    )
}

function unquote(text: string): string {
  const bytes = text.replaceAll(/=([0-9A-F]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
  return Buffer.from(bytes, 'latin1').toString()
}
