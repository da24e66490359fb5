import { z } from '@hono/zod-openapi'
import { Failure } from '../domain/failure.ts'
import { parseProbe } from '../domain/probe.ts'
import { HOOK_TIMEOUT_MS, readPin } from '../domain/update-labels.ts'
import type { PolicyMatch, UpdatePolicy } from '../domain/update-policy.ts'
import type { Hook, HookPoint, UpdateLayer, UpdateSettings } from '../domain/update-settings.ts'
import { parseWindow } from '../domain/window.ts'
import { isTimeZone } from '../lib/cron.ts'
import { duration, flag, integer, text, textList } from '../lib/options.ts'
import compose from '../updaters/compose.ts'

const LEVELS = ['digest', 'patch', 'minor', 'major'] as const
const MODES = ['none', 'approve', 'auto'] as const

/** The name of a time zone. */
export function timezone() {
  return text().refine(isTimeZone, {
    error: ({ input }) => `"${String(input)}" is not a time zone; write it as Europe/Berlin or UTC`,
  })
}

/** A text that the domain reads; what it refuses is told where it stands. */
function readAs<Value>(read: (text: string) => Value) {
  return (value: string, context: z.core.$RefinementCtx): Value => {
    try {
      return read(value)
    } catch (error) {
      if (!(error instanceof Failure)) throw error
      // The text of a config problem ends without a full stop.
      const message = `${error.message.replace(/\.$/, '')}; ${lowerFirst(error.remedy ?? '').replace(/\.$/, '')}`
      context.addIssue({ code: 'custom', message })
      return z.NEVER
    }
  }
}

/** Windows have commas between their days, so that several in one text stand with `;` between. */
function windows() {
  const split = (value: unknown) =>
    typeof value === 'string'
      ? value
          .split(';')
          .map((item) => item.trim())
          .filter((item) => item !== '')
      : value
  return z.preprocess(split, z.array(text().transform(readAs(parseWindow))))
}

function pins() {
  return textList().pipe(z.array(z.string().transform(readAs(readPin))))
}

function length() {
  return duration().refine((ms) => ms > 0, 'must be longer than nothing')
}

function hook() {
  return z
    .strictObject({
      container: text().optional().describe('Command for `/bin/sh` in the container of the workload.'),
      command: text().optional().describe('Command for `/bin/sh` on the machine that Seaworthy runs on.'),
      timeout: length().optional().describe('How long it may take before it is killed; `1m` when not set.'),
    })
    .refine(({ container, command }) => (container === undefined) !== (command === undefined), {
      error: 'needs either container or command',
    })
    .transform(
      ({ container, command, timeout = HOOK_TIMEOUT_MS }): Hook =>
        container === undefined
          ? { where: 'command', command: command!, timeoutMs: timeout }
          : { where: 'container', command: container, timeoutMs: timeout },
    )
}

const gate = z.strictObject({
  timeout: length()
    .optional()
    .describe('The longest the new container may take to be well; by its health check when not set, else a minute.'),
  soak: duration().optional().describe('How long it must then have run without a restart; `10s` when not set.'),
  probe: text()
    .transform(readAs(parseProbe))
    .optional()
    .describe('Asks whether it is well: `http://:8080/healthz`, `tcp://:5432` or `"exec: pg_isready"`.'),
})

const hooks = z.strictObject({
  preCheck: hook().optional().describe('Before its image is checked.'),
  postCheck: hook().optional().describe('After its image was checked.'),
  preUpdate: hook().optional().describe('Before it is updated; exit code 75 means not now, any other but 0 no.'),
  postUpdate: hook().optional().describe('After it was updated.'),
})

const POINTS = {
  preCheck: 'pre-check',
  postCheck: 'post-check',
  preUpdate: 'pre-update',
  postUpdate: 'post-update',
} as const satisfies Record<keyof z.output<typeof hooks>, HookPoint>

