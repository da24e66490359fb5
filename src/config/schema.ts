import { z } from '@hono/zod-openapi'
import { DEFAULT_SETTINGS, type WatchSettings } from '../domain/workload.ts'
import { parseSchedule, ScheduleError } from '../lib/cron.ts'
import { duration, flag, integer, secret, secretFile, text, textList, textMap } from '../lib/options.ts'
import { compileRegex, RegexError } from '../lib/regex.ts'
import { foldLog, foldMetrics, foldSecrets, logSection, metricsSection, regopts } from './schema-parts.ts'
import { foldUpdates, policies, timezone, updatesSection } from './schema-updates.ts'

const SIX_HOURLY = '0 */6 * * *'
/** Of `watch.workers`: not set, the number is left to what each registry allows. */
export const DEFAULT_WORKERS = 10
const JITTER_MS = 30_000
const PORT = 8080
const RETRIES = 10

/** A time in the form of `watch.schedule`; empty or `manual` for none. */
function schedule() {
  return text()
    .transform((value) => (value.trim().toLowerCase() === 'manual' ? '' : value.trim()))
    .superRefine((value, context) => {
      if (value === '') return
      try {
        parseSchedule(value)
      } catch (error) {
        if (!(error instanceof ScheduleError)) throw error
        context.addIssue({ code: 'custom', message: error.message })
      }
    })
    .meta({ mayBeEmpty: true })
}

/** Regular expressions in RE2 syntax, each tried once. */
function patterns() {
  return textList().superRefine((sources, context) => {
    for (const [index, source] of sources.entries()) {
      try {
        compileRegex(source)
      } catch (error) {
        if (!(error instanceof RegexError)) throw error
        context.addIssue({ code: 'custom', path: [index], message: error.message })
      }
    }
  })
}

function choices<const Choice extends string>(values: readonly [Choice, ...Choice[]]) {
  const split = (value: unknown) => (typeof value === 'string' ? value.split(',').map((item) => item.trim()) : value)
  return z.preprocess(split, z.array(z.enum(values)))
}

const db = z.strictObject({
  path: text().default('diun.db').describe('File of the database; a relative path begins at the working folder.'),
})

const healthchecks = z
  .strictObject({
    baseURL: text().default('https://hc-ping.com/').describe('Address of the Healthchecks server.'),
    uuid: secret().optional().describe('UUID of the check to ping.'),
    uuidFile: secretFile().optional().describe('File that holds the UUID.'),
  })
  .refine(({ uuid, uuidFile }) => uuid !== undefined || uuidFile !== undefined, {
    path: ['uuid'],
    error: 'is missing; set uuid or uuidFile',
  })
  .transform((section) => foldSecrets(section, ['uuid']))

const watch = z.strictObject({
  workers: integer(1).default(DEFAULT_WORKERS).describe('The most images that are asked about at once.'),
  schedule: schedule()
    .default(SIX_HOURLY)
    .describe('When to check: cron (5 fields, or 6 with seconds), `@daily`, `@every 6h`; empty or `manual` for never.'),
  jitter: duration().default(JITTER_MS).describe('Each scheduled check starts up to this much later, at random.'),
  firstCheckNotif: flag().default(false).describe('Tell about images that are seen for the first time.'),
  runOnStartup: flag().default(true).describe('Check once when the process starts.'),
  compareDigest: flag().default(true).describe('Ask for the digest first and for details only when it changed.'),
  timezone: timezone()
    .optional()
    .describe('Zone in which the schedule is read; the `TZ` variable or the system decide when it is not set.'),
  healthchecks: healthchecks.optional().describe('Tells a Healthchecks server how each check went.'),
})

const LEVELS = ['digest', 'patch', 'minor', 'major'] as const
const SORTS = ['default', 'reverse', 'lexicographical', 'semver'] as const

const defaults = z
  .strictObject({
    watchRepo: flag().default(false).describe('Watch every tag of the repository.'),
    notifyOn: choices(['new', 'update'])
      .default(['new', 'update'])
      .describe('What is told: `new` tags, `update`s of a known tag, or both.'),
    maxTags: integer(0).default(0).describe('The most tags looked at per repository; 0 for all.'),
    sortTags: z.enum(SORTS).default('reverse').describe('Order in which tags are taken up to `maxTags`.'),
    includeTags: patterns().default([]).describe('Regular expressions (RE2); only tags that match one are looked at.'),
    excludeTags: patterns().default([]).describe('Regular expressions (RE2); tags that match one are left out.'),
    metadata: textMap().default({}).describe('Names and texts added to every message.'),
    policy: z.enum(LEVELS).default('major').describe('How far a newer tag may be away to be looked for.'),
    minimumAge: duration().default(0).describe('How long a newer tag must have been seen before it is chosen.'),
  })
  .transform(({ metadata, minimumAge, ...rest }) => {
    const settings: WatchSettings = { ...DEFAULT_SETTINGS, ...rest, minimumAgeMs: minimumAge }
    return { settings, metadata }
  })

const server = z
  .strictObject({
    host: text().default('').describe('Address to listen on; empty for all.'),
    port: integer(0, 65_535).default(PORT).describe('Port of the dashboard and the API.'),
    publicURL: z
      .url({ protocol: /^https?$/, error: 'must be an address with a scheme, like https://updates.example.com' })
      .optional()
      .describe('Address under which people reach the dashboard; used for links in messages.'),
    webhookSecret: secret().optional().describe('What a sender must show to `/webhook`; open when not set.'),
    webhookSecretFile: secretFile().optional().describe('File that holds it.'),
    token: secret().optional().describe('What a caller must show to change anything through the API.'),
    tokenFile: secretFile().optional().describe('File that holds it.'),
  })
  .transform((section) => foldSecrets(section, ['webhookSecret', 'token']))

const messages = z.strictObject({
  summary: flag().default(false).describe('One message per check with everything in it, in place of one per image.'),
  outcomes: flag()
    .default(true)
    .describe(
      'Tell how updates end, through channels that tell in words (all but `webhook`, `script`, `alertmanager`).',
    ),
  retries: integer(0).default(RETRIES).describe('How often a message that could not be delivered is tried again.'),
})

/** Everything the config says besides `providers` and `notif`, whose keys come from the families. */
export const configSchema = z.strictObject({
  db: db.prefault({}).describe('Where what is known is kept.'),
  watch: watch.prefault({}).describe('When and how images are checked.'),
  defaults: defaults.prefault({}).describe('How a workload is watched that says nothing itself.'),
  regopts: regopts().prefault([]).describe('Credentials and transport for registries.'),
  updates: updatesSection
    .transform(foldUpdates)
    .prefault({})
    .describe('What may be done about new images, where neither a policy nor a label says otherwise.'),
  policies: policies()
    .prefault([])
    .describe('What may be done about the images of some workloads; a later policy wins over an earlier one.'),
  metrics: metricsSection.transform(foldMetrics).prefault({}).describe('Numbers for Prometheus.'),
  server: server.prefault({}).describe('The dashboard and the API.'),
  messages: messages.prefault({}).describe('How messages are made and delivered.'),
  log: logSection.transform(foldLog).prefault({}).describe('What the process writes about itself.'),
  compat: z.strictObject({}).prefault({}).describe('Kept for ways of older tools; nothing can be set here yet.'),
})

/** The parsed config. Times are in milliseconds, secrets masked, second spellings folded away. */
export type Config = z.output<typeof configSchema>
