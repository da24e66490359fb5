import { type ChildProcess, spawn } from 'node:child_process'
import { constants } from 'node:os'

export interface ShellOptions {
  /** The whole environment of the command. */
  readonly env: Readonly<Record<string, string>>
  readonly timeoutMs: number
  readonly signal: AbortSignal
  /** Bytes of its output that are kept: the last ones. */
  readonly mostOutput: number
}

export interface ShellEnd {
  /** 128 and the number of the signal where one ended it, as in a shell. */
  readonly exitCode: number
  /** Both streams in the order in which they came. */
  readonly output: string
  /** It took longer than it may. */
  readonly isKilled: boolean
}

const CANNOT_RUN = 126
/** After its end: what it has written is read, but what it left running in the background may hold its output open for ever. */
const DRAIN_MS = 200

/**
 * Runs a command by `/bin/sh` in a process group of its own, and kills all of it at the time limit.
 * @throws the signal's reason when it is aborted; the group is killed then too.
 */
export async function runShell(
  command: string,
  { env, timeoutMs, signal, mostOutput }: ShellOptions,
): Promise<ShellEnd> {
  signal.throwIfAborted()
  const child = spawn('/bin/sh', ['-c', command], { env, detached: true, stdio: ['ignore', 'pipe', 'pipe'] })
  const output = collect(child, mostOutput)
  let isKilled = false
  const timer = setTimeout(() => {
    isKilled = true
    killGroup(child)
  }, timeoutMs)
  const abort = (): void => killGroup(child)
  signal.addEventListener('abort', abort, { once: true })
  try {
    const exitCode = await ended(child)
    signal.throwIfAborted()
    return { exitCode, output: await output(), isKilled }
  } finally {
    clearTimeout(timer)
    signal.removeEventListener('abort', abort)
    for (const stream of [child.stdout, child.stderr]) stream?.destroy()
  }
}

function ended(child: ChildProcess): Promise<number> {
  return new Promise((resolve) => {
    child.once('error', () => resolve(CANNOT_RUN))
    child.once('exit', (code, signal) =>
      resolve(code ?? (signal === null ? CANNOT_RUN : 128 + constants.signals[signal])),
    )
  })
}

/** The last bytes that were written, once the streams have ended or nothing more is waited for. */
function collect(child: ChildProcess, most: number): () => Promise<string> {
  const closed = new Promise<void>((resolve) => child.once('close', () => resolve()))
  let kept = Buffer.alloc(0)
  for (const stream of [child.stdout, child.stderr])
    stream?.on('data', (chunk: Buffer) => {
      kept = Buffer.concat([kept, chunk]).subarray(-most)
    })
  return async () => {
    let timer: NodeJS.Timeout | undefined
    const waited = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, DRAIN_MS)
    })
    await Promise.race([closed, waited])
    clearTimeout(timer)
    return kept.toString('utf8')
  }
}

/** A child that could not be started has no group, and one that has ended may have left others in it. */
function killGroup({ pid }: ChildProcess): void {
  if (pid === undefined) return
  try {
    process.kill(-pid, 'SIGKILL')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}