/** What may be said about updates in `updates` and in each policy alike. Not said is not the default: a policy keeps what is said before it. */
const settingKeys = {
  mode: z
    .enum(MODES)
    .optional()
    .describe(
      "`none`: only told; `approve`: waits for a person's yes; `auto`: done in the window. `none` when nothing says so.",
    ),
  level: z
    .enum(LEVELS)
    .optional()
    .describe('The largest step that `auto` takes without asking; `minor` when nothing says so.'),
  windows: windows()
    .optional()
    .describe('When updates may begin: `Mon-Fri 02:00-05:00`, `Sat,Sun 22:00-04:00`, several with `;` between.'),
  timezone: timezone().optional().describe('Zone of the windows; that of the process when not set.'),
  minimumAge: duration().optional().describe('How long a new image must have been known before it is taken.'),
  gate: gate.optional().describe('When a new container counts as well.'),
  hooks: hooks.optional().describe('Commands around checks and updates.'),
  keep: integer(0)
    .optional()
    .describe('How many earlier versions stay on the host for a rollback; `1` when nothing says so.'),
  after: textList().optional().describe('Names of workloads of the same host that are updated before.'),
  pins: pins()
    .optional()
    .describe("`env:NAME` and `label:NAME` that keep their value although it is only the old image's default."),
}

export const updatesSection = z.strictObject({
  ...settingKeys,
  paused: flag().default(false).describe('Nothing is updated by itself.'),
  parallel: integer(1).default(1).describe('The most updates under way at once on a host.'),
  cleanup: flag().default(true).describe('Remove images of earlier versions that are not kept.'),
  compose: compose.options.prefault({}).describe('How services of compose projects are updated.'),
  self: flag()
    .default(false)
    .describe(
      'Seaworthy may update the container it runs in, by a helper that rolls it back; otherwise it only tells.',
    ),
})

/** The settings by themselves, beside what holds for all. */
export function foldUpdates({ paused, parallel, cleanup, self, compose, ...said }: z.output<typeof updatesSection>) {
  return { paused, parallel, cleanup, self, compose, settings: layerOf(said) }
}

const policy = z.strictObject({
  name: text()
    .refine((name) => name !== '', 'must not be empty')
    .describe('Name to tell where a setting comes from.'),
  match: z
    .strictObject({
      workloads: textList().optional().describe('Shell patterns on the name, or on host and name: `web-*`, `nas/*`.'),
      images: textList()
        .optional()
        .describe('Shell patterns on registry and repository, or the short name: `ghcr.io/me/*`, `nginx`.'),
      hosts: textList().optional().describe('Shell patterns on the name of the host.'),
    })
    .refine(({ workloads, images, hosts }) => [workloads, images, hosts].some((globs) => (globs ?? []).length > 0), {
      error: 'needs workloads, images or hosts; write workloads: "*" for all',
    })
    .describe('Which workloads it is about; where several are there, all of them must fit.'),
  ...settingKeys,
})

/** The list of `policies`: a later one wins over an earlier one. */
export function policies() {
  return z
    .array(policy)
    .superRefine((list, context) => {
      for (const [index, { name }] of list.entries())
        if (list.findIndex((other) => other.name === name) < index)
          context.addIssue({ code: 'custom', path: [index, 'name'], message: `there is a policy "${name}" already` })
    })
    .transform((list) => list.map(toPolicy))
}

function toPolicy({ name, match, ...said }: z.output<typeof policy>): UpdatePolicy {
  return { name, match: withoutUndefined(match) as PolicyMatch, settings: layerOf(said) }
}

type Said = z.output<z.ZodObject<typeof settingKeys>>

function layerOf({ minimumAge, gate: said, hooks: around, ...rest }: Said): UpdateLayer {
  const gateParts = withoutUndefined({ timeoutMs: said?.timeout, soakMs: said?.soak, probe: said?.probe })
  const points = Object.entries(withoutUndefined(around ?? {})).map(([key, value]) => [
    POINTS[key as keyof typeof POINTS],
    value,
  ])
  return {
    ...(withoutUndefined(rest) as Partial<UpdateSettings>),
    ...(minimumAge === undefined ? {} : { minimumAgeMs: minimumAge }),
    ...(Object.keys(gateParts).length === 0 ? {} : { gate: gateParts }),
    ...(points.length === 0 ? {} : { hooks: Object.fromEntries(points) as UpdateSettings['hooks'] }),
  }
}

function withoutUndefined<Section extends object>(
  section: Section,
): { [Key in keyof Section]?: Exclude<Section[Key], undefined> } {
  return Object.fromEntries(Object.entries(section).filter(([, value]) => value !== undefined)) as never
}

function lowerFirst(sentence: string): string {
  return sentence.slice(0, 1).toLowerCase() + sentence.slice(1)
}
