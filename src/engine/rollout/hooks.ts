import type { Hook, HookPoint } from '../../domain/update-settings.ts'
import { runShell } from './run-shell.ts'

/** What became of a hook. `not-now`: it asks to be left alone in this round; nothing is touched. */
export interface HookOutcome {
  readonly outcome: 'ok' | 'not-now' | 'failed'
  readonly exitCode: number
  /** What it printed, at most the last 16 KiB. */
  readonly output: string
}

/** How a command is run: what it is, how long it may take. */
export interface HookCommand {
  readonly command: readonly string[]
  readonly timeoutMs: number
  readonly signal: AbortSignal
}

export interface HookParts {
  readonly point: HookPoint
  /** Id of the workload. */
  readonly workload: string
  /** What the hook finds in its environment besides; the names begin with `SEAWORTHY_`. */
  readonly variables: Readonly<Record<string, string>>
  /** Ours: only what a program needs to run is passed on. */
  readonly environment: Readonly<Record<string, string | undefined>>
  /** Runs a command in the container. Rejects when it takes longer than `timeoutMs`. */
  readonly exec: (how: HookCommand) => Promise<{ readonly exitCode: number; readonly output: string }>
  /** Runs a command on this machine; the machine's shell when absent. */
  readonly runCommand?: typeof runShell
  readonly signal: AbortSignal
}

/** sysexits.h, EX_TEMPFAIL: "try again later". */
const NOT_NOW = 75
/** What `timeout(1)` ends with. */
const TIMED_OUT = 124
const PASSED_ON = ['PATH', 'HOME', 'LANG', 'TZ']
const MOST_OUTPUT = 16 * 1024

/**
 * Runs a hook and waits for its end. Exit code 75 means not now, any other but 0 that it failed; so does one that takes
 * longer than it may, which is killed.
 * @throws what `exec` throws when the container cannot be reached, and the signal's reason when it is aborted.
 */
export async function runHook(hook: Hook, parts: HookParts): Promise<HookOutcome> {
  const { exitCode, output } = await (hook.where === 'container' ? runInContainer : runHere)(hook, parts)
  const outcome = exitCode === 0 ? 'ok' : exitCode === NOT_NOW ? 'not-now' : 'failed'
  return { outcome, exitCode, output: cutOutput(output) }
}

interface Ended {
  readonly exitCode: number
  readonly output: string
}

async function runHere({ command, timeoutMs }: Hook, parts: HookParts): Promise<Ended> {
  const { environment, signal, runCommand = runShell } = parts
  const passed = PASSED_ON.flatMap((name) => (environment[name] === undefined ? [] : [[name, environment[name]]]))
  const env = { ...(Object.fromEntries(passed) as Record<string, string>), ...variablesOf(parts) }
  const { exitCode, output, isKilled } = await runCommand(command, { env, timeoutMs, signal, mostOutput: MOST_OUTPUT })
  return isKilled ? timedOut(timeoutMs, output) : { exitCode, output }
}

async function runInContainer({ command, timeoutMs }: Hook, parts: HookParts): Promise<Ended> {
  const { exec, signal } = parts
  const exports = Object.entries(variablesOf(parts)).map(([name, value]) => `export ${name}=${quoted(value)}`)
  const line = [...exports, command].join('\n')
  return await exec({ command: ['/bin/sh', '-c', line], timeoutMs, signal })
}

function variablesOf({ point, workload, variables }: HookParts): Record<string, string> {
  const all = { ...variables, SEAWORTHY_HOOK: point, SEAWORTHY_WORKLOAD: workload }
  // No variable can hold a null character.
  return Object.fromEntries(Object.entries(all).map(([name, value]) => [name, value.replaceAll('\0', '')]))
}

function timedOut(timeoutMs: number, output: string): Ended {
  const line = `It did not end within ${timeoutMs / 1000} s and was killed.`
  return { exitCode: TIMED_OUT, output: output === '' ? line : `${output.trimEnd()}\n${line}` }
}

/** POSIX, 2.2.2 Single-Quotes. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`
}

/** The end says what went wrong. */
function cutOutput(output: string): string {
  const bytes = Buffer.from(output)
  if (bytes.length <= MOST_OUTPUT) return output
  // A character that was cut in two becomes a mark of three bytes, which must fit as well.
  return bytes.subarray(bytes.length - MOST_OUTPUT + 9).toString('utf8')
}
