import { composePlugin } from './compose.ts'
import { startDockerDaemon } from './docker-daemon.ts'
import type { Engine } from './engines.ts'
import { requirePackages } from './packages.ts'

interface Need {
  readonly packages: readonly string[]
  /** The part changes the machine's mounts, networks or users. */
  readonly root?: boolean
  readonly prepare?: () => Promise<unknown>
}

const DAEMON = { root: true, packages: ['docker.io', 'iproute2', 'busybox-static', 'openssl'] } as const

const PARTS = {
  'docker daemon': DAEMON,
  'engine 1.41': DAEMON,
  'engine 1.45': { ...DAEMON, prepare: () => startsHere('1.45') },
  'engine 1.51': { ...DAEMON, prepare: () => startsHere('1.51') },
  compose: { packages: [], prepare: composePlugin },
  registry: { packages: ['docker-registry', 'openssl'] },
  smtp: { root: true, packages: ['exim4-daemon-light', 'openssl'] },
  chromium: { packages: ['chromium', 'fonts-dejavu-core'] },
  promtool: { packages: ['prometheus'] },
  alertmanager: { packages: ['prometheus-alertmanager'] },
} as const satisfies Record<string, Need>

/**
 * What a suite of real parts is declared with: `describe('…', { skip: await needs('docker daemon') }, …)`.
 * Returns false when all parts can be started here, otherwise the reason, under which the suite is reported as skipped.
 */
export async function needs(...parts: readonly (keyof typeof PARTS)[]): Promise<string | false> {
  const wanted: Need[] = parts.map((part) => PARTS[part])
  if (wanted.some((need) => need.root) && process.getuid?.() !== 0) return `needs root to start ${parts.join(', ')}`
  const reason = await requirePackages([...new Set(wanted.flatMap((need) => need.packages))])
  if (reason !== undefined) return reason
  try {
    for (const need of wanted) await need.prepare?.()
    return false
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}

/** An engine of another Debian release may not start on this one: only trying tells. */
async function startsHere(engine: Engine): Promise<void> {
  await using _ = await startDockerDaemon({ engine })
}
