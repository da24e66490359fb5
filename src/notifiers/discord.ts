import { z } from '@hono/zod-openapi'
import { flag, secret, secretFile, text, textList } from '../lib/options.ts'
import { factsOf, footerOf, SENDER, shorten } from './_entry-text.ts'
import { deliver, json, oneOf } from './_http.ts'
import { defineNotifier, type RenderedMessage } from './_notifier.ts'
import { addressOf, httpOptions, needs, openClient, revealed } from './_options.ts'
import { BODY } from './_templates.ts'

// https://discord.com/developers/docs/resources/webhook#execute-webhook
const LONGEST_CONTENT = 2000

export default defineNotifier({
  name: 'discord',
  summary: 'Posts to a Discord channel through a webhook.',
  options: z
    .object({
      webhookURL: secret().optional().describe('Address of the webhook.'),
      webhookURLFile: secretFile().optional().describe('File that holds the address of the webhook.'),
      mentions: textList().default([]).describe('Who is mentioned before the text, as @here, <@user> or <@&role>.'),
      renderEmbeds: flag().default(true).describe('Add a box with the details of the image.'),
      renderFields: flag().default(true).describe('List host, provider, time, digest, platform and link in that box.'),
      ...httpOptions(),
      templateBody: text().default(BODY.each).describe('Template of the text, in Markdown.'),
    })
    .superRefine(needs('webhookURL')),
  templates: { body: 'templateBody' },
  create(options, parts) {
    const { mentions, renderEmbeds, renderFields } = options
    const http = openClient(options, parts)
    return {
      async send(message, signal) {
        const webhook = revealed('webhookURL', options.webhookURL, options.webhookURLFile)
        const url = addressOf('webhookURL', webhook)
        const content = [...mentions, message.parts.body ?? ''].join(' ')
        const payload = {
          content: shorten(content, LONGEST_CONTENT),
          username: SENDER,
          embeds: renderEmbeds ? [embedOf(message, renderFields)] : null,
        }
        const request = { method: 'POST', url, signal, ...json(payload) } as const
        // 204, or 200 when the address asks for the message with `?wait=true`.
        await deliver(http, request, { receiver: 'Discord', secrets: [webhook], accepts: oneOf(200, 204) })
      },
      [Symbol.asyncDispose]: () => http[Symbol.asyncDispose](),
    }
  },
})

function embedOf({ entry, teller }: RenderedMessage, renderFields: boolean): object {
  return {
    author: { name: SENDER },
    footer: { text: footerOf(teller), icon_url: '' },
    image: { url: '' },
    thumbnail: { url: '' },
    ...(renderFields && { fields: factsOf(entry, teller) }),
  }
}
