import { describeError } from '../domain/failure.ts'
import { formatImageReference, parseImageReference, tagOf } from '../domain/image-reference.ts'
import { DEFAULT_PLATFORM, type Platform } from '../domain/platform.ts'
import { ASKED, foldWorkloads, imageKeyOf } from '../domain/watched-image.ts'
import type { WatchSettings, Workload } from '../domain/workload.ts'
import type { Clock } from '../lib/clock.ts'
import type { Log } from '../lib/log.ts'
import type { RegistryClient } from '../registries/_registry.ts'
import { recordEvent } from '../store/events.ts'
import { repeatDeliveries } from '../store/outbox.ts'
import type { Db } from '../store/tables.ts'
import { readTagList } from '../store/tag-lists.ts'
import { tagFacts } from './ask.ts'
import type { Channel } from './channel.ts'
import type { Discovery } from './discover.ts'
import type { Healthchecks } from './healthchecks.ts'
import { judgeKnown } from './judge.ts'
import type { Outbox } from './outbox.ts'
import type { CheckHooks } from './rollout/check-hooks.ts'
import { type CheckQuestion, notify, runCheck } from './run-check.ts'
import { testChannels } from './test-channels.ts'
import type { CheckReport, Engine, EngineStatus } from './types.ts'

export interface EngineParts {
  readonly db: Db
  readonly discovery: Discovery
  readonly registries: RegistryClient
  readonly outbox: Outbox
  readonly channels: readonly Channel[]
  readonly clock: Clock
  readonly log: Log
  readonly version: string
  readonly hostname: string
  readonly defaults: WatchSettings
  readonly firstCheckNotif: boolean
  readonly summary: boolean
  /** The platform images are meant for that run nowhere here. */
  readonly platform: Platform
  /** Who wants to know of events that were written. */
  readonly listeners: Set<() => void>
  readonly nextCheckAt: () => Date | undefined
  /** What workloads want done around a check of everything. */
  readonly checkHooks?: CheckHooks | undefined
  /** Told of each check of everything. */
  readonly healthchecks?: Healthchecks | undefined
  /** True when absent: an index that changed for other platforms only is no news. */
  readonly compareDigest?: boolean
  readonly workers?: number | undefined
  readonly publicUrl?: string | undefined
  /** Aborted when the program ends: no check goes on after that. */
  readonly stopping?: AbortSignal | undefined
}

interface Progress {
  done: number
  total: number
}

/** What the program itself needs besides what the screens may ask for. */
export interface RunningEngine extends Engine {
  /** Checks the images of workloads that a provider reported as new, with everything else that runs them. */
  checkNewcomers(workloads: readonly Workload[]): Promise<void>
  /** Resolves when no check is under way. */
  idle(): Promise<void>
}

/** The use cases in one place, over the parts that do them. */
export function createEngine(parts: EngineParts): RunningEngine {
  const { db, discovery, registries, outbox, channels, clock, listeners } = parts
  let running: Promise<CheckReport> | undefined
  let progress: Progress | undefined
  const onProgress = (done: number, total: number): void => {
    progress = { done, total }
  }
  const underWay = new Set<Promise<unknown>>()
  const tracked = <Result>(check: Promise<Result>): Promise<Result> => {
    const settled = check.catch(() => {}).finally(() => underWay.delete(settled))
    underWay.add(settled)
    return check
  }
  const status = (): EngineStatus => ({
    version: parts.version,
    checking: running !== undefined,
    progress: running === undefined ? undefined : progress,
    nextCheckAt: parts.nextCheckAt()?.toISOString(),
    failedProviders: discovery.failed(),
    channels: channels.map(({ name, notifier }) => ({ name, notifier })),
    rateLimits: registries.rateLimits(),
    registryCounts: registries.counts(),
  })
  return {
    status,
    check(cause, { image, signal } = {}) {
      if (image !== undefined) return tracked(checkOne(parts, { cause, image, signal, onProgress: () => {} }))
      running ??= tracked(checkAll(parts, { cause, signal, onProgress })).finally(() => {
        running = undefined
        progress = undefined
      })
      return running
    },
    checkNewcomers: (workloads) => tracked(checkNewcomers(parts, workloads)),
    async idle() {
      await Promise.all(underWay)
    },
    explain: (imageKey) => explain(parts, imageKey),
    testChannels: (channel, signal) => testChannels(parts, channel, signal),
    async repeatDeliveries(id) {
      const now = clock.now()
      const count = await db.transaction().execute(async (transaction) => {
        const repeated = await repeatDeliveries(transaction, { id, now })
        const data = { delivery: id ?? 'all', count: repeated }
        if (repeated > 0) await recordEvent(transaction, { kind: 'message.repeated', data, now })
        return repeated
      })
      outbox.wake()
      notify(listeners)
      return count
    },
    onEvent(changed) {
      listeners.add(changed)
      return () => listeners.delete(changed)
    },
  }
}

async function checkNewcomers(parts: EngineParts, workloads: readonly Workload[]): Promise<void> {
  const keys = new Set(workloads.map(imageKeyOf))
  const images = foldWorkloads(parts.discovery.workloads()).filter(({ key }) => keys.has(key))
  await runCheck(parts, { cause: 'change', images, signal: undefined, onProgress: () => {} })
}

async function checkAll(parts: EngineParts, { cause, signal, onProgress }: CheckQuestion): Promise<CheckReport> {
  const { healthchecks, stopping } = parts
  healthchecks?.started()
  try {
    await parts.discovery.list(signal)
    const all = parts.discovery.workloads()
    const left = (await parts.checkHooks?.before(all)) ?? new Map<string, string>()
    const others = all.map((workload) => {
      const reason = left.get(workload.id)
      return reason === undefined ? workload : { ...workload, notCheckable: reason }
    })
    const report = await runCheck(parts, { cause, images: foldWorkloads(others), others, signal, onProgress })
    await parts.checkHooks?.after(all.filter(({ id }) => !left.has(id)))
    healthchecks?.finished(report)
    return report
  } catch (error) {
    if (stopping?.aborted !== true && signal?.aborted !== true) healthchecks?.failed(describeError(error))
    throw error
  }
}

/** One image: as the workloads that run it are watched, or by the defaults when nothing runs it. */
async function checkOne(
  parts: EngineParts,
  { image, ...question }: CheckQuestion & { image: string },
): Promise<CheckReport> {
  const reference = parseImageReference(image)
  await parts.discovery.list(question.signal)
  const wanted = formatImageReference(reference)
  const others = parts.discovery
    .workloads()
    .filter((each) => each.reference !== undefined && formatImageReference(each.reference) === wanted)
  if (others.length > 0) return await runCheck(parts, { ...question, images: foldWorkloads(others), others })
  const alone: Workload = {
    id: `${ASKED}/${wanted}`,
    provider: ASKED,
    host: parts.hostname,
    name: wanted,
    image,
    reference,
    platform: parts.platform ?? DEFAULT_PLATFORM,
    running: { digests: [] },
    settings: parts.defaults,
    metadata: {},
  }
  // Nothing runs it, so nobody is told: it was asked for on the spot.
  return await runCheck({ ...parts, channels: [] }, { ...question, images: foldWorkloads([alone]) })
}

async function explain({ db, discovery, clock }: EngineParts, imageKey: string) {
  const image = foldWorkloads(discovery.workloads()).find(({ key }) => key === imageKey)
  if (image === undefined) return undefined
  const list = await readTagList(db, `${image.reference.registry}/${image.reference.repository}`)
  if (list === undefined || tagOf(image.reference) === undefined) return undefined
  return judgeKnown(image, tagFacts(list), { now: clock.now() })
}
