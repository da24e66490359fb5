import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { short } from './files.ts'
import { END, type Row } from './reporter.ts'

const HERE = import.meta.dirname

/**
 * Runs test files in one process of their own and returns a row for every test.
 * A process that dies or outlives its time (milliseconds) is a failed row: no test is lost in silence.
 */
export async function runFiles(files: readonly string[], time: number): Promise<Row[]> {
  if (files.length === 0) return []
  const folder = mkdtempSync(path.join(tmpdir(), 'seaworthy-rows-'))
  try {
    const destination = path.join(folder, 'rows')
    const { ended, output } = await runShard(files, destination, time)
    const { rows, complete } = readRows(destination)
    if (complete && (ended === 0 || rows.some((row) => row.outcome === 'failed'))) return rows
    const how = ended === 'late' ? `was ended after ${time / 1000} s` : `ended with ${ended}`
    const early = complete ? '' : ' before its tests did'
    const file = files.length === 1 ? files[0]! : `${files.length} files`
    const detail = `The process ${how}${early}.\n${whereItStopped(files, rows)}\n${output}`
    return [...rows, { outcome: 'failed', file, name: 'the test process', detail, milliseconds: time }]
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** Runs files in `count` processes side by side, every file in one of them. */
export async function runShards(files: readonly string[], count: number, time: number): Promise<Row[]> {
  const shards = Array.from({ length: count }, (_, index) => files.filter((_, place) => place % count === index))
  return (await Promise.all(shards.map((shard) => runFiles(shard, time)))).flat()
}

function whereItStopped(files: readonly string[], rows: readonly Row[]): string {
  const last = rows.at(-1)
  const unheard = files.filter((file) => !rows.some((row) => row.file === file)).map(short)
  const heard = last === undefined ? 'No test ended.' : `The last test that ended: ${short(last.file)} › ${last.name}.`
  return unheard.length === 0 ? heard : `${heard} Files without an answer: ${unheard.join(', ')}.`
}

async function runShard(files: readonly string[], destination: string, time: number) {
  const flags = [
    // Tests make much garbage and live shortly: room for it is time saved.
    '--max-semi-space-size=32',
    '--test-force-exit',
    `--test-reporter=${path.join(HERE, 'reporter.ts')}`,
    `--test-reporter-destination=${destination}`,
  ]
  // A shard reports by itself, also when it is started by a test of node's own runner.
  const { NODE_TEST_CONTEXT: _, ...inherited } = process.env
  const env = { NODE_COMPILE_CACHE: path.join(HERE, '..', '..', 'node_modules', '.cache', 'node-tests'), ...inherited }
  const child = spawn(process.execPath, [...flags, path.join(HERE, 'shard.ts'), ...files], {
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const chunks: Buffer[] = []
  child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk))
  child.stderr.on('data', (chunk: Buffer) => chunks.push(chunk))
  let late = false
  const deadline = setTimeout(() => {
    late = true
    child.kill('SIGKILL')
  }, time)
  const ended = await new Promise<number | string>((resolve) => {
    child.once('error', (error) => resolve(error.message))
    child.once('close', (code, signal) => resolve(code ?? signal ?? 'no exit code'))
  })
  clearTimeout(deadline)
  return { ended: late ? 'late' : ended, output: Buffer.concat(chunks).toString().slice(-8_000) }
}

function readRows(destination: string): { rows: Row[]; complete: boolean } {
  const lines = readFileSync(destination, { encoding: 'utf8', flag: 'a+' }).split('\n')
  const rows = lines.filter((line) => line.endsWith('}')).map((line) => JSON.parse(line) as Row)
  return { rows, complete: lines.includes(END) }
}
