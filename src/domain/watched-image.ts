import { createHash } from 'node:crypto'
import type { WorkloadName } from './finding.ts'
import { formatImageReference, type ImageReference } from './image-reference.ts'
import { formatPlatform, type Platform } from './platform.ts'
import { DEFAULT_SETTINGS, type WatchSettings, type Workload } from './workload.ts'

/** One distinct image as it is judged: all workloads that run it for the same platform and want it watched the same way. */
export interface WatchedImage {
  /** `docker.io/library/nginx:1.27|linux/amd64`, and a short hash where the settings differ from the default. */
  readonly key: string
  readonly reference: ImageReference
  readonly platform: Platform
  readonly settings: WatchSettings
  readonly workloads: readonly Workload[]
  /** A tag beside the one in use that was there when the repository was first listed, so that seeing it is no news. */
  readonly isOfFirstListing?: boolean
}

/** Folds workloads into distinct images, in order of their keys. Workloads that are not checkable are left out. */
export function foldWorkloads(workloads: Iterable<Workload>): WatchedImage[] {
  const folded = new Map<string, Workload[]>()
  for (const workload of workloads) {
    const key = imageKeyOf(workload)
    if (key === undefined) continue
    const same = folded.get(key)
    if (same === undefined) folded.set(key, [workload])
    else same.push(workload)
  }
  return [...folded]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, same]) => {
      const [first] = same as [Workload]
      return { key, reference: first.reference!, platform: first.platform, settings: first.settings, workloads: same }
    })
}

/** Key of the image a workload is judged under; undefined when it is not checkable. */
export function imageKeyOf({ reference, platform, settings, notCheckable }: Workload): string | undefined {
  if (reference === undefined || notCheckable !== undefined) return undefined
  const hash = settingsHash(settings)
  return `${formatImageReference(reference)}|${formatPlatform(platform)}${hash === '' ? '' : `|${hash}`}`
}

/** Who runs it, for messages and screens. */
export function nameWorkloads(workloads: readonly Workload[]): WorkloadName[] {
  return workloads.map(({ id, provider, host, name }) => ({ id, provider, host, name }))
}

/** Every registry digest that some workload of the image runs. */
export function runningDigests({ workloads }: WatchedImage): Set<string> {
  return new Set(workloads.flatMap(({ running }) => running.digests))
}

/** Provider of a workload that nothing runs: somebody asked about its image on the spot. */
export const ASKED = 'asked'

/** Whether nothing runs or lists the image, so that nobody waits for news of it. */
export function isAsked({ workloads }: WatchedImage): boolean {
  return workloads.every(({ provider }) => provider === ASKED)
}

function settingsHash(settings: WatchSettings): string {
  const { notifyOn: _, hubLink: __, hubTpl: ___, ...judging } = settings
  const { notifyOn: ____, hubLink: _____, hubTpl: ______, ...plain } = DEFAULT_SETTINGS
  const text = canonical(judging)
  return text === canonical(plain) ? '' : createHash('sha256').update(text).digest('hex').slice(0, 8)
}

function canonical(settings: object): string {
  return JSON.stringify(Object.entries(settings).sort(([a], [b]) => (a < b ? -1 : 1)))
}
