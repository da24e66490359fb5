import { Socket } from 'node:net'
import { getCACertificates } from 'node:tls'
import { z } from '@hono/zod-openapi'
import { flag, integer, secret, secretFile, text, textList } from '../lib/options.ts'
import { footerOf, SENDER } from './_entry-text.ts'
import { mask } from './_http.ts'
import { mailContent } from './_mail-content.ts'
import { DeliveryError, defineNotifier, type RenderedMessage } from './_notifier.ts'
import { readAuthorities, required, revealed } from './_options.ts'
import { MAIL_BODY, TITLE } from './_templates.ts'

const CONNECT_TIMEOUT_MS = 30_000
const IDLE_TIMEOUT_MS = 60_000
// Answers of the server with which it turns down a message or a login for good (RFC 5321, 4.2.1) carry a 5.
const PERMANENT = /^5/
const PERMANENT_CODES = new Set(['EENVELOPE', 'EMESSAGE', 'ENOAUTH'])

const options = z.object({
  host: required().default('localhost').describe('Name of the mail server.'),
  port: integer(1, 65_535).default(25).describe('Port of the mail server.'),
  ssl: flag().default(false).describe('Speak TLS from the first byte; otherwise STARTTLS is used where offered.'),
  insecureSkipVerify: flag().default(false).describe('Accept any certificate of the server.'),
  tlsCaCertFiles: textList()
    .default([])
    .describe("Files with certificate authorities (PEM) to trust besides the system's."),
  localName: text().optional().describe('Name to greet the server with; the name of this host when not set.'),
  username: text().optional().describe('Name to log in with; without it there is no login.'),
  usernameFile: secretFile().optional().describe('File that holds the name to log in with.'),
  password: secret().optional().describe('Password to log in with.'),
  passwordFile: secretFile().optional().describe('File that holds the password to log in with.'),
  from: z.email('must be a mail address').describe('Address of the sender.'),
  to: textList()
    .refine((to) => to.some((address) => address !== ''), 'must name someone')
    .describe('Addresses of the receivers.'),
  templateTitle: text().default(TITLE.each).describe('Template of the subject.'),
  templateBody: text()
    .default(MAIL_BODY.each)
    .describe('Template of the text, in Markdown, or of a whole HTML document, which goes out as it is.'),
})

export default defineNotifier({
  name: 'mail',
  summary: 'Sends a mail over SMTP, as text and as HTML.',
  options,
  templates: { title: 'templateTitle', body: 'templateBody' },
  escapesMarkdown: true,
  create(settings, { log }) {
    const own = readAuthorities(settings.tlsCaCertFiles)
    const authorities = own.length === 0 ? [] : [...getCACertificates(), ...own]
    return {
      async send(message, signal) {
        signal.throwIfAborted()
        const user = revealed('username', settings.username, settings.usernameFile)
        const pass = revealed('password', settings.password, settings.passwordFile)
        // Our own socket, for the library has no other way to be stopped.
        const socket = new Socket()
        // The library stops listening before the socket is closed; an error that nobody hears would end the process.
        socket.on('error', () => {})
        const stop = () => socket.destroy()
        signal.addEventListener('abort', stop)
        try {
          const turnedDown = await submit(await mailOf(message, settings), {
            settings,
            socket,
            user,
            pass,
            authorities,
          })
          if (turnedDown.length > 0) log.warn({ to: turnedDown }, 'the mail server turned down some of the receivers')
        } catch (error) {
          signal.throwIfAborted()
          throw failureOf(error, [pass, encoded(pass), encoded(`\0${user}\0${pass}`)])
        } finally {
          signal.removeEventListener('abort', stop)
          socket.destroy()
        }
      },
    }
  },
})

interface Connection {
  readonly settings: z.output<typeof options>
  readonly socket: Socket
  readonly user: string
  readonly pass: string
  readonly authorities: readonly string[]
}

/** Sends and resolves with the receivers that were turned down; rejects when all of them were. */
async function submit(mail: object, { settings, socket, user, pass, authorities }: Connection): Promise<string[]> {
  const { createTransport } = await import('nodemailer')
  const { host, port, ssl, localName, insecureSkipVerify } = settings
  const transport = createTransport({
    host,
    port,
    secure: ssl,
    socket,
    ...(localName && { name: localName }),
    ...(user !== '' && { auth: { user, pass } }),
    tls: { rejectUnauthorized: !insecureSkipVerify, ...(authorities.length > 0 && { ca: [...authorities] }) },
    connectionTimeout: CONNECT_TIMEOUT_MS,
    greetingTimeout: CONNECT_TIMEOUT_MS,
    socketTimeout: IDLE_TIMEOUT_MS,
    disableFileAccess: true,
    disableUrlAccess: true,
  })
  const { rejected } = await transport.sendMail(mail)
  return rejected
}

async function mailOf(message: RenderedMessage, { from, to }: z.output<typeof options>): Promise<object> {
  const { parts, teller, deliveryId, at } = message
  const subject = (parts.title ?? '').replace(/\s+/g, ' ').trim()
  const { html, text } = await mailContent(parts.body ?? '', { title: subject, footer: footerOf(teller) })
  return {
    from: { name: SENDER, address: from },
    to: to.filter((address) => address !== ''),
    subject,
    text,
    html,
    date: at,
    // The same at each try, so that a mail server that got the first one after all can tell.
    messageId: `<${deliveryId.replace(/[^\w.-]/g, '-')}@${from.slice(from.lastIndexOf('@') + 1)}>`,
    headers: { 'X-Auto-Response-Suppress': 'All', 'Auto-Submitted': 'auto-generated' },
  }
}

/** As it goes over the wire in a login. */
function encoded(text: string): string {
  return text === '' ? '' : Buffer.from(text).toString('base64')
}

/** What went wrong, without the library's error: it may quote what was sent. */
function failureOf(error: unknown, secrets: readonly string[]): Error {
  if (error instanceof DeliveryError || !(error instanceof Error)) return error as Error
  const { code, response, message } = error as Error & { code?: string; response?: string }
  const transient = response === undefined ? !PERMANENT_CODES.has(code ?? '') : !PERMANENT.test(response)
  const text = response === undefined ? `cannot send the mail: ${message}` : `the mail server answered ${response}`
  return new DeliveryError(mask(text.replace(/\s+/g, ' '), secrets), { transient })
}
