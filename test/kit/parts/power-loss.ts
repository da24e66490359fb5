import { readdir, readFile } from 'node:fs/promises'
import type { DockerDaemon } from './docker-daemon.ts'
import { until } from './until.ts'

/** What a power failure does to an engine: dockerd, containerd, the shims and every process of a container are gone at once. */
export async function endEverything(daemon: DockerDaemon): Promise<void> {
  const ids = (await daemon.docker('ps', '--quiet')).split('\n').filter(Boolean)
  const pids = ids.length === 0 ? '' : await daemon.docker('inspect', '--format', '{{.State.Pid}}', ...ids)
  const doomed = [...(await shimsOf(daemon.folder)), ...pids.split('\n').map(Number)].filter((pid) => pid > 0)
  await daemon.kill()
  for (const pid of doomed) killIfThere(pid)
  // A file that one of them still wrote to would be written after the power had gone.
  await until(async () => (await shimsOf(daemon.folder)).length === 0, { what: 'the shims to be gone' })
}

/** Processes other than dockerd that name the engine's own folder, as containerd and its shims do. */
async function shimsOf(folder: string): Promise<number[]> {
  const found: number[] = []
  for (const pid of (await readdir('/proc')).filter((name) => /^\d+$/.test(name))) {
    const line = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')
    if (/^(?:\S*\/)?containerd/.test(line) && line.includes(`${folder}/`)) found.push(Number(pid))
  }
  return found
}

function killIfThere(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch {
    // It went with another one.
  }
}
