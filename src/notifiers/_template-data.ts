import { formatImageReference, nameOf, tagOf } from '../domain/image-reference.ts'
import type { Entry, Message, Teller } from '../domain/message.ts'
import { dict, type Value } from '../lib/go-template/value.ts'
import { bytes, mapOf, namedString, struct, time, toValue } from '../lib/go-template/values.ts'
import { namesOf, placesOf, rfc3339, SENDER } from './_entry-text.ts'

/**
 * What the templates of a channel see of a message: Diun's `.Meta` and `.Entry` with their types and methods, what its
 * users expect besides (`.Meta.Tag`, `.Meta.Created`, `.Entry.Manifest.Tags`, `.Entry.Metadata.ContainerName`), and
 * ours. `entry` is the one that is told of; `.Entries` has all of them.
 */
export function templateData(message: Message, teller: Teller, entry: Entry = message.entries[0]): Value {
  return struct('data', {
    Meta: metaOf(message, teller, entry),
    Entry: entryOf(entry, teller),
    Entries: message.entries.map((each) => entryOf(each, teller)),
  })
}

function metaOf({ createdAt }: Message, { version, hostname }: Teller, { newerTag, image, created }: Entry): Value {
  return struct('model.Meta', {
    ID: SENDER.toLowerCase(),
    Name: SENDER,
    Desc: 'Container image updates',
    URL: '',
    Logo: '',
    Author: SENDER,
    Version: version,
    UserAgent: `${SENDER}/${version}`,
    Hostname: hostname,
    Tag: newerTag ?? tagOf(image) ?? '',
    Created: rfc3339(created) ?? createdAt,
  })
}

function entryOf(entry: Entry, teller: Teller): Value {
  const { status, provider, from, workloads } = entry
  const isUpdate = status === 'update' || from.tag !== undefined || from.digest !== undefined
  const fields = {
    Status: namedString('model.ImageStatus', status),
    Provider: provider,
    Image: imageOf(entry),
    Manifest: manifestOf(entry),
    Metadata: metadataOf(entry),
    Workloads: workloads.map(({ name, host, provider }) =>
      struct('model.Workload', { Name: name, Host: host, Provider: provider }),
    ),
    RunsIn: placesOf(entry, teller),
    NewerTag: entry.newerTag ?? '',
    Level: entry.level ?? '',
    Reason: entry.reason,
    From: struct('model.From', { Tag: from.tag ?? '', Digest: digestOf(from.digest ?? '') }),
  }
  return struct('model.NotifEntry', fields, { UpdateAvailable: () => isUpdate })
}

function imageOf({ image, hubLink }: Entry): Value {
  const text = formatImageReference(image)
  const tag = tagOf(image) ?? ''
  return struct(
    'registry.Image',
    {
      Domain: image.registry,
      Path: image.repository,
      Tag: tag,
      Digest: digestOf(image.digest ?? ''),
      HubLink: hubLink,
    },
    { String: () => text, Name: () => nameOf(image), Reference: () => image.digest ?? tag },
  )
}

function manifestOf({ image, mimeType, digest, created, dockerVersion, labels, layers, platform, from }: Entry): Value {
  const tag = tagOf(image) ?? ''
  return struct('registry.Manifest', {
    Name: image.repository,
    Tag: tag,
    Tags: [from.tag ?? tag].filter((each) => each !== ''),
    MIMEType: mimeType,
    Digest: digestOf(digest),
    Created: time(instantOf(created)),
    DockerVersion: dockerVersion,
    Labels: mapOf(labels),
    Layers: [...layers],
    Platform: platform,
    Raw: bytes(new Uint8Array()),
  })
}

/** Diun's map, in which the name of the container is found under one more key that is not listed. */
function metadataOf(entry: Entry): Value {
  const metadata = entry.metadata ?? {}
  const known = mapOf(metadata)
  if (known.kind !== 'dict') return known
  const containers = metadata.ctn_names ?? namesOf(entry).join(',')
  return dict({
    type: known.type,
    keys: known.keys,
    zero: known.zero,
    get: (key) => known.get(key) ?? (key === 'ContainerName' ? toValue(containers) : undefined),
  })
}

function digestOf(digest: string): Value {
  const colon = digest.indexOf(':')
  const encoded = digest.slice(colon + 1)
  return namedString('digest.Digest', digest, {
    String: () => digest,
    Algorithm: () => digest.slice(0, Math.max(0, colon)),
    Encoded: () => encoded,
    Hex: () => encoded,
  })
}

/** Nanoseconds since 1970, so that no digit of a registry's time is lost. */
function instantOf(iso: string | null): bigint | null {
  const written = rfc3339(iso)
  if (written === null) return null
  const seconds = BigInt(Date.parse(written.replace(/\.\d+/, '')) / 1000)
  const fraction = /\.(\d{1,9})/.exec(written)?.[1] ?? ''
  return seconds * 1_000_000_000n + BigInt(fraction.padEnd(9, '0'))
}
