import type { Entry, Teller } from '../domain/message.ts'
import { goTime, imageText, namesOf, rfc3339 } from './_entry-text.ts'

const ESCAPES: Record<string, string> = {
  '<': '\\u003c',
  '>': '\\u003e',
  '&': '\\u0026',
  '\u2028': '\\u2028',
  '\u2029': '\\u2029',
}

/** The document that Diun's webhook, AMQP, MQTT and Elasticsearch send: its keys, their order and Go's escapes. */
export function diunJson(entry: Entry, teller: Teller): string {
  return goJson(diunDocument(entry, teller))
}

function diunDocument(entry: Entry, teller: Teller): Record<string, unknown> {
  return {
    diun_version: teller.version,
    hostname: teller.hostname,
    status: entry.status,
    provider: entry.provider,
    image: imageText(entry),
    hub_link: entry.hubLink,
    mime_type: entry.mimeType,
    digest: entry.digest,
    created: rfc3339(entry.created),
    platform: entry.platform,
    metadata: metadataOf(entry),
  }
}

/** JSON as Go's `encoding/json` writes it, which escapes what HTML would take for markup. */
function goJson(value: unknown): string {
  return JSON.stringify(value).replace(/[<>&\u2028\u2029]/g, (character) => ESCAPES[character]!)
}

/** The environment that Diun gives to scripts. */
export function diunEnvironment(entry: Entry, teller: Teller): Record<string, string> {
  const metadata = Object.entries(metadataOf(entry) ?? {}).map(([key, value]) => [
    `DIUN_ENTRY_METADATA_${key.toUpperCase()}`,
    value,
  ])
  return {
    DIUN_VERSION: teller.version,
    DIUN_HOSTNAME: teller.hostname,
    DIUN_ENTRY_STATUS: entry.status,
    DIUN_ENTRY_PROVIDER: entry.provider,
    DIUN_ENTRY_IMAGE: imageText(entry),
    DIUN_ENTRY_HUBLINK: entry.hubLink,
    DIUN_ENTRY_MIMETYPE: entry.mimeType,
    DIUN_ENTRY_DIGEST: entry.digest,
    DIUN_ENTRY_CREATED: goTime(entry.created),
    DIUN_ENTRY_PLATFORM: entry.platform,
    ...Object.fromEntries(metadata),
  }
}

/**
 * The entry's metadata with what Diun has no field for: the newer tag, its level and why, what ran before, and the
 * names of all containers. The user's own keys win. Null when there is nothing.
 */
export function metadataOf(entry: Entry): Record<string, string> | null {
  const { newerTag, level, reason, from, metadata } = entry
  const names = namesOf(entry)
  const extras = {
    newer_tag: newerTag,
    level,
    reason: newerTag === undefined && level === undefined ? undefined : reason,
    previous_tag: from.tag,
    previous_digest: from.digest,
  }
  const all = {
    ...extras,
    ...metadata,
    ...(names.length > 1 && { ctn_names: names.join(',') }),
  }
  const filled = Object.entries(all).filter((pair): pair is [string, string] => pair[1] !== undefined)
  if (filled.length === 0 && metadata === null) return null
  return Object.fromEntries(filled.toSorted(([a], [b]) => (a < b ? -1 : 1)))
}
