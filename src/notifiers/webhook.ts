import { z } from '@hono/zod-openapi'
import { secret, text } from '../lib/options.ts'
import { diunJson } from './_diun-json.ts'
import { deliver } from './_http.ts'
import { defineNotifier, type RenderedMessage } from './_notifier.ts'
import { addressOf, httpOptions, openClient, required, tlsOptions } from './_options.ts'
import { createProgress } from './_progress.ts'

const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'] as const

export default defineNotifier({
  name: 'webhook',
  summary: 'Calls an address of yours with a JSON document, or with a body of your own template.',
  options: z.object({
    endpoint: required().describe('Address to call.'),
    method: z
      .preprocess((value) => (typeof value === 'string' ? value.toUpperCase() : value), z.enum(METHODS))
      .default('GET')
      .describe('HTTP method of the request; the body goes along with any of them.'),
    headers: z
      .record(z.string(), secret())
      .default({})
      .describe('Headers of the request; Content-Type is sent only when it is one of them.'),
    ...httpOptions(),
    ...tlsOptions(),
    templateBody: text().optional().describe('Template of the body, in place of the JSON document.'),
  }),
  templates: { body: 'templateBody' },
  onlyFindings: true,
  create(options, parts) {
    const http = openClient(options, parts)
    const progress = createProgress()
    if (endsAtOnce(options)) {
      parts.log.warn(
        {},
        'alerts that end when the image was made count as resolved; leave endsAt out, or use alertmanager',
      )
    }
    return {
      async send(message, signal) {
        const url = addressOf('endpoint', options.endpoint)
        const own = headersOf(options.headers)
        const bodies = bodiesOf(message)
        await progress.each(message.deliveryId, bodies, async (body, index) => {
          const id = bodies.length === 1 ? message.deliveryId : `${message.deliveryId}.${index + 1}`
          const headers = { ...own, 'x-seaworthy-delivery': id }
          await deliver(
            http,
            { method: options.method, url, headers, body, signal },
            {
              receiver: 'the webhook',
              secrets: Object.values(own),
              accepts: (status) => status >= 200 && status < 300,
            },
          )
        })
      },
      [Symbol.asyncDispose]: () => http[Symbol.asyncDispose](),
    }
  },
})

/** Whether the body is for an Alertmanager and gives its alerts an end that has passed. */
function endsAtOnce({ endpoint, templateBody = '' }: { endpoint: string; templateBody?: string | undefined }): boolean {
  return /\/api\/v2\/alerts\/?$/.test(endpoint) && /"endsAt":\s*"\{\{\s*\.Meta\.Created\s*\}\}"/.test(templateBody)
}

/** The document describes one image, so each image of a summary is a request of its own. */
function bodiesOf({ parts, message, teller }: RenderedMessage): string[] {
  return parts.body === undefined ? message.entries.map((entry) => diunJson(entry, teller)) : [parts.body]
}

function headersOf(headers: Readonly<Record<string, { reveal(): string }>>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value.reveal()]))
}
