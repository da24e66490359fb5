import type { OpenAPIHono } from '@hono/zod-openapi'
import { Failure } from '../../domain/failure.ts'
import { receiveReport, type UpdateReport } from '../../store/updates.ts'
import { bringsSecret, setSecret } from '../credentials.ts'
import { methodNotAllowed } from '../failure-response.ts'
import { readJsonObject } from '../json-body.ts'
import type { HttpEnv, RouteParts } from '../parts.ts'
import { requireSameOrigin } from '../same-origin.ts'

/** `POST /webhook`: what a Diun elsewhere found. Checked in the order of the contract: secret, method, body. */
export function addWebhook(app: OpenAPIHono<HttpEnv>, { store, log, now, options, stream }: RouteParts): void {
  const secret = setSecret(options.webhookSecret)
  if (secret === undefined) {
    log.warn(
      {},
      'No webhook secret is set (WEBHOOK_SECRET): anybody who can reach this port can report updates at /webhook',
    )
  }
  app.all('/webhook', async (c) => {
    if (secret !== undefined && !bringsSecret(c.req.header('authorization'), secret)) {
      throw new Failure('unauthorized', 'The webhook secret is missing or wrong.')
    }
    if (c.req.method !== 'POST') return methodNotAllowed(c, ['POST'])
    requireSameOrigin(c)
    const report = parseReport(await readJsonObject(c))
    await receiveReport(store.db, report, now())
    stream.wake()
    log.info({ image: report.image, status: report.status, hostname: report.hostname }, 'A report was received')
    return c.body(null, 200, { 'content-length': '0' })
  })
}

/** Reads the body that Diun's webhook notifier sends. `image` is kept byte for byte: it is the key of later calls. */
function parseReport(body: Record<string, unknown>): UpdateReport {
  const image = textOf(body, 'image')
  if (image === '') throw new Failure('invalid', 'The field "image" is missing or empty.')
  return {
    image,
    diun_version: textOf(body, 'diun_version'),
    hostname: textOf(body, 'hostname'),
    status: textOf(body, 'status'),
    provider: textOf(body, 'provider'),
    hub_link: textOf(body, 'hub_link'),
    mime_type: textOf(body, 'mime_type'),
    digest: textOf(body, 'digest'),
    created: textOf(body, 'created'),
    platform: textOf(body, 'platform'),
    metadata: metadataOf(body),
  }
}

function metadataOf({ metadata }: Record<string, unknown>): Record<string, unknown> {
  if (metadata === undefined || metadata === null) return {}
  if (typeof metadata !== 'object' || Array.isArray(metadata)) {
    throw new Failure('invalid', 'The field "metadata" must be an object.')
  }
  for (const key of ['ctn_names', 'ctn_id', 'ctn_state', 'ctn_status']) textOf(metadata as never, key)
  return metadata as Record<string, unknown>
}

function textOf(body: Readonly<Record<string, unknown>>, key: string): string {
  const value = body[key]
  if (value === undefined || value === null) return ''
  if (typeof value !== 'string') throw new Failure('invalid', `The field "${key}" must be text.`)
  return value
}
