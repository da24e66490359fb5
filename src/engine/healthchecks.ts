import { describeError } from '../domain/failure.ts'
import type { HttpClient } from '../lib/http/types.ts'
import type { Log } from '../lib/log.ts'
import type { Secret } from '../lib/secret.ts'
import type { CheckReport } from './types.ts'

/** Tells a Healthchecks server how each check went. Pings go out in order and hold nothing up; one that fails is logged. */
export interface Healthchecks extends AsyncDisposable {
  started(): void
  /** A success; a failure where a provider could not be listed, or no image at all could be asked about. */
  finished(report: Pick<CheckReport, 'counts' | 'failedProviders'>): void
  failed(error: string): void
}

export interface HealthchecksParts {
  readonly baseUrl: string
  readonly uuid: Secret
  readonly http: HttpClient
  readonly log: Log
  /** Aborted when the program ends: what has not gone out by then is left out. */
  readonly signal: AbortSignal
}

const TIMEOUT_MS = 10_000

/** Disposing waits for the pings that are on their way. https://healthchecks.io/docs/http_api/: `/start`, success, `/fail`. */
export function createHealthchecks({ baseUrl, uuid, http, log, signal }: HealthchecksParts): Healthchecks {
  const base = baseUrl.endsWith('/') ? baseUrl : `${baseUrl}/`
  let sent = Promise.resolve()
  const ping = (path: '' | '/start' | '/fail', body: string): void => {
    sent = sent.then(async () => {
      try {
        const url = new URL(`${base}${uuid.reveal().trim()}${path}`)
        const { status } = await http.request({ method: 'POST', url, body, signal, timeoutMs: TIMEOUT_MS })
        if (status !== 200) log.warn({ status }, 'The Healthchecks server did not take a ping')
      } catch (error) {
        if (!signal.aborted) log.warn({ error: describeError(error) }, 'The Healthchecks server could not be reached')
      }
    })
  }
  return {
    started: () => ping('/start', ''),
    failed: (error) => ping('/fail', error),
    finished(report) {
      const failures = report.failedProviders.map(({ provider, host, error }) => `${provider}/${host}: ${error}`)
      const { failed = 0, ...others } = report.counts
      const isAllFailed = failed > 0 && Object.values(others).every((count) => count === 0)
      ping(failures.length > 0 || isAllFailed ? '/fail' : '', [...summary(report.counts), ...failures].join('\n'))
    },
    [Symbol.asyncDispose]: () => sent,
  }
}

/** Diun's six lines. */
function summary({ current = 0, update = 0, failed = 0, skipped = 0, ...counts }: CheckReport['counts']): string[] {
  const fresh = counts.new ?? 0
  return [
    `${current + update + failed + skipped + fresh} tag(s) have been scanned:`,
    `* ${fresh} new tag(s) found`,
    `* ${update} tag(s) updated`,
    `* ${current} tag(s) unchanged`,
    `* ${skipped} tag(s) skipped`,
    `* ${failed} tag(s) with error`,
  ]
}
