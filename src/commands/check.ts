import { openApp } from '../app.ts'
import type { ImageFinding } from '../domain/finding.ts'
import { formatImageReference } from '../domain/image-reference.ts'
import type { CheckReport } from '../engine/types.ts'
import type { CommandContext } from './_command.ts'
import { askServer, controlSocketPath } from './_control.ts'
import { EXIT } from './_exit-codes.ts'
import { type Column, paint, printJson, printTable, progressLine, type Style, type Terminal } from './_terminal.ts'

export interface CheckOptions {
  readonly config?: string
  readonly image?: string
  readonly json?: boolean
}

/** `seaworthy check`: asks the registries now; through the running server where there is one, so that it knows too. */
export async function check(context: CommandContext, options: CheckOptions): Promise<number> {
  const loaded = await context.load(options.config)
  const report =
    (await checkByServer(context, controlSocketPath(loaded.config.db.path), options.image)) ??
    (await checkHere(context, loaded, options.image))
  if (options.json === true) printJson(context.terminal, report.findings.map(toJsonFinding))
  else printReport(context.terminal, report)
  if (report.failedProviders.length > 0 && options.image === undefined) return EXIT.unreachable
  return report.findings.some(({ status }) => status === 'failed') ? EXIT.failed : EXIT.ok
}

async function checkByServer(
  { terminal, signal }: CommandContext,
  socketPath: string,
  image: string | undefined,
): Promise<CheckReport | undefined> {
  const body = image === undefined ? {} : { image }
  const line = progressLine(terminal)
  line.show('The server asks the registries')
  try {
    const answer = await askServer(socketPath, { method: 'POST', path: '/api/v1/checks?wait=true', body, signal })
    const report = answer?.body as CheckReport | undefined
    line.clear()
    // Its log has them, which may be far away; a check made here logs them itself.
    for (const { provider, host, error } of report?.failedProviders ?? [])
      terminal.err(`${paint(terminal, 'red', `${provider}/${host}`)}: ${error}\n`)
    return report
  } finally {
    line.clear()
  }
}

async function checkHere(
  context: CommandContext,
  loaded: Awaited<ReturnType<CommandContext['load']>>,
  image: string | undefined,
): Promise<CheckReport> {
  await using app = await openApp(context, loaded, { quiet: true })
  const line = progressLine(context.terminal)
  const show = (): void => {
    const { progress } = app.engine.status()
    if (progress !== undefined) line.show(`Asking the registries: ${progress.done} of ${progress.total} images`)
  }
  const timer = setInterval(show, 100)
  try {
    const report = await app.engine.check('manual', { image, signal: context.signal })
    line.show('Telling the channels')
    await app.outbox.drain(context.signal)
    return report
  } finally {
    clearInterval(timer)
    line.clear()
  }
}

/** One finding as `--json` and the API print it. Absent values are null, so that every object has the same keys. */
export function toJsonFinding(finding: ImageFinding) {
  return {
    image: imageText(finding),
    platform: finding.platform,
    status: finding.status,
    current: { tag: finding.current.tag ?? null, digest: finding.current.digest ?? null },
    found: {
      tag: finding.found.tag ?? null,
      digest: finding.found.digest ?? null,
      tagDigest: finding.found.tagDigest ?? null,
    },
    level: finding.level ?? null,
    reason: finding.reason,
    error: finding.error ?? null,
    staleSince: finding.staleSince ?? null,
    workloads: finding.workloads.map(({ id, provider, host, name }) => ({ id, provider, host, name })),
  }
}

const STYLES: Partial<Record<ImageFinding['status'], Style>> = {
  update: 'yellow',
  new: 'cyan',
  failed: 'red',
  current: 'green',
}

const COLUMNS: readonly Column<ImageFinding>[] = [
  { title: 'image', of: imageText },
  { title: 'status', of: ({ status }) => status, style: ({ status }) => STYLES[status] },
  {
    title: 'found',
    of: ({ found, level }) =>
      level === undefined ? '' : `${found.tag ?? found.digest?.slice(7, 19) ?? ''} (${level})`,
  },
  { title: 'workloads', of: ({ workloads }) => workloads.map(({ name }) => name).join(', ') },
  { title: 'reason', of: ({ reason, error }) => error ?? reason },
]

function printReport(terminal: Terminal, { findings, problems, counts }: CheckReport): void {
  for (const { message } of problems) terminal.err(`${paint(terminal, 'yellow', 'note')}: ${message}\n`)
  if (findings.length === 0) {
    terminal.out('There is nothing to check: no provider lists an image.\n')
    return
  }
  printTable(terminal, COLUMNS, findings)
  const summary = Object.entries(counts).map(([status, count]) => `${count} ${status}`)
  terminal.out(`\n${summary.join(', ')}\n`)
}

function imageText({ reference }: ImageFinding): string {
  return reference.registry === '' ? reference.repository : formatImageReference(reference)
}
