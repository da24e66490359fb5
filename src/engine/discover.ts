import { describeError } from '../domain/failure.ts'
import { imageKeyOf } from '../domain/watched-image.ts'
import type { Workload } from '../domain/workload.ts'
import type { Log } from '../lib/log.ts'
import type { Listing, Problem, Provider } from '../providers/_provider.ts'
import { recordEvent } from '../store/events.ts'
import type { Db } from '../store/tables.ts'
import { replaceWorkloads } from '../store/workloads.ts'
import type { FailedProvider } from './types.ts'

export interface Discovery {
  /** Asks every provider what runs, and writes it down. A provider that fails keeps what it had said last. */
  list(signal: AbortSignal | undefined): Promise<void>
  /** Everything known to run now. */
  workloads(): Workload[]
  problems(): Problem[]
  failed(): FailedProvider[]
  /** Follows the providers that can be followed; `changed` gets the workloads that came. Resolves when aborted. */
  watch(came: (workloads: Workload[]) => void, signal: AbortSignal): Promise<void>
}

export interface DiscoveryParts {
  readonly db: Db
  readonly providers: readonly Provider[]
  readonly log: Log
  readonly now: () => Date
  readonly changed: () => void
}

interface Place {
  readonly provider: Provider
  listing: Listing
  error: string | undefined
  /** The listing under way: two at once could be written down in the wrong order. */
  turn: Promise<unknown>
}

/** Keeps in mind what runs in each provider's place. */
export function createDiscovery(parts: DiscoveryParts): Discovery {
  const places: Place[] = parts.providers.map((provider) => ({
    provider,
    listing: { workloads: [], problems: [] },
    error: undefined,
    turn: Promise.resolve(),
  }))
  return {
    async list(signal) {
      await Promise.all(places.map((place) => listPlace(parts, place, signal ?? new AbortController().signal)))
    },
    workloads: () => places.flatMap(({ listing }) => [...listing.workloads]),
    problems: () => places.flatMap(({ listing }) => [...listing.problems]),
    failed: () =>
      places.flatMap(({ provider, error }) =>
        error === undefined ? [] : [{ provider: provider.name, host: provider.host, error }],
      ),
    async watch(came, signal) {
      await Promise.all(places.map((place) => watchPlace(parts, { place, came, signal })))
    },
  }
}

async function watchPlace(
  parts: DiscoveryParts,
  { place, came, signal }: { place: Place; came: (workloads: Workload[]) => void; signal: AbortSignal },
): Promise<void> {
  const { provider } = place
  if (provider.watch === undefined) return
  const relist = async (): Promise<void> => {
    const fresh = await listPlace(parts, place, signal)
    if (fresh.length > 0 && !signal.aborted) came(fresh)
  }
  try {
    await provider.watch(() => {
      relist().catch((error: unknown) =>
        parts.log.error({ error: describeError(error) }, 'What runs could not be written down'),
      )
    }, signal)
  } catch (error) {
    if (!signal.aborted)
      parts.log.error(
        { provider: provider.name, host: provider.host, error: describeError(error) },
        'Changes are not followed any more',
      )
  }
}

/** What makes a workload another one for a check: also the same name with another image behind it. */
function identityOf({ id, image, running }: Workload): string {
  return `${id} ${image} ${running.imageId ?? running.digests.join(' ')}`
}

/** Lists after whatever listing is under way. Returns the workloads that came with it. */
function listPlace(parts: DiscoveryParts, place: Place, signal: AbortSignal): Promise<Workload[]> {
  const listed = place.turn.then(async () => {
    const before = new Set(place.listing.workloads.map(identityOf))
    await listNow(parts, place, signal)
    return place.listing.workloads.filter((workload) => !before.has(identityOf(workload)))
  })
  place.turn = listed.catch(() => {})
  return listed
}

async function listNow(parts: DiscoveryParts, place: Place, signal: AbortSignal): Promise<void> {
  const { provider } = place
  const fields = { provider: provider.name, host: provider.host }
  try {
    const listing = await provider.list(signal)
    await writeDown(parts, place, listing)
    if (place.error !== undefined) parts.log.info(fields, 'The provider answers again')
    place.listing = listing
    place.error = undefined
  } catch (error) {
    if (signal.aborted) return
    const text = describeError(error)
    if (place.error !== text) {
      parts.log.error({ ...fields, error: text }, 'What runs there could not be listed')
      await recordEvent(parts.db, {
        kind: 'provider.failed',
        subject: `${provider.name}/${provider.host}`,
        data: { error: text },
        now: parts.now(),
      })
      place.error = text
      parts.changed()
    }
  }
}

async function writeDown({ db, log, now, changed }: DiscoveryParts, place: Place, listing: Listing): Promise<void> {
  const { provider } = place
  const told = new Set(place.listing.problems.map(({ message }) => message))
  const fresh = listing.problems.filter(({ message }) => !told.has(message))
  for (const { workload, message } of fresh) log.warn({ workload }, message)
  const kept = listing.workloads.map((workload) => ({ workload, imageKey: imageKeyOf(workload) }))
  const isChanged = await db.transaction().execute(async (transaction) => {
    const { came, went } = await replaceWorkloads(
      transaction,
      { provider: provider.name, host: provider.host },
      { workloads: kept, now: now() },
    )
    for (const id of came) await recordEvent(transaction, { kind: 'workload.came', subject: id, now: now() })
    for (const id of went) await recordEvent(transaction, { kind: 'workload.went', subject: id, now: now() })
    for (const { workload, message } of fresh)
      await recordEvent(transaction, { kind: 'workload.problem', subject: workload, data: { message }, now: now() })
    if (place.error !== undefined)
      await recordEvent(transaction, {
        kind: 'provider.answered',
        subject: `${provider.name}/${provider.host}`,
        now: now(),
      })
    return came.length + went.length + fresh.length > 0 || place.error !== undefined
  })
  if (isChanged) changed()
}
