import { nameOf, parseImageReference } from '../../src/domain/image-reference.ts'
import { DEFAULT_PLATFORM } from '../../src/domain/platform.ts'
import { foldWorkloads, imageKeyOf } from '../../src/domain/watched-image.ts'
import { DEFAULT_SETTINGS, type WatchSettings, type Workload } from '../../src/domain/workload.ts'
import { type CheckParts, checkImages } from '../../src/engine/check.ts'
import { SILENT } from '../../src/lib/log.ts'
import { openStore, type Store } from '../../src/store/open.ts'
import { fromJson } from '../../src/store/tables.ts'
import { replaceWorkloads } from '../../src/store/workloads.ts'
import { type MemoryRegistry, memoryRegistry } from './registry-in-memory.ts'

/** The repository most tests are about. */
export const APP = 'registry.test/app'

/** Checks over a store and a registry in memory, with a clock that goes on by a minute each time it is read. */
export interface CheckBench {
  readonly store: Store
  readonly registry: MemoryRegistry
  check(
    workloads: readonly Workload[],
    overrides?: Partial<CheckParts>,
    signal?: AbortSignal,
  ): ReturnType<typeof checkImages>
  /** Writes down that these run now, and no others. */
  runs(workloads: readonly Workload[]): Promise<void>
  /** Lets time pass. */
  later(hours: number): void
  /** Images of every message queued so far, with what they tell. */
  told(): Promise<string[]>
}

/** Disposing closes the store. */
export async function checkBench(): Promise<CheckBench & AsyncDisposable> {
  let minutes = 0
  const now = (): Date => new Date(Date.UTC(2026, 0, 1, 0, minutes++))
  const store = await openStore(':memory:', { now })
  const registry = memoryRegistry()
  return {
    store,
    registry,
    async check(workloads, overrides = {}, signal = undefined) {
      const parts: CheckParts = {
        db: store.db,
        registries: registry,
        now,
        channels: ['slack'],
        hostname: 'here',
        version: '1',
        firstCheckNotif: false,
        summary: false,
        compareDigest: true,
        changed() {},
        log: SILENT,
        onProgress() {},
        ...overrides,
      }
      return await checkImages(parts, foldWorkloads(workloads), { signal })
    },
    async runs(workloads) {
      const kept = workloads.map((workload) => ({ workload, imageKey: imageKeyOf(workload) }))
      await replaceWorkloads(store.db, { provider: 'docker', host: 'local' }, { workloads: kept, now: now() })
    },
    later(hours) {
      minutes += hours * 60
    },
    async told() {
      const rows = await store.db.selectFrom('message').selectAll().orderBy('created_at').execute()
      return rows.map(({ entries }) =>
        fromJson(entries)
          .map(
            (entry) =>
              `${entry.status} ${nameOf(entry.image)}:${entry.image.tag}${entry.newerTag === undefined ? '' : ` +${entry.newerTag}`} for ${entry.workloads.map(({ name }) => name).join(' ')}`,
          )
          .join('; '),
      )
    },
    [Symbol.asyncDispose]: () => store[Symbol.asyncDispose](),
  }
}

/** A workload of a container. */
export function container(
  name: string,
  image: string,
  { digests = [], settings = {} }: { digests?: string[]; settings?: Partial<WatchSettings> } = {},
): Workload {
  return {
    id: `docker/local/${name}`,
    provider: 'docker',
    host: 'local',
    name,
    image,
    reference: parseImageReference(image),
    platform: DEFAULT_PLATFORM,
    running: { digests },
    settings: { ...DEFAULT_SETTINGS, ...settings },
    metadata: { ctn_names: name },
  }
}
