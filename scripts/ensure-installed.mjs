// Brings node_modules up to date with package-lock.json, so that a fresh clone needs one command.
// Runs on whatever Node the machine has, so: old syntax, no dependencies.
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { nodeBinary, say } from './run.mjs'

const root = path.join(path.dirname(fileURLToPath(import.meta.url)), '..')
const lock = path.join(root, 'package-lock.json')
const stamp = path.join(root, 'node_modules', '.installed-from')
const digest = createHash('sha256').update(readFileSync(lock)).digest('hex')

if (!installed()) install()
writeFileSync(stamp, `${digest}\n`)
generate()

/** True when node_modules came from this lock file, by our stamp or by npm's own record. */
function installed() {
  if (existsSync(stamp) && readFileSync(stamp, 'utf8').trim() === digest) return true
  const record = path.join(root, 'node_modules', '.package-lock.json')
  return existsSync(record) && statSync(record).mtimeMs >= statSync(lock).mtimeMs
}

function install() {
  say('Installing the packages of package-lock.json into node_modules (once, about half a minute).')
  const npm = process.env.npm_execpath
  const command = npm ? [process.execPath, npm] : [process.platform === 'win32' ? 'npm.cmd' : 'npm']
  // Not `npm ci`: it refuses a lock file without the optional packages of systems that a registry does not carry.
  const args = ['install', '--no-save', '--no-audit', '--no-fund', '--loglevel=error']
  const done = spawnSync(command[0], [...command.slice(1), ...args], {
    cwd: root,
    stdio: ['ignore', 2, 2],
    shell: process.platform === 'win32' && !npm,
  })
  if (done.error) stop(`npm could not be started (${done.error.message}). Install Node 20 or newer with npm.`)
  if (done.status !== 0) {
    stop(`npm install failed (exit code ${done.status}); its output above says why. Run it again by hand: npm install`)
  }
}

function generate() {
  const done = spawnSync(nodeBinary(), [path.join(root, 'scripts', 'gen.ts')], { stdio: ['ignore', 2, 2] })
  if (done.status !== 0) stop('The lists of family members could not be written (scripts/gen.ts).')
}

function stop(sentence) {
  say(sentence)
  process.exit(1)
}
