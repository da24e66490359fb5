import { watch } from 'node:fs/promises'
import type { Clock } from '../lib/clock.ts'
import { foldCalls } from '../lib/fold-calls.ts'
import type { Log } from '../lib/log.ts'

export interface FolderWatch {
  readonly changed: () => void
  readonly signal: AbortSignal
  readonly log: Log
  readonly clock: Clock
}

const FOLD_MS = 500
const RETRY_MS = 60_000

/**
 * Calls `changed` once for each burst of changes in a folder, until aborted. The folder rather than a file: editors and
 * Kubernetes put a new file in place of the old one. A folder that is not there is looked for every minute.
 */
export async function watchFolder(folder: string, { changed, signal, log, clock }: FolderWatch): Promise<void> {
  const touch = foldCalls(changed, { ms: FOLD_MS, clock, signal })
  let isBack = false
  while (!signal.aborted) {
    try {
      const changes = watch(folder, { signal })
      if (isBack) touch()
      for await (const _ of changes) touch()
    } catch (error) {
      if (signal.aborted) return
      log.debug({ error }, 'The folder of the watch list cannot be followed')
    }
    isBack = true
    await clock.sleep(RETRY_MS, signal).catch(() => {})
  }
}
