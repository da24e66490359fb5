import { z } from '@hono/zod-openapi'
import { integer, secret, secretFile, text } from '../lib/options.ts'
import { deliver, json, oneOf } from './_http.ts'
import { defineNotifier } from './_notifier.ts'
import { addressOf, below, httpOptions, needs, openClient, required, revealed, tlsOptions } from './_options.ts'
import { BODY, TITLE } from './_templates.ts'

export default defineNotifier({
  name: 'gotify',
  summary: 'Pushes to the phones and browsers of a Gotify server.',
  options: z
    .object({
      endpoint: required().describe('Address of the Gotify server.'),
      token: secret().optional().describe('Token of the application.'),
      tokenFile: secretFile().optional().describe('File that holds the token of the application.'),
      priority: integer(0).default(1).describe('Priority of the message, from 0.'),
      ...httpOptions(),
      ...tlsOptions(),
      templateTitle: text().default(TITLE.each).describe('Template of the title.'),
      templateBody: text().default(BODY.each).describe('Template of the text, in Markdown.'),
    })
    .superRefine(needs('token')),
  templates: { title: 'templateTitle', body: 'templateBody' },
  create(options, parts) {
    const http = openClient(options, parts)
    return {
      // https://gotify.net/api-docs#/message/createMessage
      async send({ parts: { title, body } }, signal) {
        const token = revealed('token', options.token, options.tokenFile)
        const { headers, body: payload } = json({
          message: body,
          title,
          priority: options.priority,
          extras: { 'client::display': { contentType: 'text/markdown' } },
        })
        await deliver(
          http,
          {
            method: 'POST',
            url: below(addressOf('endpoint', options.endpoint), 'message'),
            headers: { ...headers, 'x-gotify-key': token },
            body: payload,
            signal,
          },
          { receiver: 'Gotify', secrets: [token], accepts: oneOf(200) },
        )
      },
      [Symbol.asyncDispose]: () => http[Symbol.asyncDispose](),
    }
  },
})
