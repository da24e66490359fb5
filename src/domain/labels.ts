import { Failure } from './failure.ts'
import { nearest } from './nearest.ts'
import { type Platform, parsePlatform } from './platform.ts'
import { readUpdateLabels, UPDATE_NAMES, type UpdateLabelName } from './update-labels.ts'
import type { UpdateLayer } from './update-settings.ts'
import {
  readCount,
  readFlag,
  readMinimumAge,
  readNotifyOn,
  readPatterns,
  readPolicy,
  readSelect,
  readSortTags,
  type ValueChecks,
} from './watch-values.ts'
import type { WatchSettings } from './workload.ts'

export type Labels = Readonly<Record<string, string>>

export interface LabelOptions extends ValueChecks {
  /** Whether a workload without an `enable` label is watched. */
  readonly watchByDefault: boolean
  /** Stands in for what a `platform` label leaves out: a lone `arm64` gets this one's system. */
  readonly platform?: Platform
}

export interface LabelReading {
  readonly enabled: boolean
  readonly settings: WatchSettings
  /** What labels say about being updated; empty where they say nothing. */
  readonly update: UpdateLayer
  /** Only where a label asks for one. */
  readonly platform?: Platform
  /** What `metadata.KEY` labels say, by key. */
  readonly metadata: Readonly<Record<string, string>>
  /** What was ignored and why, as sentences without the workload's name. */
  readonly warnings: readonly string[]
}

/** Labels under this prefix are for our own book-keeping and are never read as settings. */
const INTERNAL_PREFIX = 'seaworthy.internal.'

const OURS = 'seaworthy.'
const DIUN = 'diun.'
const SHARED_NAMES = [
  'enable',
  'regopt',
  'watch_repo',
  'notify_on',
  'sort_tags',
  'max_tags',
  'include_tags',
  'exclude_tags',
  'hub_tpl',
  'hub_link',
  'platform',
] as const
const OWN_NAMES = ['policy', 'minimum_age', 'select'] as const
const KNOWN_NAMES: readonly string[] = [...SHARED_NAMES, ...OWN_NAMES, ...UPDATE_NAMES]
const METADATA = 'metadata.'
const METADATA_KEY = /^[a-zA-Z0-9_]+$/

type Name = (typeof SHARED_NAMES)[number] | (typeof OWN_NAMES)[number] | UpdateLabelName

/**
 * What the labels (or annotations) of a workload ask for, over the defaults of the config. `diun.*` labels mean what
 * they mean in Diun; `seaworthy.*` ones have the same names and a few more, and win where both are there. Of a workload
 * that is not enabled nothing else is read.
 * @throws Failure `invalid` that names the label and its value; an unknown `seaworthy.*` label is one, with the nearest known.
 */
export function readLabels(labels: Labels, defaults: WatchSettings, options: LabelOptions): LabelReading {
  const get = getterOf(labels)
  const enabled = get('enable', readFlag)
  const nothing = { settings: defaults, update: {}, metadata: {}, warnings: [] }
  if (enabled === false) return { enabled: false, ...nothing }
  checkNames(labels)
  if (!(enabled ?? options.watchByDefault)) return { enabled: false, ...nothing }
  const excluded = readExclude(get, options)
  const platform = get('platform', (text) => parsePlatform(text, options.platform))
  return {
    enabled: true,
    settings: { ...defaults, ...readSettings(get, options), ...excluded.settings },
    update: readUpdateLabels(get, options),
    ...(platform === undefined ? {} : { platform }),
    metadata: readMetadata(labels),
    warnings: excluded.warnings,
  }
}

type Get = <T>(name: Name, read: (text: string, label: string) => T) => T | undefined

/** Reads a label under our prefix or else under Diun's; whatever it throws gets the label's name as its place. */
function getterOf(labels: Labels): Get {
  return (name, read) => {
    const candidates = [`${OURS}${name}`, ...(isShared(name) ? [`${DIUN}${name}`] : [])]
    const label = candidates.find((candidate) => labels[candidate] !== undefined)
    return label === undefined ? undefined : at(label, () => read(labels[label]!, label))
  }
}

function readSettings(get: Get, options: LabelOptions): Partial<WatchSettings> {
  return withoutUndefined({
    regopt: get('regopt', String),
    watchRepo: get('watch_repo', readFlag),
    notifyOn: get('notify_on', (text) => (text === '' ? undefined : readNotifyOn(text.split(';')))),
    sortTags: get('sort_tags', (text) => (text === '' ? undefined : readSortTags(text))),
    maxTags: get('max_tags', readCount),
    includeTags: get('include_tags', (text) => readPatterns(text.split(';'), options)),
    hubTpl: get('hub_tpl', String),
    hubLink: get('hub_link', String),
    policy: get('policy', readPolicy),
    minimumAgeMs: get('minimum_age', (text) => readMinimumAge(text, options)),
    select: get('select', (text) => readSelect(text, options)),
  })
}

/** An empty expression would exclude every tag, which nobody who writes it means. */
function readExclude(get: Get, options: LabelOptions): { settings: Partial<WatchSettings>; warnings: string[] } {
  const warnings: string[] = []
  const excludeTags = get('exclude_tags', (text, label) => {
    const patterns = text.split(';')
    const useful = patterns.filter((pattern) => pattern !== '')
    if (useful.length < patterns.length)
      warnings.push(`label "${label}" has an empty expression, which would exclude every tag; it is ignored`)
    return useful.length === 0 ? undefined : readPatterns(useful, options)
  })
  return { settings: withoutUndefined({ excludeTags }), warnings }
}

function readMetadata(labels: Labels): Record<string, string> {
  const metadata: Record<string, string> = {}
  for (const prefix of [`${DIUN}${METADATA}`, `${OURS}${METADATA}`])
    for (const [label, value] of Object.entries(labels)) {
      const key = label.startsWith(prefix) ? label.slice(prefix.length) : ''
      if (key === '' || value === '') continue
      if (!METADATA_KEY.test(key))
        throw new Failure('invalid', `invalid metadata key "${key}".`, {
          where: `label "${label}"`,
          remedy: 'Use letters, digits and _ only.',
        })
      metadata[key] = value
    }
  return metadata
}

function checkNames(labels: Labels): void {
  for (const label of Object.keys(labels)) {
    if (!label.startsWith(OURS) || label.startsWith(INTERNAL_PREFIX)) continue
    const name = label.slice(OURS.length)
    if (KNOWN_NAMES.includes(name) || name.startsWith(METADATA)) continue
    const guess = nearest(name, KNOWN_NAMES)
    throw new Failure('invalid', `there is no label of that name (its value is "${labels[label]}").`, {
      where: `label "${label}"`,
      remedy: guess === undefined ? `Known: ${KNOWN_NAMES.join(', ')}.` : `Did you mean ${OURS}${guess}?`,
    })
  }
}

function at<T>(label: string, read: () => T): T {
  try {
    return read()
  } catch (error) {
    if (!(error instanceof Failure)) throw error
    throw new Failure(error.code, error.message, { where: `label "${label}"`, remedy: error.remedy, cause: error })
  }
}

function isShared(name: Name): boolean {
  return (SHARED_NAMES as readonly string[]).includes(name)
}

function withoutUndefined<T extends object>(values: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>
  }
}
