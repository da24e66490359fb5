import { z } from '@hono/zod-openapi'

// What the routes of `/api/v1` answer. The dashboard takes its types from here. A field that is not known is absent.

export const Failure = z
  .object({
    error: z.string().meta({ description: 'What was wrong, as a sentence.' }),
    where: z.string().optional(),
    remedy: z.string().optional().meta({ description: 'What can be done about it.' }),
  })
  .openapi('Failure')

const Version = z.object({ tag: z.string().optional(), digest: z.string().optional() }).readonly()

export const Workload = z
  .object({
    id: z.string(),
    provider: z.string(),
    host: z.string(),
    name: z.string(),
    image: z.string(),
    platform: z.string(),
    state: z.string().optional(),
    notCheckable: z.string().optional().meta({ description: 'Why no registry can be asked about it.' }),
    imageKey: z.string().optional(),
  })
  .openapi('Workload')

export const InboxItem = z
  .object({
    key: z.string().optional(),
    image: z.string(),
    source: z.enum(['check', 'report']).meta({ description: 'Found by this server, or reported at /webhook.' }),
    status: z.string(),
    reason: z.string(),
    level: z.string().optional(),
    from: Version,
    to: Version,
    platform: z.string(),
    hubLink: z.string().optional(),
    hostname: z.string().optional(),
    workloads: z
      .array(Workload.pick({ id: true, provider: true, host: true, name: true, state: true }).readonly())
      .readonly(),
    acknowledged: z.boolean(),
    since: z.string(),
    staleSince: z.string().optional(),
    tag: z.object({ id: z.int(), name: z.string() }).readonly().nullable(),
  })
  .openapi('InboxItem')

export const Image = z
  .object({
    key: z.string(),
    reference: z.string(),
    platform: z.string(),
    status: z.string(),
    reason: z.string(),
    level: z.string().optional(),
    current: Version,
    found: Version,
    error: z.string().optional(),
    hubLink: z.string().optional(),
    checkedAt: z.string(),
    answeredAt: z.string().optional(),
    staleSince: z.string().optional(),
  })
  .openapi('Image')

export const Verdicts = z
  .object({
    chosen: z.string().nullable(),
    level: z.string().optional(),
    hint: z.string().optional(),
    verdicts: z
      .array(
        z
          .object({
            tag: z.string(),
            verdict: z.enum(['chosen', 'candidate', 'rejected', 'current']),
            level: z.string().optional(),
            code: z.string(),
            reason: z.string(),
          })
          .readonly(),
      )
      .readonly(),
  })
  .openapi('Verdicts')

export const Event = z
  .object({
    id: z.int(),
    at: z.string(),
    kind: z.string(),
    subject: z.string().optional(),
    data: z.record(z.string(), z.unknown()).readonly(),
  })
  .openapi('Event')

export const Delivery = z
  .object({
    id: z.string(),
    messageId: z.string(),
    channel: z.string(),
    state: z.enum(['waiting', 'sending', 'delivered', 'failed']),
    attempts: z.int(),
    nextAt: z.string(),
    lastError: z.string().optional(),
    deliveredAt: z.string().optional(),
    createdAt: z.string(),
    images: z.array(z.string()).readonly(),
  })
  .openapi('Delivery')

const Counts = z.record(z.string(), z.number()).readonly()

const FailedProvider = z.object({ provider: z.string(), host: z.string(), error: z.string() }).readonly()

const Check = z
  .object({
    id: z.int(),
    cause: z.string(),
    startedAt: z.string(),
    finishedAt: z.string().optional(),
    counts: Counts,
  })
  .openapi('Check')

const Finding = z
  .object({
    key: z.string(),
    reference: z
      .object({
        registry: z.string(),
        repository: z.string(),
        tag: z.string().optional(),
        digest: z.string().optional(),
        scheme: z.enum(['http', 'https']).optional(),
      })
      .readonly(),
    platform: z.string(),
    status: z.enum(['current', 'update', 'new', 'failed', 'not-checkable', 'skipped']),
    reason: z.string(),
    current: Version,
    found: z
      .object({ digest: z.string().optional(), tag: z.string().optional(), tagDigest: z.string().optional() })
      .readonly(),
    level: z.string().optional(),
    error: z.string().optional(),
    staleSince: z.string().optional(),
    hubLink: z.string().optional(),
    workloads: z.array(Workload.pick({ id: true, provider: true, host: true, name: true }).readonly()).readonly(),
  })
  .readonly()
  .openapi('Finding')

export const CheckReport = z
  .object({
    id: z.int(),
    cause: z.string(),
    startedAt: z.string(),
    finishedAt: z.string(),
    counts: Counts,
    findings: z.array(Finding).readonly(),
    problems: z.array(z.object({ workload: z.string(), message: z.string() }).readonly()).readonly(),
    failedProviders: z.array(FailedProvider).readonly(),
  })
  .openapi('CheckReport')

export const Status = z
  .object({
    version: z.string(),
    checking: z.boolean(),
    progress: z.object({ done: z.int(), total: z.int() }).readonly().optional(),
    nextCheckAt: z.string().optional(),
    lastCheck: Check.optional(),
    failedProviders: z.array(FailedProvider).readonly(),
    channels: z.array(z.object({ name: z.string(), notifier: z.string() }).readonly()).readonly(),
    rateLimits: z
      .array(
        z
          .object({
            host: z.string(),
            limit: z.number().optional(),
            remaining: z.number().optional(),
            windowSeconds: z.number().optional(),
            waitUntil: z.string().optional(),
            concurrency: z.number(),
          })
          .readonly(),
      )
      .readonly(),
    images: Counts.meta({ description: 'How many images in which status.' }),
    workloads: z.int(),
    waiting: z.int().meta({ description: 'Entries of the inbox that nobody has acknowledged.' }),
    failedDeliveries: z.int(),
    lastEventId: z.int(),
  })
  .openapi('Status')

export type Status = z.infer<typeof Status>
export type Image = z.infer<typeof Image>
