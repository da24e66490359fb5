import { spawn } from 'node:child_process'
import path from 'node:path'
import type { Row } from './reporter.ts'

const ROOT = path.join(import.meta.dirname, '..', '..')
const BIN = path.join(ROOT, 'node_modules', '.bin')
// What tsc knew last time: a second run takes a sixth of the time.
const BUILD_INFO = path.join(ROOT, 'node_modules', '.cache', 'tsc.tsbuildinfo')

/** A check that is one command: passed when it exits with 0. */
export interface Step {
  readonly name: string
  readonly command: readonly [file: string, ...args: string[]]
}

/** Writes the generated lists; everything else reads them, so this comes first. */
export const generator: Step = { name: 'generator', command: [process.execPath, path.join(ROOT, 'scripts', 'gen.ts')] }

/** What can be said about the source without running it. */
export const staticChecks: readonly Step[] = [
  {
    name: 'types (tsc)',
    command: [path.join(BIN, 'tsc'), '--pretty', 'false', '-p', ROOT, '--incremental', '--tsBuildInfoFile', BUILD_INFO],
  },
  { name: 'format and lint (biome)', command: [path.join(BIN, 'biome'), 'check', '--colors=off', ROOT] },
  { name: 'dead code (knip)', command: [path.join(BIN, 'knip'), '--no-progress'] },
]

/** Runs one step from the project's root; what it wrote becomes the detail of a failed row. */
export async function runStep(step: Step): Promise<Row> {
  const started = performance.now()
  const [file, ...args] = step.command
  // npm scripts put this folder first; a direct call must find Node 26 there too.
  const env = { ...process.env, PATH: `${BIN}${path.delimiter}${process.env.PATH ?? ''}` }
  const child = spawn(file, args, { cwd: ROOT, env, stdio: ['ignore', 'pipe', 'pipe'] })
  const chunks: Buffer[] = []
  child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk))
  child.stderr.on('data', (chunk: Buffer) => chunks.push(chunk))
  const code = await new Promise<number | string>((resolve) => {
    child.once('error', (error) => resolve(error.message))
    child.once('close', (exit, signal) => resolve(exit ?? signal ?? 'no exit code'))
  })
  return {
    outcome: code === 0 ? 'passed' : 'failed',
    file: 'static checks',
    name: step.name,
    detail: code === 0 ? '' : `${Buffer.concat(chunks).toString()}(ended with ${code})`,
    milliseconds: Math.round(performance.now() - started),
  }
}
