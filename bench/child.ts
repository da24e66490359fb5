import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import path from 'node:path'

/** What a process has cost so far. Seconds of the processor, and megabytes at its highest. */
export interface Cost {
  readonly cpu: number
  readonly peak: number
}

/** Starts a file (of this folder, or a whole path) in a process of its own, on the flags that the product runs on. */
export function startChild(file: string, question: unknown): ChildProcess {
  const child = fork(path.resolve(import.meta.dirname, file), {
    execArgv: process.execArgv,
    // A release has no such folder, and bundles in temporary folders would fill it.
    env: { ...process.env, NODE_DISABLE_COMPILE_CACHE: '1' },
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  })
  child.send(question as object)
  return child
}

/** Runs a file to its end and returns the one message that it sent. */
export async function askChild<Answer>(file: string, question: unknown): Promise<Answer> {
  const child = startChild(file, question)
  const gone = once(child, 'exit')
  const [answer] = await Promise.race([once(child, 'message'), gone.then(([code]) => endedEarly(file, code))])
  await gone
  return answer as Answer
}

/** In the child: what it was asked. */
export async function questionOf<Question>(): Promise<Question> {
  const [question] = await once(process, 'message')
  return question as Question
}

/** In the child: what it has cost until now. */
export function costSoFar(): Cost {
  const { user, system } = process.cpuUsage()
  return { cpu: (user + system) / 1e6, peak: peakMegabytes() }
}

/** `getrusage` counts the parent's memory too, up to the moment the child is replaced; the kernel's own record does not. */
function peakMegabytes(): number {
  if (process.platform !== 'linux') return process.resourceUsage().maxRSS / 1024
  return Number(/VmHWM:\s+(\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))?.[1]) / 1024
}

function endedEarly(file: string, code: unknown): never {
  throw new Error(`${file} ended with ${String(code)} before it answered`)
}
