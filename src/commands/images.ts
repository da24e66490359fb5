import { type ImageState, listImages } from '../store/images.ts'
import { openStore } from '../store/open.ts'
import { listWorkloads, type WorkloadRow } from '../store/workloads.ts'
import type { CommandContext } from './_command.ts'
import { EXIT } from './_exit-codes.ts'
import { printJson, printTable } from './_terminal.ts'

/** `seaworthy images`: what runs and what was last known of it; asks nobody. */
export async function images(context: CommandContext, options: { config?: string; json?: boolean }): Promise<number> {
  const { config } = await context.load(options.config)
  await using store = await openStore(config.db.path, { now: () => new Date() })
  const states = await listImages(store.db)
  const workloads = await listWorkloads(store.db)
  const byImage = Map.groupBy(workloads, ({ imageKey }) => imageKey)
  const rows = states.map((state) => ({ state, runs: byImage.get(state.key) ?? [] }))
  const others = workloads.filter(({ imageKey, notCheckable }) => imageKey === undefined || notCheckable !== undefined)
  if (options.json === true) {
    printJson(context.terminal, [...rows.map(toJson), ...others.map(toJsonOther)])
    return EXIT.ok
  }
  if (rows.length + others.length === 0) {
    context.terminal.out('Nothing is known yet. Run "seaworthy check" or "seaworthy serve" first.\n')
    return EXIT.ok
  }
  printTable(
    context.terminal,
    [
      { title: 'image', of: (row) => row.image },
      { title: 'status', of: (row) => row.status },
      { title: 'found', of: (row) => row.found },
      { title: 'checked', of: (row) => row.checked },
      { title: 'workloads', of: (row) => row.workloads },
    ],
    [...rows.map(toLine), ...others.map(toOtherLine)],
  )
  return EXIT.ok
}

interface ImageRow {
  readonly state: ImageState
  readonly runs: readonly WorkloadRow[]
}

function toJson({ state, runs }: ImageRow) {
  return {
    image: state.reference,
    platform: state.platform,
    status: state.status,
    current: { tag: state.tag, digest: state.current_digest },
    found: { tag: state.found_tag, digest: state.found_digest },
    level: state.level,
    reason: state.reason,
    error: state.error,
    checkedAt: state.checked_at,
    staleSince: state.stale_since,
    workloads: runs.map(({ id }) => id),
  }
}

function toJsonOther({ id, image, platform, notCheckable }: WorkloadRow) {
  return { image, platform, status: 'not-checkable', reason: notCheckable ?? 'not checked yet', workloads: [id] }
}

function toLine({ state, runs }: ImageRow) {
  return {
    image: state.reference,
    status: state.status,
    found: state.level === null ? '' : `${state.found_tag ?? state.found_digest?.slice(7, 19) ?? ''} (${state.level})`,
    checked: state.checked_at.slice(0, 16).replace('T', ' '),
    workloads: runs.map(({ name }) => name).join(', '),
  }
}

function toOtherLine({ image, name, notCheckable }: WorkloadRow) {
  return {
    image,
    status: 'not-checkable',
    found: '',
    checked: '',
    workloads: `${name}: ${notCheckable ?? 'not checked yet'}`,
  }
}
