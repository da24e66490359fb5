// Links the Node 26 that came as a platform package to node_modules/.bin/node.
// npm 9 and 10 drop that link when they throw the other platforms' packages away.
// Runs on whatever Node the machine has, so: old syntax, no dependencies.
import { chmodSync, existsSync, mkdirSync, readdirSync, rmSync, symlinkSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'

const modules = path.join(path.dirname(fileURLToPath(import.meta.url)), '..', 'node_modules')
const carriers = /^node-(bin-)?(linux|darwin|win)-/
for (const name of existsSync(modules) ? readdirSync(modules).filter((entry) => carriers.test(entry)) : []) {
  const binary = path.join(modules, name, 'bin', process.platform === 'win32' ? 'node.exe' : 'node')
  if (!existsSync(binary)) continue
  const link = path.join(modules, '.bin', path.basename(binary))
  mkdirSync(path.dirname(link), { recursive: true })
  rmSync(link, { force: true })
  chmodSync(binary, 0o755)
  symlinkSync(path.relative(path.dirname(link), binary), link)
}
