import { z } from '@hono/zod-openapi'
import { Failure } from '../domain/failure.ts'
import { nearest } from '../domain/nearest.ts'
import type { Platform } from '../domain/platform.ts'
import {
  readCount,
  readFlag,
  readMinimumAge,
  readNotifyOn,
  readPatterns,
  readPolicy,
  readSelect,
  readSortTags,
} from '../domain/watch-values.ts'
import type { WatchSettings } from '../domain/workload.ts'
import { VALUE_CHECKS } from './_watch-labels.ts'

/** An entry that is being read. */
export interface Draft {
  name?: string
  settings: { -readonly [K in keyof WatchSettings]?: WatchSettings[K] }
  platform?: Partial<Platform>
  metadata: Record<string, string>
}

type SetField = (draft: Draft, value: unknown) => void

const FIELDS: Record<string, SetField> = {
  name: (draft, value) => {
    draft.name = asText(value)
  },
  regopt: setting('regopt', asText),
  watch_repo: setting('watchRepo', (value) => readFlag(asText(value))),
  notify_on: setting('notifyOn', (value) => nonEmpty(readNotifyOn(asList(value)))),
  sort_tags: setting('sortTags', (value) => readSortTags(asText(value))),
  max_tags: setting('maxTags', (value) => readCount(asText(value)) || undefined),
  include_tags: setting('includeTags', (value) => nonEmpty(readPatterns(asList(value), VALUE_CHECKS))),
  // An empty expression would exclude every tag.
  exclude_tags: setting('excludeTags', (value) => nonEmpty(readPatterns(asList(value).filter(Boolean), VALUE_CHECKS))),
  hub_tpl: setting('hubTpl', asText),
  hub_link: setting('hubLink', asText),
  policy: setting('policy', (value) => readPolicy(asText(value))),
  minimum_age: setting('minimumAgeMs', (value) => readMinimumAge(asText(value), VALUE_CHECKS)),
  select: setting('select', (value) => readSelect(asText(value), VALUE_CHECKS)),
  platform: (draft, value) => {
    draft.platform = asPlatform(value)
  },
  metadata: (draft, value) => {
    draft.metadata = asMetadata(value)
  },
}

/**
 * Reads one field of an entry.
 * @throws Failure that names the value, or for an unknown field the nearest known one.
 */
export function setField(draft: Draft, field: string, value: unknown): void {
  const set = FIELDS[field]
  if (set === undefined) {
    const guess = nearest(field, Object.keys(FIELDS))
    throw new Failure('invalid', 'There is no field of that name.', {
      remedy: guess === undefined ? `Known: ${Object.keys(FIELDS).join(', ')}.` : `Did you mean "${guess}"?`,
    })
  }
  // A key without a value says nothing.
  if (value !== null && value !== undefined) set(draft, value)
}

/** What is empty counts as not said. */
function setting<K extends keyof WatchSettings>(
  key: K,
  read: (value: unknown) => WatchSettings[K] | undefined,
): SetField {
  return (draft, value) => {
    const result = value === '' ? undefined : read(value)
    if (result !== undefined) draft.settings[key] = result
  }
}

function asText(value: unknown): string {
  if (typeof value === 'string') return value
  if (typeof value === 'number' || typeof value === 'boolean') return String(value)
  throw new Failure('invalid', `${JSON.stringify(value)} is not a text.`)
}

/** A list, or what a label would say: one text with semicolons. */
function asList(value: unknown): string[] {
  return Array.isArray(value) ? value.map(asText) : asText(value).split(';')
}

function nonEmpty<T>(list: readonly T[]): readonly T[] | undefined {
  return list.length === 0 ? undefined : list
}

const PLATFORM = z.strictObject({
  os: z.string().nullish(),
  arch: z.string().nullish(),
  variant: z.string().nullish(),
})

function asPlatform(value: unknown): Partial<Platform> {
  const parsed = PLATFORM.safeParse(value)
  if (!parsed.success)
    throw new Failure('invalid', `${JSON.stringify(value)} is not a platform.`, {
      remedy: 'Its fields are os, arch and variant.',
      cause: parsed.error,
    })
  const { os, arch, variant } = parsed.data
  return { ...(os ? { os } : {}), ...(arch ? { architecture: arch } : {}), ...(variant ? { variant } : {}) }
}

function asMetadata(value: unknown): Record<string, string> {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new Failure('invalid', `${JSON.stringify(value)} is not a map of names and texts.`)
  return Object.fromEntries(Object.entries(value).map(([key, text]) => [key, asText(text)]))
}
