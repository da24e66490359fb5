import { z } from '@hono/zod-openapi'
import { integer, secret, secretFile, text, textList } from '../lib/options.ts'
import { deliver, json, oneOf } from './_http.ts'
import { defineNotifier } from './_notifier.ts'
import { addressOf, httpOptions, openClient, required, revealed, tlsOptions } from './_options.ts'
import { BODY, TITLE } from './_templates.ts'

export default defineNotifier({
  name: 'ntfy',
  summary: 'Pushes to a topic on ntfy.sh or on your own ntfy server.',
  options: z.object({
    endpoint: required().default('https://ntfy.sh').describe('Address of the ntfy server.'),
    token: secret().optional().describe('Access token, where the topic is protected.'),
    tokenFile: secretFile().optional().describe('File that holds the access token.'),
    topic: required().describe('Topic to publish to.'),
    priority: integer(0).default(3).describe('Priority of the message, from 1 (min) to 5 (max).'),
    tags: textList().default(['package']).describe('Tags of the message; names of emojis are shown as such.'),
    icon: text().optional().describe('Address of a picture to show with the message.'),
    click: text().optional().describe('Template of the address that a tap on the message opens.'),
    ...httpOptions(),
    ...tlsOptions(),
    templateTitle: text().default(TITLE.each).describe('Template of the title.'),
    templateBody: text().default(BODY.each).describe('Template of the text, in Markdown.'),
  }),
  templates: { title: 'templateTitle', body: 'templateBody', click: 'click' },
  create(options, parts) {
    const http = openClient(options, parts)
    return {
      // https://docs.ntfy.sh/publish/#publish-as-json
      async send({ parts: { title, body, click } }, signal) {
        const token = revealed('token', options.token, options.tokenFile)
        const { headers, body: payload } = json({
          topic: options.topic,
          message: body,
          title,
          priority: options.priority,
          tags: options.tags,
          ...(options.icon && { icon: options.icon }),
          ...(click && { click }),
          markdown: true,
        })
        await deliver(
          http,
          {
            method: 'POST',
            url: addressOf('endpoint', options.endpoint),
            headers: { ...headers, ...(token !== '' && { authorization: `Bearer ${token}` }) },
            body: payload,
            signal,
          },
          { receiver: 'ntfy', secrets: [token], accepts: oneOf(200) },
        )
      },
      [Symbol.asyncDispose]: () => http[Symbol.asyncDispose](),
    }
  },
})
