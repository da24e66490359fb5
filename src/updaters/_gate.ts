import type { DockerClient } from '../docker/client.ts'
import { readEvents } from '../docker/events.ts'
import { Failure } from '../domain/failure.ts'
import { type GateRules, type GateVerdict, judgeGate } from '../domain/gate.ts'
import type { Observation } from '../domain/gate-course.ts'
import { describeEnd } from '../domain/gate-words.ts'
import { DISTURBED, type GateOptions, startWatch } from './_gate-watch.ts'
import { excerpt, type GateInspection } from './_inspected.ts'
import { readOutput } from './_output.ts'
import { GateError } from './_updater.ts'

const TAIL_MS = 10_000
const TAIL_LINES = 20
const TAIL_BYTES = 16 * 1024

/**
 * Watches a started container until it is well. The engine may go away meanwhile: that time does not count.
 * @throws GateError when it is not well; Failure `conflict` when somebody else has removed, stopped or replaced it, or
 * its probe cannot be reached from here; Failure `unavailable` when the engine stays away; the signal's reason.
 */
export async function passGate(docker: DockerClient, options: GateOptions): Promise<void> {
  const { clock, signal, log } = options
  const watch = startWatch(docker, options)
  const line: Observation[] = []
  let waitsFor = ''
  for (;;) {
    const { observation, inspected } = await watch.next()
    line.push(observation)
    const verdict = judgeGate(line, rulesOf(inspected, options))
    if (verdict.kind === 'passed') return log.info({ reason: verdict.reason }, 'The gate is passed')
    if (verdict.kind === 'disturbed') throw new Failure('conflict', verdict.reason, { remedy: DISTURBED })
    if (verdict.kind === 'failed') throw await gateError(docker, { verdict, inspected, options })
    if (verdict.reason !== waitsFor) log.debug({ reason: verdict.reason }, 'The gate waits')
    waitsFor = verdict.reason
    await clock.sleep(pollMs(observation.at), signal)
  }
}

function rulesOf({ startingMs, restartPolicy }: GateInspection, { gate, mayEnd }: GateOptions): GateRules {
  return { settings: gate, startingMs, restartPolicy, mayEnd }
}

/** Every 250 ms at first; every second after a quarter of a minute. */
function pollMs(at: number): number {
  return Math.min(1000, 250 + at / 20)
}

interface NotPassed {
  readonly verdict: Extract<GateVerdict, { kind: 'failed' }>
  readonly inspected: GateInspection
  readonly options: GateOptions
}

async function gateError(docker: DockerClient, { verdict, inspected, options }: NotPassed): Promise<GateError> {
  const { signal, log } = options
  const end = verdict.exit === 'unseen' ? await lastEnd(docker, inspected, options) : undefined
  const exit = end === undefined ? '' : ` It ${describeEnd(end)}.`
  const lines = await lastLines(docker, inspected, options)
  signal.throwIfAborted()
  log.debug({ lines }, 'The last lines of the container that did not pass')
  const last = verdict.exit === 'none' ? '' : excerpt(lines.at(-1) ?? '')
  return new GateError(`${verdict.reason}${exit}${last === '' ? '' : ` Its last line: ${last}`}`)
}

/** What it printed last; nothing where its log cannot be read, because the reason alone is worth telling, too. */
async function lastLines(docker: DockerClient, { tty }: GateInspection, { containerId, signal }: GateOptions) {
  const limited = AbortSignal.any([signal, AbortSignal.timeout(TAIL_MS)])
  try {
    const query = { stdout: 1, stderr: 1, tail: TAIL_LINES }
    const { chunks } = await docker.stream('GET', `/containers/${containerId}/logs`, { query, signal: limited })
    const text = await readOutput(chunks, { tty, most: TAIL_BYTES })
    return text === '' ? [] : text.split('\n').slice(-TAIL_LINES)
  } catch {
    return []
  }
}

/**
 * The end that nobody saw, out of the engine's events around it: both times are the engine's own. Undefined where events
 * cannot be asked for.
 */
async function lastEnd(docker: DockerClient, { finishedAt }: GateInspection, options: GateOptions) {
  const end = Math.floor(Date.parse(finishedAt) / 1000)
  if (!(end > 0)) return undefined
  const signal = AbortSignal.any([options.signal, AbortSignal.timeout(TAIL_MS)])
  const filters = { container: [options.containerId], event: ['die', 'oom'] }
  const query = { filters, since: end - 1, until: end + 1 }
  let [exitCode, oomKilled]: [number | undefined, boolean] = [undefined, false]
  try {
    const { chunks } = await docker.stream('GET', '/events', { query, signal })
    for await (const { action, attributes } of readEvents(chunks)) {
      if (action === 'oom') oomKilled = true
      else exitCode = Number(attributes.exitCode)
    }
  } catch {
    // Events may be forbidden: the end is then not told.
  }
  return exitCode === undefined || Number.isNaN(exitCode) ? undefined : { exitCode, oomKilled, error: '' }
}
