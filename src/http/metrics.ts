import { Registry } from 'prom-client'
import { readMeasures } from '../store/measures.ts'
import { readUpdateMeasures, type UpdateMeasures } from '../store/update-measures.ts'
import { type Sample, type Writer, writerFor } from './metrics-writer.ts'
import type { RouteParts } from './parts.ts'

type Measures = Awaited<ReturnType<typeof readMeasures>>

const DIUN_STATUS: Readonly<Record<string, string>> = {
  new: 'new',
  update: 'update',
  current: 'unchange',
  skipped: 'skip',
  'not-checkable': 'skip',
  failed: 'error',
}
const DIUN_STATUSES = ['new', 'update', 'unchange', 'skip', 'error']
const OUTCOMES = ['committed', 'rolled-back']
const HOLDS = ['hold', 'snooze', 'skip', 'pin'] as const
/** Upper bounds in seconds: from an image that was here already to a large one with a slow start. */
const UPDATE_SECONDS = [10, 30, 60, 120, 300, 600, 1800]
const STATUSES = ['current', 'update', 'new', 'failed', 'not-checkable', 'skipped']

/**
 * The metrics as they are now (Prometheus text format 0.0.4). A registry of its own for each scrape, filled from the store
 * and the engine, so that no series outlives what it is about.
 */
export async function renderMetrics(parts: RouteParts): Promise<{ contentType: string; text: string }> {
  const measures = await readMeasures(parts.store.db)
  const registry = new Registry()
  const writer = writerFor(registry)
  writeProcess(writer, parts)
  writeChecks(writer, measures)
  writeMessages(writer, measures)
  writeRegistries(writer, parts)
  writeUpdates(writer, await readUpdateMeasures(parts.store.db, parts.now()))
  writeDiun(writer, measures, parts.options.version)
  return { contentType: registry.contentType, text: await registry.metrics() }
}

function writeProcess(writer: Writer, { options, store, stream }: RouteParts): void {
  const { cpuUsage, memoryUsage, uptime } = process
  const cpu = cpuUsage()
  writer.gauge('seaworthy_build_info', 'The version that runs.', [[{ version: options.version }, 1]])
  writer.gauge('seaworthy_live_clients', 'Dashboards that follow the events now.', [[{}, stream.clients()]])
  writer.gauge('seaworthy_database_bytes', 'Size of the database and its log.', [[{}, store.size()]])
  writer.counter('process_cpu_seconds_total', 'CPU time spent, user and system.', [[{}, (cpu.user + cpu.system) / 1e6]])
  writer.gauge('process_resident_memory_bytes', 'Memory in use.', [[{}, memoryUsage.rss()]])
  writer.gauge('process_start_time_seconds', 'When this process started, since the epoch.', [
    [{}, Math.round(Date.now() / 1000 - uptime())],
  ])
}

function writeChecks(writer: Writer, { images, workloads, checks, lastCheck, waiting, lastEventId }: Measures): void {
  const byStatus = countBy(images, ({ status }) => status)
  writer.gauge(
    'seaworthy_images',
    'Distinct images that something runs, by what the last check said.',
    STATUSES.map((status) => [{ status }, byStatus.get(status) ?? 0]),
  )
  writer.gauge('seaworthy_workloads', 'Workloads that run now, by provider.', [
    ...[...countBy(workloads, ({ provider }) => provider)].map(([provider, count]): Sample => [{ provider }, count]),
  ])
  writer.gauge('seaworthy_updates_waiting', 'Entries of the inbox that nobody has acknowledged.', [[{}, waiting]])
  writer.counter('seaworthy_checks_total', 'Checks that came to their end.', [[{}, checks]])
  writer.counter('seaworthy_events_total', 'Events that were recorded.', [[{}, lastEventId]])
  if (lastCheck === undefined) return
  writer.gauge('seaworthy_last_check_timestamp_seconds', 'When the last check ended, since the epoch.', [
    [{}, lastCheck.endedAt],
  ])
  writer.gauge('seaworthy_last_check_duration_seconds', 'How long the last check took.', [[{}, lastCheck.seconds]])
}

function writeMessages(writer: Writer, { deliveries }: Measures): void {
  const samples = deliveries.map(({ channel, state, count }): Sample => [{ channel, state }, count])
  writer.gauge('seaworthy_deliveries', 'Messages by channel and by how far they came.', samples)
}

