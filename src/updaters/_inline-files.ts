import { posix } from 'node:path'
import type { DockerClient } from '../docker/client.ts'
import { hasStatus } from '../docker/errors.ts'
import type { InspectedContainer } from '../domain/container-spec/types.ts'
import { Failure } from '../domain/failure.ts'
import { forEachLimited } from '../lib/limited.ts'
import { nameOfContainer } from './_container-world.ts'

/** Compose copies them in between creating and starting a container. Milliseconds, with room for whole seconds. */
const AROUND_MS = 5_000
const SECRETS = '/run/secrets/'
const ADDED = 1
const AT_ONCE = 8
/** A container that has written more files than this has them from its own work. */
const MOST = 500

/**
 * Configs and secrets whose content stands in the compose file, or in the environment, are copied into the container when it is
 * created: they are neither mounts nor labels, and a new container would lack them without a word.
 * @throws Failure `conflict` that names them.
 */
export async function refuseInlineFiles(
  docker: DockerClient,
  container: InspectedContainer,
  signal: AbortSignal,
): Promise<void> {
  const labels = (container.Config.Labels ?? {}) as Record<string, string>
  if (labels['com.docker.compose.project'] === undefined) return
  const files = await copiedIn(docker, container, signal)
  if (files.length === 0) return
  throw new Failure('conflict', `Compose has put files into it that a new container would lack: ${files.join(', ')}.`, {
    where: `container "${nameOfContainer(container)}"`,
    remedy:
      'Make the files of its project readable for Seaworthy at the same path, so that docker compose can update it, or run docker compose up yourself.',
  })
}

async function copiedIn(docker: DockerClient, container: InspectedContainer, signal: AbortSignal): Promise<string[]> {
  const added = await addedFiles(docker, container.Id, signal)
  const created = Date.parse(String((container as { Created?: unknown }).Created ?? ''))
  const found: string[] = []
  await forEachLimited(added, AT_ONCE, async (path) => {
    if (path.startsWith(SECRETS) || (await isReadOnlySince(docker, { id: container.Id, path, created, signal })))
      found.push(path)
  })
  return found.sort()
}

/** Paths that the container has and its image has not, without the folders on the way to them. */
async function addedFiles(docker: DockerClient, id: string, signal: AbortSignal): Promise<string[]> {
  try {
    const { body } = await docker.request('GET', `/containers/${id}/changes`, { signal })
    const paths = ((body ?? []) as { Path: string; Kind: number }[]).filter(({ Kind }) => Kind === ADDED)
    const folders = new Set(paths.map(({ Path }) => posix.dirname(Path)))
    const leaves = paths.map(({ Path }) => Path).filter((path) => !folders.has(path))
    return leaves.length > MOST ? leaves.filter((path) => path.startsWith(SECRETS)) : leaves
  } catch (error) {
    // A socket proxy may keep that to itself, and not every engine can tell.
    if (hasStatus(error, 403, 404, 405, 500, 501)) return []
    throw error
  }
}

interface Place {
  readonly id: string
  readonly path: string
  readonly created: number
  readonly signal: AbortSignal
}

/** What a program writes itself it can mostly write again; compose gives its files the mode 0444, at the time of creation. */
async function isReadOnlySince(docker: DockerClient, { id, path, created, signal }: Place): Promise<boolean> {
  try {
    const { headers } = await docker.request('HEAD', `/containers/${id}/archive`, { query: { path }, signal })
    const text = Buffer.from(headers['x-docker-container-path-stat'] ?? '', 'base64').toString()
    const { mode = 0, mtime = '' } = JSON.parse(text) as { mode?: number; mtime?: string }
    const isFile = mode <= 0o7777
    return isFile && (mode & 0o222) === 0 && Math.abs(Date.parse(mtime) - created) < AROUND_MS
  } catch (error) {
    if (hasStatus(error, 403, 404, 405)) return false
    throw error
  }
}
