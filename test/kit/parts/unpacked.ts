import { existsSync } from 'node:fs'
import { mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { output } from './program.ts'

const CACHE = path.join(import.meta.dirname, '..', '..', '..', '.cache', 'unpacked')
const KEYRING = '/usr/share/keyrings/debian-archive-keyring.gpg'

/**
 * Unpacks packages of another Debian release beside the system, into a folder of the project's cache, and returns that
 * folder. They come from the mirror this machine already uses and are verified against Debian's keys; nothing is installed.
 */
export async function unpacked(names: readonly string[], { release }: { release: string }): Promise<string> {
  const root = path.join(CACHE, release, names.join('+'))
  if (existsSync(root)) return root
  const work = path.join(CACHE, `work-${process.pid}`)
  try {
    const apt = await privateApt(work, release)
    await output('apt-get', [...apt, 'update'])
    await output('sh', ['-euc', 'cd "$1"; shift; exec apt-get "$@"', 'sh', work, ...apt, 'download', ...names])
    const packages = (await readdir(work)).filter((file) => file.endsWith('.deb'))
    for (const file of packages) await output('dpkg-deb', ['-x', path.join(work, file), path.join(work, 'root')])
    await mkdir(path.dirname(root), { recursive: true })
    await rename(path.join(work, 'root'), root)
  } catch (error) {
    // Another process may have put the same folder there in the meantime.
    if (!existsSync(root)) throw error
  } finally {
    await rm(work, { recursive: true, force: true })
  }
  return root
}

/** The options that give apt sources, lists and downloads of its own in a folder. */
async function privateApt(work: string, release: string): Promise<string[]> {
  await mkdir(path.join(work, 'lists', 'partial'), { recursive: true })
  await mkdir(path.join(work, 'cache', 'archives', 'partial'), { recursive: true })
  const sources = path.join(work, 'sources.list')
  await writeFile(sources, `deb [signed-by=${KEYRING}] ${await debianMirror()} ${release} main\n`)
  const settings = {
    'Dir::Etc::SourceList': sources,
    'Dir::Etc::SourceParts': '-',
    'Dir::State::Lists': path.join(work, 'lists'),
    'Dir::Cache': path.join(work, 'cache'),
    'APT::Sandbox::User': 'root',
  }
  return Object.entries(settings).flatMap(([key, value]) => ['-o', `${key}=${value}`])
}

/** The address of the Debian archive in this machine's own apt sources, of its main suite. */
async function debianMirror(): Promise<string> {
  const format = '$(CREATED_BY) $(REPO_URI) $(RELEASE)'
  const lines = (await output('apt-get', ['indextargets', '--format', format])).split('\n')
  const address = lines
    .map((line) => line.split(' '))
    .find(([by, uri, suite]) => by === 'Packages' && /\/debian\/?$/.test(uri ?? '') && !/-/.test(suite ?? '-'))?.[1]
  if (address === undefined) throw new Error('No Debian archive is among the apt sources of this machine')
  return address
}
