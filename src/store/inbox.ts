import { type ImageState, listImages } from './images.ts'
import type { Db } from './tables.ts'
import { type ListedUpdate, listUpdates } from './updates.ts'
import { listWorkloads, type WorkloadRow } from './workloads.ts'

/** One thing that waits for somebody to look at it. */
export interface InboxItem {
  /** Key of the image among those this server watches; undefined for another watcher's report. */
  readonly key: string | undefined
  readonly image: string
  readonly source: 'check' | 'report'
  readonly status: string
  readonly reason: string
  readonly level: string | undefined
  readonly from: { readonly tag: string | undefined; readonly digest: string | undefined }
  readonly to: { readonly tag: string | undefined; readonly digest: string | undefined }
  readonly platform: string
  readonly hubLink: string | undefined
  /** Where it runs, or who reported it. */
  readonly hostname: string | undefined
  readonly workloads: readonly InboxWorkload[]
  readonly acknowledged: boolean
  /** Since when it waits. ISO time. */
  readonly since: string
  /** The registry cannot be asked now; the answer is of this time. */
  readonly staleSince: string | undefined
  readonly tag: { readonly id: number; readonly name: string } | null
}

type InboxWorkload = Pick<WorkloadRow, 'id' | 'provider' | 'host' | 'name' | 'state'>

/** What waits: what this server found, and what others reported that it did not find itself. Not acknowledged ones first, then the newest. */
export async function readInbox(db: Db): Promise<InboxItem[]> {
  const [images, updates, workloads] = [await listImages(db), await listUpdates(db), await listWorkloads(db)]
  const byImage = new Map(updates.map((update) => [update.row.image, update]))
  const byKey = Map.groupBy(workloads, ({ imageKey }) => imageKey)
  const found = images
    .filter((state) => isWaiting(state, byImage.get(state.reference)))
    .map((state) => foundItem(state, byImage.get(state.reference), byKey.get(state.key) ?? []))
  const shown = new Set(found.map(({ image }) => image))
  const reported = updates.filter(({ row }) => row.source === 'webhook' && !shown.has(row.image)).map(reportedItem)
  return [...found, ...reported].sort(byUrgency)
}

/**
 * What was found goes on waiting until somebody acknowledges it or it runs: also while the registry cannot be asked, and
 * for a watch list, of which nothing runs, when the next check has nothing newer to tell.
 */
function isWaiting(state: ImageState, update: ListedUpdate | undefined): boolean {
  if (state.status === 'update') return true
  return update?.row.source === 'check' && update.row.acknowledged_at === null
}

function foundItem(state: ImageState, update: ListedUpdate | undefined, workloads: readonly WorkloadRow[]): InboxItem {
  return {
    key: state.key,
    image: state.reference,
    source: 'check',
    ...(state.status === 'update' || update === undefined ? answerOf(state) : findingOf(state, update)),
    platform: state.platform,
    hubLink: state.hub_link ?? undefined,
    hostname: undefined,
    workloads: workloads.map(({ id, provider, host, name, state }) => ({ id, provider, host, name, state })),
    acknowledged: update !== undefined && update.row.acknowledged_at !== null,
    since: update?.row.received_at ?? state.checked_at,
    staleSince: state.stale_since ?? undefined,
    tag: update?.tag ?? null,
  }
}

/** As the last check answered. */
function answerOf(state: ImageState) {
  return {
    status: state.status,
    reason: state.reason,
    level: state.level ?? undefined,
    from: { tag: state.tag ?? undefined, digest: state.current_digest ?? undefined },
    to: {
      tag: state.found_tag ?? state.tag ?? undefined,
      digest: (state.found_tag === null ? state.found_digest : state.found_tag_digest) ?? undefined,
    },
  }
}

/** As it was when it was found. */
function findingOf(state: ImageState, { row, metadata }: ListedUpdate) {
  const text = (key: string): string | undefined => {
    const value = metadata[key]
    return typeof value === 'string' ? value : undefined
  }
  return {
    status: row.status,
    reason: text('reason') ?? state.reason,
    level: text('level'),
    from: { tag: text('from_tag'), digest: text('from_digest') },
    to: { tag: text('newer_tag') ?? state.tag ?? undefined, digest: row.digest === '' ? undefined : row.digest },
  }
}

function reportedItem({ row, tag }: ListedUpdate): InboxItem {
  const names = row.ctn_name === '' ? [] : row.ctn_name.split(',')
  return {
    key: undefined,
    image: row.image,
    source: 'report',
    status: row.status,
    reason: `Reported by ${row.hostname === '' ? 'another watcher' : row.hostname}.`,
    level: undefined,
    from: { tag: undefined, digest: undefined },
    to: { tag: undefined, digest: row.digest === '' ? undefined : row.digest },
    platform: row.platform,
    hubLink: row.hub_link === '' ? undefined : row.hub_link,
    hostname: row.hostname === '' ? undefined : row.hostname,
    workloads: names.map((name) => ({
      id: `${row.provider}/${row.hostname}/${name}`,
      provider: row.provider,
      host: row.hostname,
      name,
      state: row.ctn_state === '' ? undefined : row.ctn_state,
    })),
    acknowledged: row.acknowledged_at !== null,
    since: row.received_at,
    staleSince: undefined,
    tag,
  }
}

function byUrgency(a: InboxItem, b: InboxItem): number {
  return (
    Number(a.acknowledged) - Number(b.acknowledged) || b.since.localeCompare(a.since) || a.image.localeCompare(b.image)
  )
}
