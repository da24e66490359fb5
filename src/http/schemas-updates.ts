import { z } from '@hono/zod-openapi'

// What the routes about updates of workloads answer, and what `--json` of the same commands prints. A field that is not
// known is absent.

const ImageAt = z
  .object({ reference: z.string(), digest: z.string().optional(), imageId: z.string().optional() })
  .readonly()

const Gate = z
  .object({
    timeoutMs: z.number().optional().meta({ description: 'Absent: by the health check, else a minute.' }),
    soakMs: z.number(),
    probe: z
      .object({
        kind: z.enum(['http', 'tcp', 'exec']),
        port: z.int().optional(),
        path: z.string().optional(),
        program: z.string().optional().meta({ description: 'Of an exec probe, without what is passed to it.' }),
      })
      .readonly()
      .optional(),
  })
  .readonly()

export const Plan = z
  .object({
    updater: z.string(),
    host: z.string(),
    workload: z.string(),
    name: z.string(),
    from: ImageAt,
    to: ImageAt,
    platform: z.string(),
    containers: z
      .array(
        z
          .object({
            id: z.string(),
            name: z.string(),
            role: z.enum(['workload', 'namespace', 'link', 'volumes', 'restart']),
          })
          .readonly(),
      )
      .readonly()
      .meta({ description: 'What is recreated, in order.' }),
    changes: z
      .array(z.object({ path: z.string(), before: z.unknown().optional(), after: z.unknown().optional() }).readonly())
      .readonly()
      .meta({ description: 'Empty while the new image is not on the host.' }),
    notes: z.array(z.string()).readonly(),
    gate: Gate,
    pins: z.array(z.string()).readonly(),
  })
  .readonly()
  .openapi('Plan')

const PHASE = z.enum([
  'planned',
  'fetched',
  'verified',
  'prepared',
  'parked',
  'swapped',
  'started',
  'gated',
  'committed',
  'rolling-back',
  'rolled-back',
  'needs-operator',
])

export const Update = z
  .object({
    id: z.string(),
    plan: Plan,
    phase: PHASE,
    cause: z.enum(['manual', 'policy', 'approval', 'rollback']),
    actor: z.string(),
    startedAt: z.string(),
    changedAt: z.string(),
    finishedAt: z.string().optional(),
    error: z.string().optional(),
    commands: z.array(z.string()).readonly().meta({ description: 'For a person to run, where it needs one.' }),
  })
  .readonly()
  .openapi('Update')

const UpdateStep = z
  .object({
    id: z.int(),
    update: z.string(),
    at: z.string(),
    phase: PHASE,
    step: z.string(),
    kind: z.enum(['intent', 'done', 'failed', 'note']),
    detail: z.record(z.string(), z.unknown()).readonly(),
  })
  .readonly()
  .openapi('UpdateStep')

export const UpdateReport = z
  .object({
    update: Update,
    steps: z.array(UpdateStep).readonly(),
    progress: z
      .object({ done: z.number(), total: z.number().optional() })
      .readonly()
      .optional()
      .meta({ description: 'Bytes of the pull under way.' }),
    stalled: z
      .string()
      .optional()
      .meta({ description: 'What keeps this server from going on; it tries again by itself.' }),
  })
  .readonly()
  .openapi('UpdateReport')

export const Hold = z
  .object({
    id: z.string(),
    workload: z.string(),
    kind: z.enum(['hold', 'snooze', 'skip', 'pin']),
    tag: z.string().optional(),
    digest: z.string().optional(),
    until: z.string().optional(),
    reason: z.string().optional(),
    actor: z.string(),
    createdAt: z.string(),
  })
  .readonly()
  .openapi('Hold')

export const Candidate = z
  .object({ reference: z.string(), digest: z.string(), level: z.string(), since: z.string() })
  .readonly()
  .openapi('Candidate')

const UpdateSettings = z
  .object({
    mode: z.enum(['none', 'approve', 'auto']),
    level: z.string(),
    windows: z
      .array(z.object({ days: z.array(z.int()).readonly(), from: z.int(), to: z.int() }).readonly())
      .readonly()
      .meta({ description: 'Days from 0 (Sunday); minutes from midnight.' }),
    timezone: z.string().optional(),
    minimumAgeMs: z.number(),
    gate: Gate,
    hooks: z
      .record(z.string(), z.object({ where: z.enum(['container', 'command']), timeoutMs: z.number() }).readonly())
      .readonly()
      .meta({ description: 'By point; what they run is told to nobody.' }),
    keep: z.int(),
    after: z.array(z.string()).readonly(),
    pins: z.array(z.string()).readonly(),
  })
  .readonly()
  .openapi('UpdateSettings')

export const Outlook = z
  .object({
    workload: z.string(),
    host: z.string(),
    name: z.string(),
    image: z.string(),
    settings: UpdateSettings,
    origins: z.record(z.string(), z.string()).readonly().meta({ description: 'Where each setting comes from.' }),
    candidate: Candidate.optional(),
    blockers: z.array(z.string()).readonly().meta({ description: 'What keeps it from being updated by itself.' }),
    nextWindowAt: z.string().optional(),
    unclear: z.string().optional().meta({ description: 'Why it cannot be told whether something newer is there.' }),
    quarantine: z.string().optional().meta({ description: 'Why the candidate failed here before.' }),
    holds: z.array(Hold).readonly(),
    open: Update.optional(),
  })
  .readonly()
  .openapi('Outlook')

export const Paused = z.object({ until: z.string().optional(), actor: z.string() }).readonly().openapi('Paused')

export const Begun = z
  .object({
    begun: z.array(Update).readonly(),
    refused: z.array(z.object({ workload: z.string(), reason: z.string() }).readonly()).readonly(),
  })
  .readonly()

export type Plan = z.infer<typeof Plan>
export type Update = z.infer<typeof Update>
export type UpdateReport = z.infer<typeof UpdateReport>
export type Hold = z.infer<typeof Hold>
export type Candidate = z.infer<typeof Candidate>
export type Outlook = z.infer<typeof Outlook>
export type Paused = z.infer<typeof Paused>
export type Begun = z.infer<typeof Begun>
