import { createRoute, z } from '@hono/zod-openapi'
import { failures, jsonOf, most, operator } from './contract-parts.ts'
import { CheckReport, Delivery, Event, Image, InboxItem, Status, Verdicts, Workload } from './schemas.ts'

// The routes of `/api/v1` and what goes in and out of them; those about updates of workloads are in contract-updates.ts.
// The OpenAPI document is made of this.

export const getStatus = createRoute({
  method: 'get',
  path: '/api/v1/status',
  summary: 'How the server is doing',
  responses: { 200: { description: 'Now.', content: jsonOf(Status) }, ...failures },
})

export const getInbox = createRoute({
  method: 'get',
  path: '/api/v1/inbox',
  summary: 'What waits to be looked at; what nobody has acknowledged comes first',
  responses: {
    200: { description: 'All of it.', content: jsonOf(z.object({ items: z.array(InboxItem) })) },
    ...failures,
  },
})

export const getImages = createRoute({
  method: 'get',
  path: '/api/v1/images',
  summary: 'Every image that something runs',
  request: { query: z.object({ status: z.string().optional() }) },
  responses: {
    200: { description: 'By reference.', content: jsonOf(z.object({ images: z.array(Image) })) },
    ...failures,
  },
})

export const getVerdicts = createRoute({
  method: 'get',
  path: '/api/v1/images/{key}/verdicts',
  summary: 'Why this tag, and why not the others',
  request: { params: z.object({ key: z.string().meta({ description: 'Key of the image, percent-encoded.' }) }) },
  responses: { 200: { description: 'A verdict on every tag.', content: jsonOf(Verdicts) }, ...failures },
})

export const getWorkloads = createRoute({
  method: 'get',
  path: '/api/v1/workloads',
  summary: 'Everything that runs',
  responses: {
    200: { description: 'By host and name.', content: jsonOf(z.object({ workloads: z.array(Workload) })) },
    ...failures,
  },
})

export const getEvents = createRoute({
  method: 'get',
  path: '/api/v1/events',
  summary: 'What happened; as a live stream with "Accept: text/event-stream"',
  description:
    'The stream resumes behind the header Last-Event-ID, or behind the query lastEventId, and starts with what comes next when neither is there.',
  request: {
    query: z.object({
      before: z.coerce.number().int().min(1).optional().openapi({ type: 'integer' }),
      subject: z.string().optional(),
      most,
    }),
  },
  responses: {
    200: { description: 'The newest first.', content: jsonOf(z.object({ events: z.array(Event) })) },
    ...failures,
  },
})

export const getDeliveries = createRoute({
  method: 'get',
  path: '/api/v1/deliveries',
  summary: 'Messages on their way through the channels',
  request: { query: z.object({ state: Delivery.shape.state.optional(), most }) },
  responses: {
    200: { description: 'The newest first.', content: jsonOf(z.object({ deliveries: z.array(Delivery) })) },
    ...failures,
  },
})

export const repeatDelivery = createRoute({
  method: 'post',
  path: '/api/v1/deliveries/{id}/repeat',
  summary: 'Try a failed delivery again',
  security: operator,
  request: { params: z.object({ id: z.string() }) },
  responses: { 200: { description: 'It waits again.', content: jsonOf(z.object({ repeated: z.int() })) }, ...failures },
})

export const repeatDeliveries = createRoute({
  method: 'post',
  path: '/api/v1/deliveries/repeat',
  summary: 'Try all failed deliveries again',
  security: operator,
  responses: { 200: { description: 'How many.', content: jsonOf(z.object({ repeated: z.int() })) }, ...failures },
})

export const startCheck = createRoute({
  method: 'post',
  path: '/api/v1/checks',
  summary: 'Ask the registries now',
  security: operator,
  request: {
    query: z.object({ wait: z.enum(['true', 'false']).default('false') }),
    body: { required: false, content: jsonOf(z.object({ image: z.string().min(1).optional() })) },
  },
  responses: {
    200: { description: 'With wait=true: how it ended.', content: jsonOf(CheckReport) },
    202: {
      description: 'It runs.',
      content: jsonOf(z.object({ checking: z.literal(true), image: z.string().optional() })),
    },
    ...failures,
  },
})

export const testChannels = createRoute({
  method: 'post',
  path: '/api/v1/channels/test',
  summary: 'Send a test message through a channel, or through all',
  security: operator,
  request: { body: { required: false, content: jsonOf(z.object({ channel: z.string().min(1).optional() })) } },
  responses: {
    200: { description: 'Who was told.', content: jsonOf(z.object({ told: z.array(z.string()) })) },
    ...failures,
  },
})

export const unacknowledge = createRoute({
  method: 'delete',
  path: '/api/v1/updates/{image}/ack',
  summary: 'Let an acknowledged update wait again',
  request: { params: z.object({ image: z.string().meta({ description: 'The image, percent-encoded.' }) }) },
  responses: { 204: { description: 'It waits.' }, ...failures },
})
