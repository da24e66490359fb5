import { z } from '@hono/zod-openapi'
import { flag, secret, secretFile, text } from '../lib/options.ts'
import { factsOf, footerOf, SENDER } from './_entry-text.ts'
import { deliver, json, oneOf } from './_http.ts'
import { defineNotifier, type RenderedMessage } from './_notifier.ts'
import { addressOf, httpOptions, needs, openClient, revealed } from './_options.ts'
import { createProgress } from './_progress.ts'
import { SLACK_BODY } from './_templates.ts'

const COLOR = { new: '#4caf50', update: '#0054ca' } as const

export default defineNotifier({
  name: 'slack',
  summary: 'Posts to a Slack channel through an incoming webhook; Mattermost takes the same.',
  options: z
    .object({
      webhookURL: secret().optional().describe('Address of the incoming webhook.'),
      webhookURLFile: secretFile().optional().describe('File that holds the address of the incoming webhook.'),
      renderFields: flag().default(true).describe('List host, provider, time, digest and platform under the text.'),
      ...httpOptions(),
      templateBody: text()
        .default(SLACK_BODY.each)
        .describe('Template of the text, or of a whole payload in JSON with text or blocks.'),
    })
    .superRefine(needs('webhookURL')),
  templates: { body: 'templateBody' },
  create(options, parts) {
    const http = openClient(options, parts)
    const progress = createProgress()
    return {
      async send(message, signal) {
        const webhook = revealed('webhookURL', options.webhookURL, options.webhookURLFile)
        const url = addressOf('webhookURL', webhook)
        await progress.each(message.deliveryId, payloadsOf(message, url, options.renderFields), async (payload) => {
          const request = { method: 'POST', url, signal, ...json(payload) } as const
          await deliver(http, request, { receiver: 'Slack', secrets: [webhook], accepts: oneOf(200) })
        })
      },
      [Symbol.asyncDispose]: () => http[Symbol.asyncDispose](),
    }
  },
})

/** What to post: the payloads that the template wrote itself, or an attachment around its text. */
function payloadsOf(message: RenderedMessage, url: URL, renderFields: boolean): unknown[] {
  const body = message.parts.body ?? ''
  return ownPayloads(body) ?? [{ attachments: [attachmentOf(message, asSlackText(body, url), renderFields)] }]
}

// https://api.slack.com/reference/messaging/attachments
function attachmentOf({ entry, teller, at }: RenderedMessage, body: string, renderFields: boolean): object {
  const fields = factsOf(entry, teller).map(({ name, value }) => ({ title: name, value, short: false }))
  return {
    color: COLOR[entry.status],
    fallback: '',
    author_name: SENDER,
    text: body,
    ...(renderFields && { fields }),
    footer: footerOf(teller),
    ts: Math.floor(at.getTime() / 1000),
  }
}

/** The payloads when the body is JSON of Slack's own: an object with `text`, `blocks` or `attachments`, or several in a list. */
function ownPayloads(body: string): unknown[] | undefined {
  if (!/^\s*[{[]/.test(body)) return undefined
  try {
    const payloads: unknown[] = [JSON.parse(body)].flat()
    return payloads.length > 0 && payloads.every(isPayload) ? payloads : undefined
  } catch {
    return undefined
  }
}

function isPayload(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false
  return 'text' in value || 'blocks' in value || 'attachments' in value
}

/** Slack writes bold with one star; Mattermost and Rocket.Chat, whose webhooks live under /hooks/, take Markdown as it is. */
function asSlackText(body: string, url: URL): string {
  if (url.pathname.includes('/hooks/')) return body
  return body.replace(/(`+)[\s\S]*?\1|\*\*(?=\S)([^*\n]+?)(?<=\S)\*\*/g, (whole, code, bold) =>
    code === undefined ? `*${bold}*` : whole,
  )
}
