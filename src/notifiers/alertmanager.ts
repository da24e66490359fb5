import { z } from '@hono/zod-openapi'
import { tagOf } from '../domain/image-reference.ts'
import type { Entry } from '../domain/message.ts'
import { duration, secret, secretFile, text, textMap } from '../lib/options.ts'
import { imageText, namesOf } from './_entry-text.ts'
import { deliver, json, oneOf } from './_http.ts'
import { defineNotifier, type RenderedMessage } from './_notifier.ts'
import { addressOf, below, httpOptions, openClient, required, revealed, tlsOptions } from './_options.ts'

const DAY_MS = 86_400_000

export default defineNotifier({
  name: 'alertmanager',
  summary: 'Raises an alert per image in a Prometheus Alertmanager.',
  options: z.object({
    endpoint: required().describe('Address of the Alertmanager, without /api.'),
    username: text().optional().describe('Name for basic authentication.'),
    password: secret().optional().describe('Password for basic authentication.'),
    passwordFile: secretFile().optional().describe('File that holds the password for basic authentication.'),
    token: secret().optional().describe('Bearer token; used when no name is set.'),
    tokenFile: secretFile().optional().describe('File that holds the bearer token.'),
    severity: text().default('info').describe('Value of the label severity.'),
    labels: textMap().default({}).describe('Further labels of every alert.'),
    resolveAfter: duration()
      .default(DAY_MS)
      .describe('The alert counts as resolved after so long; 0 leaves that to the Alertmanager, which takes minutes.'),
    ...httpOptions(),
    ...tlsOptions(),
  }),
  templates: {},
  onlyFindings: true,
  create(options, parts) {
    const http = openClient(options, parts)
    return {
      // https://github.com/prometheus/alertmanager/blob/main/api/v2/openapi.yaml
      async send(message, signal) {
        const password = revealed('password', options.password, options.passwordFile)
        const token = revealed('token', options.token, options.tokenFile)
        const authorization = authorizationOf(options.username, password, token)
        const { headers, body } = json(message.message.entries.map((entry) => alertOf(entry, message, options)))
        await deliver(
          http,
          {
            method: 'POST',
            url: below(addressOf('endpoint', options.endpoint), 'api/v2/alerts'),
            headers: { ...headers, ...authorization },
            body,
            signal,
          },
          { receiver: 'the Alertmanager', secrets: [password, token], accepts: oneOf(200) },
        )
      },
      [Symbol.asyncDispose]: () => http[Symbol.asyncDispose](),
    }
  },
})

interface AlertOptions {
  readonly severity: string
  readonly labels: Readonly<Record<string, string>>
  readonly resolveAfter: number
}

function alertOf(entry: Entry, { message, at }: RenderedMessage, { severity, labels, resolveAfter }: AlertOptions) {
  return {
    labels: filled({
      ...labels,
      alertname: 'ContainerImageUpdate',
      image: imageText(entry),
      provider: entry.provider,
      severity,
    }),
    annotations: annotationsOf(entry),
    startsAt: message.createdAt,
    ...(resolveAfter > 0 && { endsAt: new Date(at.getTime() + resolveAfter).toISOString() }),
    ...(entry.hubLink !== '' && { generatorURL: entry.hubLink }),
  }
}

function annotationsOf(entry: Entry): Record<string, string> {
  const image = imageText(entry)
  const happened = entry.status === 'new' ? 'is available' : 'has been updated'
  return filled({
    summary: `${image} ${happened}`,
    description: entry.reason,
    containers: namesOf(entry).join(', '),
    current_tag: entry.from.tag,
    new_tag: entry.newerTag ?? tagOf(entry.image),
    level: entry.level,
    digest: entry.digest,
    platform: entry.platform,
    update_command: `docker pull ${image}`,
  })
}

function authorizationOf(username: string | undefined, password: string, token: string): { authorization?: string } {
  if (username) return { authorization: `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}` }
  return token === '' ? {} : { authorization: `Bearer ${token}` }
}

/** Without the labels that are empty, which the Alertmanager would drop anyway. */
function filled(values: Record<string, string | undefined>): Record<string, string> {
  return Object.fromEntries(Object.entries(values).filter((pair): pair is [string, string] => Boolean(pair[1])))
}
