import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)

/**
 * Installs the Debian packages that are missing, without starting any daemon they bring and without removing anything.
 * Returns undefined when all are there, otherwise the reason why not, for a skipped suite.
 */
export async function requirePackages(names: readonly string[]): Promise<string | undefined> {
  if (!existsSync('/usr/bin/dpkg-query')) return `needs the Debian packages ${names.join(', ')}; this is no Debian`
  const missing = await missingPackages(names)
  if (missing.length === 0) return undefined
  if (process.getuid?.() !== 0) return `needs the Debian packages ${missing.join(', ')}: apt-get install them`
  try {
    await install(missing)
    return undefined
  } catch (error) {
    const told = error instanceof Error && 'stderr' in error ? String(error.stderr) : String(error)
    return `the Debian packages ${missing.join(', ')} could not be installed: ${told.trim().split('\n').at(-1)}`
  }
}

async function missingPackages(names: readonly string[]): Promise<string[]> {
  // dpkg-query ends with 1 when it does not know one of them; the others are still told.
  const told = await run('dpkg-query', ['--status', ...names]).catch((error: { stdout?: string }) => error)
  const paragraphs = (told.stdout ?? '').split('\n\n')
  const there = paragraphs.filter((paragraph) => /^Status: .* installed$/m.test(paragraph))
  return names.filter((name) => !there.some((paragraph) => paragraph.startsWith(`Package: ${name}\n`)))
}

async function install(names: readonly string[]): Promise<void> {
  const lock = path.join(tmpdir(), 'seaworthy-apt.lock')
  await run('flock', [lock, 'sh', '-euc', INSTALL, 'sh', ...names], {
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive', RUNLEVEL: '1' },
    timeout: 600_000,
    maxBuffer: 64 * 1024 * 1024,
  })
}

// A policy of our own lies there only while apt runs, and only where the machine has none: no daemon gets started.
// The stamp spares the other suites of the same hour their `apt-get update`.
const INSTALL = `
policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ]; then
  trap 'rm -f "$policy"' EXIT
  printf '#!/bin/sh\\nexit 101\\n' >"$policy"
  chmod 755 "$policy"
fi
stamp=\${TMPDIR:-/tmp}/seaworthy-apt.updated
if [ -z "$(find "$stamp" -mmin -60 2>/dev/null)" ]; then
  apt-get -o DPkg::Lock::Timeout=120 update >/dev/null
  touch "$stamp"
fi
apt-get -o DPkg::Lock::Timeout=120 -o Dpkg::Options::=--force-confold \
  install -y --no-install-recommends --no-remove "$@" >/dev/null
`
