import { createRoute, z } from '@hono/zod-openapi'
import { failures, jsonOf, most, operator } from './contract-parts.ts'
import { Begun, Candidate, Hold, Outlook, Paused, Plan, Update, UpdateReport } from './schemas-updates.ts'

// The routes about updates of workloads. `/api/v1/updates` is taken by what the dashboard contract calls updates, so an
// update of a workload is found under `/api/v1/rollouts`.

const id = z
  .string()
  .meta({ description: 'Id of the workload (`docker/local/web`), percent-encoded; or a name that is unique.' })
const ofWorkload = z.object({ id })
const until = z.iso.datetime({ offset: true }).meta({ description: 'A time to come.' })

export const HoldBody = z.object({
  kind: Hold.unwrap().shape.kind,
  until: until.optional(),
  reason: z.string().min(1).max(500).optional(),
})
export const RollBackBody = z.object({
  to: z.string().min(1).optional().meta({ description: 'Tag, digest or image id; absent: the last one.' }),
})
export const PauseBody = z.object({ until: until.optional() })
export const ReleaseQuery = z.object({ kind: Hold.unwrap().shape.kind.optional() })

export const getOutlooks = createRoute({
  method: 'get',
  path: '/api/v1/outlooks',
  summary: 'What may be done about every workload now, and why not',
  responses: {
    200: { description: 'By host and name.', content: jsonOf(z.object({ outlooks: z.array(Outlook) })) },
    ...failures,
  },
})

export const getOutlook = createRoute({
  method: 'get',
  path: '/api/v1/workloads/{id}/outlook',
  summary: 'What may be done about a workload now, and why not',
  request: { params: ofWorkload },
  responses: { 200: { description: 'Now.', content: jsonOf(Outlook) }, ...failures },
})

export const getPlan = createRoute({
  method: 'get',
  path: '/api/v1/workloads/{id}/plan',
  summary: 'What an update would do; changes nothing',
  request: { params: ofWorkload },
  responses: { 200: { description: 'As far as it is known now.', content: jsonOf(Plan) }, ...failures },
})

export const getRollouts = createRoute({
  method: 'get',
  path: '/api/v1/rollouts',
  summary: 'Updates of workloads, and whether updates by themselves are paused',
  request: {
    query: z.object({
      open: z.enum(['true', 'false']).optional(),
      workload: z.string().min(1).optional().meta({ description: 'Id of a workload.' }),
      most,
    }),
  },
  responses: {
    200: {
      description: 'The newest first.',
      content: jsonOf(z.object({ updates: z.array(Update), paused: Paused.optional() })),
    },
    ...failures,
  },
})

export const getRollout = createRoute({
  method: 'get',
  path: '/api/v1/rollouts/{id}',
  summary: 'An update step by step, with how far its pull is',
  request: { params: z.object({ id: z.string() }) },
  responses: { 200: { description: 'As it is now.', content: jsonOf(UpdateReport) }, ...failures },
})

export const beginUpdate = createRoute({
  method: 'post',
  path: '/api/v1/workloads/{id}/update',
  summary: 'Begin an update to what is known to be newer',
  security: operator,
  request: { params: ofWorkload },
  responses: { 202: { description: 'It has begun.', content: jsonOf(Update) }, ...failures },
})

export const beginRollBack = createRoute({
  method: 'post',
  path: '/api/v1/workloads/{id}/rollback',
  summary: 'Go back to an earlier version, and hold it there',
  security: operator,
  request: { params: ofWorkload, body: { required: false, content: jsonOf(RollBackBody) } },
  responses: { 202: { description: 'It has begun.', content: jsonOf(Update) }, ...failures },
})

export const beginAll = createRoute({
  method: 'post',
  path: '/api/v1/rollouts',
  summary: 'Begin an update of everything that has something newer and is not held',
  security: operator,
  request: { body: { required: true, content: jsonOf(z.object({ all: z.literal(true) })) } },
  responses: { 202: { description: 'What has begun, and what was refused.', content: jsonOf(Begun) }, ...failures },
})

export const addHold = createRoute({
  method: 'post',
  path: '/api/v1/workloads/{id}/holds',
  summary: 'Hold, snooze or pin a workload, or skip what it could move to',
  security: operator,
  request: { params: ofWorkload, body: { required: true, content: jsonOf(HoldBody) } },
  responses: { 201: { description: 'It holds.', content: jsonOf(Hold) }, ...failures },
})

export const removeHolds = createRoute({
  method: 'delete',
  path: '/api/v1/workloads/{id}/holds',
  summary: 'Take the holds of a workload back, all or those of one kind',
  security: operator,
  request: { params: ofWorkload, query: ReleaseQuery },
  responses: { 200: { description: 'How many.', content: jsonOf(z.object({ released: z.int() })) }, ...failures },
})

export const approve = createRoute({
  method: 'post',
  path: '/api/v1/workloads/{id}/approve',
  summary: 'Say yes to what the workload could move to now',
  security: operator,
  request: { params: ofWorkload },
  responses: { 200: { description: 'What was said yes to.', content: jsonOf(Candidate) }, ...failures },
})

export const pause = createRoute({
  method: 'post',
  path: '/api/v1/rollouts/pause',
  summary: 'Let nothing be updated by itself, until resumed or until a time',
  security: operator,
  request: { body: { required: false, content: jsonOf(PauseBody) } },
  responses: { 200: { description: 'It is paused.', content: jsonOf(Paused) }, ...failures },
})

export const resume = createRoute({
  method: 'post',
  path: '/api/v1/rollouts/resume',
  summary: 'Let things be updated by themselves again',
  security: operator,
  responses: { 204: { description: 'They are.' }, ...failures },
})
