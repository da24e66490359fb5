import { type ChildProcess, spawn } from 'node:child_process'
import path from 'node:path'
import { Failure } from '../domain/failure.ts'
import { AwayError } from '../domain/update-failures.ts'
import { printable } from '../lib/printable.ts'

/** Starts a program without a shell, its standard input closed. */
export type SpawnCompose = (
  command: string,
  args: readonly string[],
  options: { readonly cwd: string; readonly env: Readonly<Record<string, string>> },
) => ChildProcess

export const spawnCompose: SpawnCompose = (command, args, { cwd, env }) =>
  spawn(command, args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] })

export interface ComposeRun {
  /** `docker`, or the compose program itself. */
  readonly program: string
  /** Milliseconds. */
  readonly timeoutMs: number
  readonly cwd: string
  readonly env: Readonly<Record<string, string>>
  readonly spawn: SpawnCompose
  readonly signal: AbortSignal
}

export interface ComposeOutput {
  readonly stdout: string
  readonly stderr: string
}

const MOST_BYTES = 32 * 1024 * 1024
const COMPLAINT_LINES = 4
const COMPLAINT_LENGTH = 600

/**
 * Runs compose to its end.
 * @throws Failure with the last lines of what it printed; AwayError when it says that the engine does not answer; the
 *   signal's reason.
 */
export async function runCompose(args: readonly string[], run: ComposeRun): Promise<ComposeOutput> {
  const { program, cwd, env, signal } = run
  signal.throwIfAborted()
  const isPlugin = !/compose/.test(path.basename(program))
  const child = run.spawn(program, isPlugin ? ['compose', ...args] : args, { cwd, env })
  const timeout = AbortSignal.timeout(run.timeoutMs)
  const { code, output } = await ended(child, AbortSignal.any([signal, timeout]), program)
  signal.throwIfAborted()
  const what = `docker compose ${verbOf(args)}`
  if (timeout.aborted)
    throw new Failure('unavailable', `${what} did not end within ${Math.round(run.timeoutMs / 1000)} s.`, {
      remedy: 'Try it by hand in the folder of the project; the time it is given is the option timeout of compose.',
    })
  if (code === 0) return output
  const complaint = lastLines(output.stderr)
  if (AWAY.test(complaint)) throw new AwayError(`${what}: ${complaint}`, undefined)
  throw new Failure('unavailable', `${what} failed: ${complaint || `exit code ${code}`}`, {
    where: cwd,
    remedy: 'Try it by hand in the folder of the project.',
  })
}

const AWAY = /cannot connect to the docker daemon|error during connect|connection reset by peer|unexpected EOF/i

function ended(child: ChildProcess, signal: AbortSignal, program: string) {
  return new Promise<{ code: number | null; output: ComposeOutput }>((resolve, reject) => {
    const printed = { stdout: [] as Buffer[], stderr: [] as Buffer[] }
    const stop = () => child.kill()
    signal.addEventListener('abort', stop, { once: true })
    const collect = (name: keyof typeof printed) => (chunk: Buffer) => {
      const held = printed[name].reduce((sum, { length }) => sum + length, 0)
      if (held < MOST_BYTES) printed[name].push(chunk)
    }
    child.stdout?.on('data', collect('stdout'))
    child.stderr?.on('data', collect('stderr'))
    child.on('error', (cause) => {
      signal.removeEventListener('abort', stop)
      reject(
        new Failure('unsupported', `The program ${program} cannot be started (${cause.message}).`, {
          remedy: 'Install Docker with its compose plugin, or set the option program of compose.',
          cause,
        }),
      )
    })
    child.on('close', (code) => {
      signal.removeEventListener('abort', stop)
      const text = (name: keyof typeof printed) => Buffer.concat(printed[name]).toString()
      resolve({ code, output: { stdout: text('stdout'), stderr: text('stderr') } })
    })
  })
}

/** What went wrong stands at the end; the lines of progress before it help nobody. */
function lastLines(text: string): string {
  const lines = text
    .split(/\r?\n/)
    .map((line) => printable(line).trim())
    .filter((line) => line !== '' && !/^(?:Container|Network|Volume) \S+ {2}\S/.test(line))
  return lines.slice(-COMPLAINT_LINES).join(' ').slice(-COMPLAINT_LENGTH)
}

const VERBS = new Set(['version', 'ls', 'config', 'up'])

function verbOf(args: readonly string[]): string {
  return args.find((arg) => VERBS.has(arg)) ?? ''
}
