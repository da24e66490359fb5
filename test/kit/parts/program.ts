import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { closeSync, openSync, readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { promisify } from 'node:util'
import { until } from './until.ts'

const run = promisify(execFile)

/** A program that a test started: it ends with the test, at the latest with the test's process. */
export interface Running extends AsyncDisposable {
  readonly pid: number
  readonly log: () => string
}

export interface StartOptions {
  /** Names the program in errors. */
  readonly what: string
  /** Where its log goes. */
  readonly folder: string
  readonly env?: NodeJS.ProcessEnv
  /** Becomes true once the program answers. */
  readonly ready: () => boolean | Promise<boolean>
  readonly timeoutMs?: number
}

/** Starts a program and waits until it is ready; a failed start throws with the end of its log. */
export async function start(command: readonly string[], options: StartOptions): Promise<Running> {
  const { what, folder, ready, timeoutMs = 20_000 } = options
  const logFile = path.join(folder, `${what.replaceAll(/\W+/g, '-')}.log`)
  const output = openSync(logFile, 'a')
  // The kernel ends the program when the test's process dies, however that dies.
  const child = spawn('setpriv', ['--pdeathsig', 'TERM', '--', ...command], {
    cwd: folder,
    env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', HOME: folder, ...options.env },
    stdio: ['ignore', output, output],
    detached: true,
  })
  closeSync(output)
  let broken: Error | undefined
  child.once('error', (error) => {
    broken = error
  })
  const log = () => readFileSync(logFile, 'utf8')
  const stop = () => end(child)
  try {
    await until(() => hasEnded(child, broken) || ready(), { what: `${what} to answer`, timeoutMs })
    if (hasEnded(child, broken)) throw broken ?? new Error(`${what} ended with ${child.exitCode ?? child.signalCode}`)
  } catch (cause) {
    await stop()
    throw new Error(`${what} did not start. The end of its log:\n${log().slice(-4_000)}`, { cause })
  }
  return { pid: child.pid!, log, [Symbol.asyncDispose]: stop }
}

/** A new private folder under the system's temporary folder, removed on disposal. */
export async function temporaryFolder(what: string): Promise<AsyncDisposable & { readonly path: string }> {
  const folder = await mkdtemp(path.join(tmpdir(), `seaworthy-${what}-`))
  return {
    path: folder,
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 }),
  }
}

/** A TCP port of 127.0.0.1 that was free a moment ago. */
export async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  await new Promise((resolve) => server.close(resolve))
  if (address === null || typeof address === 'string') throw new Error('a TCP server has an address')
  return address.port
}

/** Runs a command to its end and returns its standard output; a failure throws with what it wrote. */
export async function output(command: string, args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<string> {
  const options = { env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', ...env }, maxBuffer: 64 * 1024 * 1024 }
  try {
    return (await run(command, [...args], options)).stdout
  } catch (cause) {
    const told = cause instanceof Error && 'stderr' in cause ? String(cause.stderr).trim() : ''
    throw new Error(`${command} ${args.join(' ')} failed: ${told}`, { cause })
  }
}

async function end(child: ChildProcess): Promise<void> {
  if (child.pid === undefined || hasEnded(child)) return
  const ended = new Promise((resolve) => child.once('exit', resolve))
  child.kill('SIGTERM')
  const hard = setTimeout(() => child.kill('SIGKILL'), 15_000)
  await ended
  clearTimeout(hard)
  killGroup(child.pid)
}

/** What the program left of its own children would write into a folder that is about to be removed. */
function killGroup(group: number): void {
  try {
    process.kill(-group, 'SIGKILL')
  } catch {
    // No process of the group is left.
  }
}

function hasEnded(child: ChildProcess, broken?: Error): boolean {
  return broken !== undefined || child.exitCode !== null || child.signalCode !== null
}
