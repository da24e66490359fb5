import { escapeHtml, markdownToHtml, type Styles, textOf } from './_markdown.ts'

export interface MailContent {
  readonly html: string
  readonly text: string
}

const FONT = "-apple-system, 'Segoe UI', Roboto, Helvetica, Arial, sans-serif"

const STYLES: Styles = {
  p: 'margin:0 0 14px',
  a: 'color:#0b63c5;text-decoration:underline',
  code: 'background:#eef2f6;border-radius:4px;padding:1px 5px;font:13px/1.5 ui-monospace,Menlo,Consolas,monospace;word-break:break-all',
  pre: 'background:#eef2f6;border-radius:6px;padding:12px;overflow:auto;margin:0 0 14px',
  ul: 'margin:0 0 14px;padding-left:20px',
  ol: 'margin:0 0 14px;padding-left:20px',
  li: 'margin:0 0 6px',
  blockquote: 'margin:0 0 14px;padding-left:12px;border-left:3px solid #cbd5e1;color:#475569',
  table: 'border-collapse:collapse;margin:0 0 14px',
  th: 'border:1px solid #dbe3eb;padding:6px 10px;text-align:left',
  td: 'border:1px solid #dbe3eb;padding:6px 10px',
  img: 'max-width:100%',
}

/**
 * Both parts of a mail. A body that is an HTML document goes out as it is; any other is Markdown and is set in our frame.
 * The plain part says the same in text.
 */
export async function mailContent(body: string, frame: { title: string; footer: string }): Promise<MailContent> {
  if (/^\s*(<!doctype\s|<html[\s>])/i.test(body)) return { html: body, text: textOf(body) }
  const content = await markdownToHtml(body, STYLES)
  return { html: framed(content, frame), text: `${textOf(content)}\n\n-- \n${frame.footer}\n` }
}

function framed(content: string, { title, footer }: { title: string; footer: string }): string {
  return `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<meta name="color-scheme" content="light">
<title>${escapeHtml(title)}</title>
</head>
<body style="margin:0;padding:24px 12px;background:#f1f5f9">
<table role="presentation" width="100%" cellspacing="0" cellpadding="0" style="border-collapse:collapse">
<tr><td align="center">
<table role="presentation" width="600" cellspacing="0" cellpadding="0" style="width:100%;max-width:600px;background:#ffffff;border-radius:10px">
<tr><td style="padding:18px 28px;background:#0f3d5e;border-radius:10px 10px 0 0;color:#ffffff;font:600 17px/1.4 ${FONT}">${escapeHtml(title)}</td></tr>
<tr><td style="padding:24px 28px 12px;color:#1e293b;font:15px/1.6 ${FONT}">
${content}
</td></tr>
<tr><td style="padding:12px 28px 20px;color:#64748b;font:12px/1.5 ${FONT}">${escapeHtml(footer)}</td></tr>
</table>
</td></tr>
</table>
</body>
</html>
`
}
