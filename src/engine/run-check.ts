import type { ImageFinding } from '../domain/finding.ts'
import { formatPlatform } from '../domain/platform.ts'
import type { WatchedImage } from '../domain/watched-image.ts'
import type { Workload } from '../domain/workload.ts'
import { type CheckCause, finishCheckRun, startCheckRun } from '../store/checks.ts'
import { recordEvent } from '../store/events.ts'
import { checkImages } from './check.ts'
import type { EngineParts } from './engine.ts'
import type { CheckReport } from './types.ts'

export interface CheckQuestion {
  readonly cause: CheckCause
  readonly signal: AbortSignal | undefined
  readonly onProgress: (done: number, total: number) => void
}

export interface Subjects {
  readonly images: readonly WatchedImage[]
  /** Workloads whose place in the report depends on whether they can be asked about. */
  readonly others?: readonly Workload[]
}

/** One check from its first event to its last, with its report. */
export async function runCheck(
  parts: EngineParts,
  { cause, images, others = [], signal, onProgress }: CheckQuestion & Subjects,
): Promise<CheckReport> {
  const { db, clock, log, listeners, discovery } = parts
  const startedAt = clock.now()
  const id = await startCheckRun(db, { cause, now: startedAt })
  await recordEvent(db, { kind: 'check.started', data: { check: id, cause, images: images.length }, now: startedAt })
  notify(listeners)
  const findings = await checkImages(
    {
      ...parts,
      compareDigest: parts.compareDigest ?? true,
      now: () => clock.now(),
      channels: parts.channels.map(({ name }) => name),
      onProgress,
      changed: () => {
        parts.outbox.wake()
        notify(listeners)
      },
    },
    images,
    { signal: anyOf(signal, parts.stopping) },
  )
  const counts = countStatuses(findings)
  const finishedAt = clock.now()
  await db.transaction().execute(async (transaction) => {
    await finishCheckRun(transaction, id, { counts, now: finishedAt })
    await recordEvent(transaction, { kind: 'check.finished', data: { check: id, cause, counts }, now: finishedAt })
  })
  notify(listeners)
  log.info({ cause, ...counts, seconds: (finishedAt.getTime() - startedAt.getTime()) / 1000 }, 'Check finished')
  return {
    id,
    cause,
    startedAt: startedAt.toISOString(),
    finishedAt: finishedAt.toISOString(),
    counts,
    findings: [...findings, ...others.flatMap(notCheckable)],
    problems: discovery.problems(),
    failedProviders: discovery.failed(),
  }
}

/** A workload that no registry can be asked about stands in the report with its reason. */
function notCheckable(workload: Workload): ImageFinding[] {
  const { id, provider, host, name, image, reference, platform, notCheckable: reason } = workload
  if (reason === undefined) return []
  return [
    {
      key: id,
      reference: reference ?? { registry: '', repository: image },
      platform: formatPlatform(platform),
      status: 'not-checkable',
      reason,
      current: {},
      found: {},
      digestMoved: false,
      workloads: [{ id, provider, host, name }],
    },
  ]
}

function countStatuses(findings: readonly ImageFinding[]): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const { status } of findings) counts[status] = (counts[status] ?? 0) + 1
  return counts
}

/** Tells everybody who wants to know that events were written. */
export function notify(listeners: ReadonlySet<() => void>): void {
  for (const listener of listeners) listener()
}

function anyOf(...signals: (AbortSignal | undefined)[]): AbortSignal {
  return AbortSignal.any(signals.filter((signal) => signal !== undefined))
}
