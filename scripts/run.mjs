// Runs a file on the project's own Node: `node scripts/run.mjs src/main.ts serve`.
// Runs on whatever Node the machine has, so: old syntax, no dependencies.
import { spawn, spawnSync } from 'node:child_process'
import { existsSync, realpathSync } from 'node:fs'
import { constants } from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'

const here = path.dirname(fileURLToPath(import.meta.url))

/**
 * A heap that is collected often, and compilations that are let go by the thread that asked for them, not whenever another
 * has time for it: a quarter less memory at the peak of a large check for no more processor time (docs/benchmarks.md).
 */
const NODE_FLAGS = ['--max-semi-space-size=2', '--heap-growing-percent=30', '--no-maglev-destroy-on-background']
/** glibc would give every thread of the runtime a heap of its own, and what one has let go another cannot use. */
const MALLOC_ARENAS = '1'
/** Where Node keeps compiled code, unless NODE_COMPILE_CACHE names another folder. */
const COMPILE_CACHE = path.join(here, '..', 'node_modules', '.cache', 'node-compile')

if (process.argv[1] && realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) run(process.argv.slice(2))

/** The path of Node 26: the one in node_modules, linked here if an install skipped its scripts. */
export function nodeBinary() {
  const linked = path.join(here, '..', 'node_modules', '.bin', process.platform === 'win32' ? 'node.exe' : 'node')
  if (!existsSync(linked)) spawnSync(process.execPath, [path.join(here, 'link-node.mjs')], { stdio: ['ignore', 2, 2] })
  if (existsSync(linked)) return linked
  if (Number(process.versions.node.split('.')[0]) >= 26) return process.execPath
  say(`Seaworthy needs Node 26; this is ${process.version} and node_modules has none. Run: npm install`)
  return process.exit(1)
}

/** Writes one sentence to standard error. */
export function say(sentence) {
  process.stderr.write(`seaworthy: ${sentence}\n`)
}

function run(args) {
  if (args.length === 0) {
    say('say which file to run: node scripts/run.mjs <file> [arguments]')
    process.exit(2)
  }
  const binary = nodeBinary()
  const flags = [...NODE_FLAGS, ...args]
  // Compiled code is kept: a start from source takes half as long. Where the folder cannot be written Node goes on without.
  const env = { NODE_COMPILE_CACHE: COMPILE_CACHE, MALLOC_ARENA_MAX: MALLOC_ARENAS, ...process.env }
  if (typeof process.execve === 'function' && process.platform !== 'win32') {
    process.execve(binary, [binary, ...flags], env)
  }
  const child = spawn(binary, flags, { stdio: 'inherit', env })
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal))
  child.on('error', (error) => {
    say(`${binary} could not be started: ${error.message}`)
    process.exit(1)
  })
  child.on('exit', (code, signal) => process.exit(signal ? 128 + constants.signals[signal] : code))
}
