import { z } from '@hono/zod-openapi'
import { flag, secret, secretFile, text, textList } from '../lib/options.ts'
import { shorten } from './_entry-text.ts'
import { deliver, oneOf } from './_http.ts'
import { DeliveryError, defineNotifier } from './_notifier.ts'
import { addressOf, below, httpOptions, needs, openClient, revealed } from './_options.ts'
import { createProgress } from './_progress.ts'
import { TELEGRAM_BODY } from './_templates.ts'

// https://core.telegram.org/bots/api#sendmessage
const LONGEST_TEXT = 4096

interface Target {
  readonly chat: string
  readonly topic: string
}

export default defineNotifier({
  name: 'telegram',
  summary: 'Writes to Telegram chats and topics as a bot.',
  options: z
    .object({
      apiURL: z.url().default('https://api.telegram.org').describe('Address of the Bot API.'),
      token: secret().optional().describe('Token of the bot.'),
      tokenFile: secretFile().optional().describe('File that holds the token of the bot.'),
      chatIDs: textList()
        .default([])
        .superRefine(checkTargets)
        .describe('Chats to write to, each as id, id:topic or id:topic;topic.'),
      chatIDsFile: secretFile()
        .optional()
        .describe('File with a JSON list of chats; when it has any, they take the place of chatIDs.'),
      disableNotification: flag().default(false).describe('Deliver without a sound.'),
      ...httpOptions(),
      templateBody: text().default(TELEGRAM_BODY.each).describe("Template of the text, in Telegram's Markdown."),
    })
    .superRefine(needs('token'))
    .superRefine(({ chatIDs, chatIDsFile }, context) => {
      if (chatIDs.length > 0 || chatIDsFile !== undefined) return
      context.addIssue({ code: 'custom', path: ['chatIDs'], message: 'is missing; set chatIDs or chatIDsFile' })
    }),
  templates: { body: 'templateBody' },
  escapesMarkdown: true,
  create(options, parts) {
    const http = openClient(options, parts)
    const progress = createProgress()
    return {
      async send({ parts: { body = '' }, deliveryId }, signal) {
        const token = revealed('token', options.token, options.tokenFile)
        const url = below(addressOf('apiURL', options.apiURL), `bot${token}/sendMessage`)
        const targets = parseTargets(chatsOf(options.chatIDs, revealed('chatIDs', undefined, options.chatIDsFile)))
        const post = async (target: Target, formatted: boolean) => {
          const fields = fieldsOf(target, { body, formatted, silent: options.disableNotification })
          const request = { method: 'POST', url, signal, ...multipart(fields, deliveryId) } as const
          await deliver(http, request, { receiver: 'Telegram', secrets: [token], accepts: oneOf(200) })
        }
        await progress.each(deliveryId, targets, async (target) => {
          try {
            await post(target, true)
          } catch (error) {
            // A stray mark in a name must not cost the message.
            if (!(error instanceof DeliveryError && error.message.includes("can't parse entities"))) throw error
            await post(target, false)
          }
        })
      },
      [Symbol.asyncDispose]: () => http[Symbol.asyncDispose](),
    }
  },
})

interface TextOptions {
  readonly body: string
  readonly formatted: boolean
  readonly silent: boolean
}

function fieldsOf({ chat, topic }: Target, { body, formatted, silent }: TextOptions): [string, string][] {
  return [
    ['chat_id', chat],
    ['text', shorten(body, LONGEST_TEXT)],
    ...(formatted ? [['parse_mode', 'Markdown'] as [string, string]] : []),
    ['link_preview_options', JSON.stringify({ is_disabled: true })],
    ...(topic === '' ? [] : [['message_thread_id', topic] as [string, string]]),
    ...(silent ? [['disable_notification', 'true'] as [string, string]] : []),
  ]
}

/** A form as RFC 7578 writes it. The boundary is the delivery's id, which no text holds. */
function multipart(fields: readonly [string, string][], deliveryId: string) {
  const boundary = `seaworthy-${deliveryId.replace(/[^\w.-]/g, '-')}`.slice(0, 70)
  const parts = fields.map(
    ([name, value]) => `--${boundary}\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`,
  )
  return {
    headers: { 'content-type': `multipart/form-data; boundary=${boundary}` },
    body: `${parts.join('')}--${boundary}--\r\n`,
  }
}

function chatsOf(listed: readonly string[], file: string): readonly string[] {
  if (file === '') return listed
  const chats = z.array(z.union([z.string(), z.int().transform(String)])).safeParse(parseJson(file))
  if (!chats.success) throw new DeliveryError('chatIDsFile does not hold a JSON list of chats', { transient: false })
  return chats.data.length > 0 ? chats.data : listed
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function parseTargets(chats: readonly string[]): Target[] {
  const problem = chats.map(problemOf).find((text) => text !== undefined)
  if (problem !== undefined) throw new DeliveryError(problem, { transient: false })
  return chats.flatMap((text) => {
    const [chat, topics = ''] = text.split(':') as [string, string?]
    return topics.split(';').map((topic) => ({ chat, topic: Number(topic) === 0 ? '' : topic }))
  })
}

function checkTargets(chats: readonly string[], context: z.RefinementCtx): void {
  for (const [index, chat] of chats.entries()) {
    const message = problemOf(chat)
    if (message !== undefined) context.addIssue({ code: 'custom', path: [index], message })
  }
}

function problemOf(text: string): string | undefined {
  const [chat, topics, ...rest] = text.split(':') as [string, string?, ...string[]]
  if (!/^-?\d+$/.test(chat)) return `"${text}" is not a chat: the id must be a number`
  if (rest.length > 0) return `"${text}" is not a chat: there is more than one colon`
  const bad = topics?.split(';').find((topic) => !/^\d+$/.test(topic))
  return bad === undefined ? undefined : `"${text}" is not a chat: the topic "${bad}" must be a number`
}
