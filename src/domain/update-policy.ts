import { familiarName, nameOf } from './image-reference.ts'
import { matchesGlob } from './tags/glob.ts'
import { DEFAULT_UPDATE_SETTINGS, type GateSettings, type UpdateLayer, type UpdateSettings } from './update-settings.ts'
import type { Workload } from './workload.ts'

/** What the config says about some workloads. */
export interface UpdatePolicy {
  readonly name: string
  readonly match: PolicyMatch
  readonly settings: UpdateLayer
}

/** Shell patterns; of each kind that is there one must match. */
export interface PolicyMatch {
  /** On the name, or on host and name: `web-*`, `nas/*`. */
  readonly workloads?: readonly string[]
  /** On registry and repository, or on the short name: `docker.io/library/*`, `nginx`. */
  readonly images?: readonly string[]
  readonly hosts?: readonly string[]
}

/** Where a value of the settings comes from: `default`, `updates`, `policy "nightly"`, `label "seaworthy.update"`. */
export type Origins = Readonly<Partial<Record<keyof UpdateSettings, string>>>

export interface Layers {
  /** Of the section `updates`. */
  readonly base: UpdateLayer
  readonly policies: readonly UpdatePolicy[]
  readonly workload: Pick<Workload, 'host' | 'name' | 'reference' | 'update'>
}

/**
 * What counts for a workload: its labels before later policies, these before earlier ones, then `updates`, then the
 * defaults. Gate and hooks are merged part by part.
 */
export function effectiveSettings({ base, policies, workload }: Layers): {
  settings: UpdateSettings
  origins: Origins
} {
  const layers: [UpdateLayer, Naming][] = [
    [base, () => 'updates'],
    ...policies
      .filter(({ match }) => isMatched(match, workload))
      .map(({ name, settings }): [UpdateLayer, Naming] => [settings, () => `policy "${name}"`]),
    [workload.update ?? {}, labelOf],
  ]
  let settings = DEFAULT_UPDATE_SETTINGS
  const gate: Record<string, string> = {}
  const hooks: Record<string, string> = {}
  const origins: Record<string, string> = Object.fromEntries(Object.keys(settings).map((key) => [key, 'default']))
  for (const [layer, naming] of layers) {
    settings = laidOver(settings, layer)
    for (const key of Object.keys(layer)) origins[key] = naming(key)
    for (const part of Object.keys(layer.gate ?? {})) gate[part] = naming('gate', part)
    for (const point of Object.keys(layer.hooks ?? {})) hooks[point] = naming('hooks', point)
  }
  return { settings, origins: { ...origins, gate: joined(gate), hooks: joined(hooks) } }
}

/** Whether a policy is about this workload. One that names nothing is about none. */
export function isMatched(
  { workloads, images, hosts }: PolicyMatch,
  { host, name, reference }: Pick<Workload, 'host' | 'name' | 'reference'>,
): boolean {
  if (workloads === undefined && images === undefined && hosts === undefined) return false
  const isOne = (globs: readonly string[] | undefined, texts: readonly string[]): boolean =>
    globs === undefined || globs.some((glob) => texts.some((text) => matchesGlob(glob, text)))
  return (
    isOne(workloads, [name, `${host}/${name}`]) &&
    isOne(images, reference === undefined ? [] : [nameOf(reference), familiarName(reference)]) &&
    isOne(hosts, [host])
  )
}

type Naming = (key: string, part?: string) => string

function laidOver(settings: UpdateSettings, { gate = {}, hooks = {}, ...rest }: UpdateLayer): UpdateSettings {
  const parts: GateSettings = { ...settings.gate, ...gate }
  return { ...settings, ...rest, gate: parts, hooks: { ...settings.hooks, ...hooks } }
}

const LABELS: Readonly<Record<string, string>> = {
  mode: 'update',
  level: 'update_level',
  windows: 'update_window',
  timezone: 'update_timezone',
  minimumAgeMs: 'update_minimum_age',
  keep: 'update_keep',
  after: 'update_after',
  pins: 'update_pin',
  timeoutMs: 'gate_timeout',
  soakMs: 'gate_soak',
  probe: 'gate_probe',
}

function labelOf(key: string, part = key): string {
  return `label "seaworthy.${key === 'hooks' ? `hook_${part.replaceAll('-', '_')}` : (LABELS[part] ?? part)}"`
}

/** Parts may come from several places: each is named once. */
function joined(origins: Readonly<Record<string, string>>): string {
  const places = [...new Set(Object.values(origins))]
  return places.length === 0 ? 'default' : places.join(', ')
}
