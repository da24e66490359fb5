import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import path from 'node:path'
import { freePort, temporaryFolder } from '../test/kit/parts/program.ts'

const MAIN = path.join(import.meta.dirname, '..', 'src', 'main.ts')

const LATE_MS = 30_000

/** The server as people run it, in a folder of its own. */
export interface RunningProgram extends AsyncDisposable {
  /** `http://127.0.0.1:PORT`. */
  readonly url: string
  /** Milliseconds from the start of the process until it said that it listens. */
  readonly startMs: number
  /** Processor milliseconds until then; -1 where the system does not tell. */
  readonly startCpuMs: number
  /** Megabytes that are resident now. */
  memory(): number
  /** Waits until the log holds this text. */
  logged(text: string): Promise<void>
}

export interface ProgramOptions {
  /** File to run. Default: the source. */
  readonly entry?: string
  /** YAML besides server and database. */
  readonly config?: string
  readonly environment?: Readonly<Record<string, string>>
}

/** Starts `serve` and waits until it listens. */
export async function startProgram(options: ProgramOptions = {}): Promise<RunningProgram> {
  const { entry = MAIN, config = 'providers: {}', environment = {} } = options
  const folder = await temporaryFolder('bench')
  const port = await freePort()
  const text = `server: {host: 127.0.0.1, port: ${port}}\ndb: {path: seaworthy.db}\n${config}\n`
  await writeFile(path.join(folder.path, 'seaworthy.yml'), text)
  const begun = performance.now()
  const child = spawn(process.execPath, [...process.execArgv, entry, 'serve'], {
    cwd: folder.path,
    env: {
      ...compileCache(entry),
      // With what scripts/run.mjs gave this process, as it gives it to the server.
      MALLOC_ARENA_MAX: process.env.MALLOC_ARENA_MAX ?? '1',
      PATH: process.env.PATH ?? '',
      HOME: folder.path,
      NO_COLOR: '1',
      ...environment,
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const gone = once(child, 'exit')
  let log = ''
  child.stdout.on('data', (chunk: Buffer) => {
    log += chunk.toString()
  })
  const logged = async (wanted: string): Promise<void> => {
    const late = AbortSignal.timeout(LATE_MS)
    while (!log.includes(wanted)) {
      if (child.exitCode !== null || late.aborted) throw new Error(`the server did not log "${wanted}":\n${log}`)
      await Promise.race([once(child.stdout, 'data'), gone, once(late, 'abort')])
    }
  }
  await logged('Listening')
  const startMs = performance.now() - begun
  return {
    url: `http://127.0.0.1:${port}`,
    startMs,
    startCpuMs: cpuMsOf(child.pid!),
    memory: () => residentMegabytes(child.pid!),
    logged,
    async [Symbol.asyncDispose]() {
      child.kill('SIGTERM')
      await gone
      await folder[Symbol.asyncDispose]()
    },
  }
}

/** The source starts with compiled code that was kept, as `npm start` does; a release has none. */
function compileCache(entry: string): Record<string, string> {
  const { NODE_COMPILE_CACHE } = process.env
  return entry === MAIN && NODE_COMPILE_CACHE !== undefined ? { NODE_COMPILE_CACHE } : {}
}

/** proc(5): user and system time are fields 14 and 15, in hundredths of a second. */
function cpuMsOf(pid: number): number {
  if (process.platform !== 'linux') return -1
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]!.split(' ')
  return (Number(fields[11]) + Number(fields[12])) * 10
}

function residentMegabytes(pid: number): number {
  if (process.platform !== 'linux') return Number.NaN
  return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024
}
