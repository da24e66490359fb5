import { existsSync } from 'node:fs'
import path from 'node:path'
import { output } from './program.ts'
import { unpacked } from './unpacked.ts'

/** Versions of Docker's API that tests run against: bookworm's, trixie's and the newest that Debian has. */
export const ENGINES = ['1.41', '1.45', '1.51'] as const

export type Engine = (typeof ENGINES)[number]

/** Where the programs of one engine are. */
export interface EnginePrograms {
  readonly docker: string
  readonly dockerd: string
  /** PATH for dockerd, which looks for containerd, and for containerd, which looks for its shim and runc. */
  readonly path: string
  readonly args: readonly string[]
}

const SYSTEM_PATH = '/usr/sbin:/usr/bin:/sbin:/bin'
const INSTALLED: EnginePrograms = {
  docker: '/usr/bin/docker',
  dockerd: '/usr/sbin/dockerd',
  path: SYSTEM_PATH,
  args: [],
}
const RELEASES = { '1.45': 'trixie', '1.51': 'sid' } as const
/** runc and docker-init are left to the system's own: they want a newer C library, and behave alike in these releases. */
const PACKAGES = ['docker.io', 'docker-cli', 'containerd'] as const

/**
 * The programs of an engine: 1.41 is the installed one, the others are unpacked beside the system.
 * @throws when they cannot be fetched or do not run here.
 */
export async function enginePrograms(engine: Engine): Promise<EnginePrograms> {
  if (engine === '1.41') return INSTALLED
  const root = await unpacked(PACKAGES, { release: RELEASES[engine] })
  const [bin, sbin] = [path.join(root, 'usr', 'bin'), path.join(root, 'usr', 'sbin')]
  const programs = {
    docker: path.join(bin, 'docker'),
    dockerd: path.join(sbin, 'dockerd'),
    path: `${sbin}:${bin}:${SYSTEM_PATH}`,
    args: [`--userland-proxy-path=${path.join(sbin, 'docker-proxy')}`, '--init-path=/usr/bin/docker-init'],
  }
  for (const program of [programs.docker, programs.dockerd, path.join(bin, 'containerd')]) await runs(program)
  if (!existsSync(path.join(bin, 'containerd-shim-runc-v2'))) throw new Error(`${root} has no containerd shim`)
  return programs
}

/** A program of another release may ask for libraries that this one does not have. */
async function runs(program: string): Promise<void> {
  await output(program, ['--version']).catch((cause: unknown) => {
    throw new Error(`${path.basename(program)} of another Debian release does not run here: ${String(cause)}`, {
      cause,
    })
  })
}