function writeRegistries(writer: Writer, { engine }: RouteParts): void {
  const { registryCounts, rateLimits } = engine.status()
  const of = (read: (counts: (typeof registryCounts)[number]) => number): Sample[] =>
    registryCounts.map((counts) => [{ host: counts.host }, read(counts)])
  writer.counter(
    'seaworthy_registry_requests_total',
    'Requests to registries.',
    of(({ requests }) => requests),
  )
  writer.counter(
    'seaworthy_registry_errors_total',
    'Requests that got no usable answer.',
    of(({ errors }) => errors),
  )
  writer.counter(
    'seaworthy_registry_auth_errors_total',
    'Requests that were refused.',
    of(({ authErrors }) => authErrors),
  )
  writer.counter(
    'seaworthy_registry_rate_limited_total',
    'Answers that asked us to wait.',
    of(({ rateLimited }) => rateLimited),
  )
  const limits = rateLimits.flatMap(({ host, remaining }): Sample[] =>
    remaining === undefined ? [] : [[{ host }, remaining]],
  )
  writer.gauge('seaworthy_registry_rate_limit_remaining', 'Requests that are left in the current window.', limits)
}

function writeUpdates(writer: Writer, { finished, underWay, needOperator, holds }: UpdateMeasures): void {
  const byOutcome = countBy(finished, ({ outcome }) => outcome)
  writer.counter(
    'seaworthy_updates_total',
    'Updates of workloads that came to their end, by how they ended.',
    OUTCOMES.map((outcome) => [{ outcome }, byOutcome.get(outcome) ?? 0]),
  )
  writer.gauge('seaworthy_updates_open', 'Updates of workloads that did not come to their end yet.', [
    [{ state: 'under-way' }, underWay],
    [{ state: 'needs-operator' }, needOperator],
  ])
  writer.histogram('seaworthy_update_seconds', 'How long updates of workloads took, from begin to end.', {
    buckets: UPDATE_SECONDS,
    values: finished.map(({ seconds }) => seconds),
  })
  writer.gauge(
    'seaworthy_holds',
    'What people decided about workloads and stands now, by kind.',
    HOLDS.map((kind) => [{ kind }, holds.get(kind) ?? 0]),
  )
}

/** The names that Diun 4.32 and later gives, so that dashboards and alerts made for it go on working. */
function writeDiun(writer: Writer, { images, checks, lastCheck }: Measures, version: string): void {
  const statusOf = (status: string): string => DIUN_STATUS[status] ?? 'error'
  const byStatus = countBy(images, ({ status }) => statusOf(status))
  const perImage = (value: (image: Measures['images'][number]) => number): Sample[] =>
    images.map((image) => [{ provider: image.provider, image: image.reference }, value(image)])
  writer.gauge('diun_build_info', 'The version that runs.', [[{ version }, 1]])
  writer.counter('diun_watch_runs_total', 'Checks that came to their end.', [[{}, checks]])
  writer.gauge(
    'diun_watch_last_run_images',
    'Images by what the last check said.',
    DIUN_STATUSES.map((status) => [{ status }, byStatus.get(status) ?? 0]),
  )
  writer.gauge(
    'diun_image_update_available',
    'Whether there is something newer.',
    perImage(({ status }) => Number(status === 'update')),
  )
  writer.gauge(
    'diun_image_last_check_timestamp_seconds',
    'When the image was asked about last, since the epoch.',
    perImage(({ checkedAt }) => checkedAt),
  )
  writer.gauge(
    'diun_image_last_check_status',
    '1 for what the last check said.',
    images.flatMap(({ provider, reference, status }) =>
      DIUN_STATUSES.map(
        (name): Sample => [{ provider, image: reference, status: name }, Number(statusOf(status) === name)],
      ),
    ),
  )
  if (lastCheck === undefined) return
  writer.gauge('diun_watch_last_run_timestamp_seconds', 'When the last check ended, since the epoch.', [
    [{}, lastCheck.endedAt],
  ])
  writer.gauge('diun_watch_last_run_duration_seconds', 'How long the last check took.', [[{}, lastCheck.seconds]])
}

function countBy<Item>(items: readonly Item[], key: (item: Item) => string): Map<string, number> {
  const counts = new Map<string, number>()
  for (const item of items) counts.set(key(item), (counts.get(key(item)) ?? 0) + 1)
  return counts
}
