import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import path from 'node:path'
import { freePort, temporaryFolder } from './parts/program.ts'
import { until } from './parts/until.ts'

const MAIN = path.join(import.meta.dirname, '..', '..', 'src', 'main.ts')
const NODE = [process.execPath, '--max-semi-space-size=2', '--heap-growing-percent=30'] as const

/** Compiled code is kept between its starts, as `scripts/run.mjs` has it: a start takes half as long. */
const COMPILED = path.join(import.meta.dirname, '..', '..', 'node_modules', '.cache', 'node-compile')

/** The program as people run it, in a folder of its own. */
export interface Seaworthy extends AsyncDisposable {
  readonly folder: string
  /** `http://127.0.0.1:PORT`, of the server once it is started. */
  readonly url: string
  /** Runs a command to its end. */
  run(args: readonly string[], input?: string): Promise<Ended>
  /** Starts the server and waits until it answers. */
  serve(): Promise<Server>
  /** Ends every process of it that runs without giving it a chance. */
  killAll(): void
}

export interface Ended {
  readonly code: number | null
  readonly out: string
  readonly err: string
}

export interface Server extends AsyncDisposable {
  readonly pid: number
  readonly log: () => string
  /** Ends it without giving it a chance, and waits until it is gone. */
  kill(): Promise<void>
  /** Asks it to stop, and waits until it is gone. Returns its exit code. */
  stop(): Promise<number | null>
}

/** Lays out a folder with this configuration (YAML text; `PORT` stands for the server's port) and environment. */
export async function seaworthyWith(
  config: string,
  environment: Readonly<Record<string, string>> = {},
): Promise<Seaworthy> {
  const temporary = await temporaryFolder('seaworthy')
  const port = await freePort()
  await writeFile(path.join(temporary.path, 'seaworthy.yml'), config.replaceAll('PORT', String(port)))
  const env = {
    PATH: '/usr/sbin:/usr/bin:/sbin:/bin',
    HOME: temporary.path,
    NO_COLOR: '1',
    NODE_COMPILE_CACHE: COMPILED,
    ...environment,
  }
  const running = new Set<ChildProcess>()
  const start = (args: readonly string[]): ChildProcess => {
    const options = { cwd: temporary.path, env, stdio: ['pipe', 'pipe', 'pipe'] } as const
    const child = spawn(NODE[0], [...NODE.slice(1), MAIN, ...args], { ...options, stdio: [...options.stdio] })
    running.add(child)
    child.once('close', () => running.delete(child))
    return child
  }
  const url = `http://127.0.0.1:${port}`
  return {
    folder: temporary.path,
    url,
    async run(args, input = '') {
      const child = start(args)
      const [out, err] = [collect(child.stdout!), collect(child.stderr!)]
      child.stdin!.end(input)
      const [code] = (await once(child, 'close')) as [number | null]
      return { code, out: out(), err: err() }
    },
    async serve() {
      const child = start(['serve'])
      const log = collect(child.stdout!)
      const err = collect(child.stderr!)
      const gone = once(child, 'close') as Promise<[number | null]>
      const everything = (): string => log() + err()
      const answers = async (): Promise<boolean> => {
        if (child.exitCode !== null) throw new Error(`the server ended with ${child.exitCode}: ${everything()}`)
        return (await fetch(`${url}/healthcheck`)).ok
      }
      await until(answers, { what: 'the server to answer', timeoutMs: 20_000 })
      const end = async (signal: NodeJS.Signals): Promise<number | null> => {
        child.kill(signal)
        return (await gone)[0]
      }
      return {
        pid: child.pid!,
        log: everything,
        kill: async () => void (await end('SIGKILL')),
        stop: () => end('SIGTERM'),
        [Symbol.asyncDispose]: async () =>
          void (child.exitCode === null && child.signalCode === null && (await end('SIGKILL'))),
      }
    },
    killAll() {
      for (const child of running) child.kill('SIGKILL')
    },
    [Symbol.asyncDispose]: () => temporary[Symbol.asyncDispose](),
  }
}

function collect(stream: NodeJS.ReadableStream): () => string {
  const chunks: Buffer[] = []
  stream.on('data', (chunk: Buffer) => chunks.push(chunk))
  return () => Buffer.concat(chunks).toString()
}
