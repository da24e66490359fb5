import { Failure } from './failure.ts'
import type { UpdateLevel } from './finding.ts'
import { readTimeZone } from './local-time.ts'
import { parseProbe } from './probe.ts'
import type { GateSettings, Hook, HookPoint, UpdateLayer, UpdateMode, UpdateSettings } from './update-settings.ts'
import { readMinimumAge, readOneOf, type ValueChecks } from './watch-values.ts'
import { parseWindow } from './window.ts'

const HOOKS = {
  hook_pre_check: 'pre-check',
  hook_post_check: 'post-check',
  hook_pre_update: 'pre-update',
  hook_post_update: 'post-update',
} as const satisfies Record<string, HookPoint>

const HOOK_NAMES = Object.keys(HOOKS) as (keyof typeof HOOKS)[]

/** What may stand behind `seaworthy.` about being updated. */
export const UPDATE_NAMES = [
  'update',
  'update_level',
  'update_window',
  'update_timezone',
  'update_minimum_age',
  'update_keep',
  'update_after',
  'update_pin',
  'gate_timeout',
  'gate_soak',
  'gate_probe',
  'hook_timeout',
  ...HOOK_NAMES,
] as const

export type UpdateLabelName = (typeof UPDATE_NAMES)[number]

/** Reads a label when it is there; whatever `read` throws gets the label's name as its place. */
export type GetUpdateLabel = <T>(name: UpdateLabelName, read: (text: string) => T) => T | undefined

const MODES: readonly UpdateMode[] = ['none', 'approve', 'auto']
const LEVELS: readonly UpdateLevel[] = ['digest', 'patch', 'minor', 'major']
const PIN = /^(?:env|label):\S+$/
/** Of a hook that does not say how long it may take. Milliseconds. */
export const HOOK_TIMEOUT_MS = 60_000

/**
 * What the labels of a workload say about being updated; only what is said is there. A hook of a label is run in the
 * workload's own container, whatever it says: a container must not get code onto the machine that Seaworthy runs on.
 * @throws Failure `invalid` that names the value.
 */
export function readUpdateLabels(get: GetUpdateLabel, checks: ValueChecks): UpdateLayer {
  const gate = readGate(get, checks)
  const hooks = readHooks(get, checks)
  return {
    ...said<UpdateSettings>({
      mode: get('update', readMode),
      level: get('update_level', readLevel),
      windows: get('update_window', (text) => listOf(text, ';').map(parseWindow)),
      timezone: get('update_timezone', readTimeZone),
      minimumAgeMs: get('update_minimum_age', (text) => readMinimumAge(text, checks)),
      keep: get('update_keep', readKeep),
      after: get('update_after', (text) => listOf(text, ',')),
      pins: get('update_pin', (text) => listOf(text, ',').map(readPin)),
    }),
    ...(Object.keys(gate).length === 0 ? {} : { gate }),
    ...(Object.keys(hooks).length === 0 ? {} : { hooks }),
  }
}

/** A value of the running container that is to stay: `env:NAME` or `label:NAME`. @throws Failure `invalid`. */
export function readPin(text: string): string {
  if (PIN.test(text)) return text
  throw new Failure('invalid', `"${text}" is nothing that can be pinned.`, { remedy: 'Write env:NAME or label:NAME.' })
}

function readGate(get: GetUpdateLabel, checks: ValueChecks): Partial<GateSettings> {
  return said<GateSettings>({
    timeoutMs: get('gate_timeout', (text) => readLength(text, checks)),
    soakMs: get('gate_soak', (text) => readMinimumAge(text, checks)),
    probe: get('gate_probe', parseProbe),
  })
}

function readHooks(get: GetUpdateLabel, checks: ValueChecks): Partial<Record<HookPoint, Hook>> {
  const timeoutMs = get('hook_timeout', (text) => readLength(text, checks)) ?? HOOK_TIMEOUT_MS
  const hooks: Partial<Record<HookPoint, Hook>> = {}
  for (const name of HOOK_NAMES) {
    const command = get(name, readCommand)
    if (command !== undefined) hooks[HOOKS[name]] = { where: 'container', command, timeoutMs }
  }
  return hooks
}

function readMode(text: string): UpdateMode {
  return readOneOf(text, { what: 'mode', known: MODES })
}

function readLevel(text: string): UpdateLevel {
  return readOneOf(text, { what: 'level', known: LEVELS })
}

function readKeep(text: string): number {
  if (/^\d+$/.test(text)) return Number(text)
  throw new Failure('invalid', `"${text}" is not a number of versions.`, { remedy: 'Write 0, 1, 2 …' })
}

/** A length of time that is not nothing. */
function readLength(text: string, checks: ValueChecks): number {
  const length = readMinimumAge(text, checks)
  if (length > 0) return length
  throw new Failure('invalid', `"${text}" leaves no time.`, { remedy: 'Write it as 90s or 5m.' })
}

function readCommand(text: string): string {
  if (text.trim() !== '') return text
  throw new Failure('invalid', 'it is empty.', { remedy: 'Write a command for /bin/sh, or take the label away.' })
}

/** Empty: none of what the config says. */
function listOf(text: string, separator: string): string[] {
  return text
    .split(separator)
    .map((item) => item.trim())
    .filter((item) => item !== '')
}

type Said<T> = { [Key in keyof T]?: T[Key] }

function said<T>(values: { [Key in keyof T]?: T[Key] | undefined }): Said<T> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as Said<T>
}
