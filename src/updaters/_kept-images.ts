import type { DockerClient } from '../docker/client.ts'
import { findImage, moveTag, removeName } from './_image.ts'
import type { Run } from './_updater.ts'

const REPOSITORY = 'seaworthy.internal/rollback'
const ID_LENGTH = 24

/** Gives an image a name of ours: without any it is taken away by the next `docker image prune`, and there is no way back. */
export async function keepImage(docker: DockerClient, imageId: string, run: Run): Promise<void> {
  const { signal } = run
  const reference = keptName(imageId)
  if ((await findImage(docker, reference, signal)) !== undefined) return
  if ((await findImage(docker, imageId, signal)) === undefined) return
  await run.act('keep-image', { image: imageId, name: reference }, () =>
    moveTag(docker, { reference, imageId, signal }),
  )
}

/** Removes those of `unwanted` that bear such a name and that no container uses, running or not. */
export async function removeKept(
  docker: DockerClient,
  unwanted: ReadonlySet<string>,
  signal: AbortSignal,
): Promise<string[]> {
  const filters = { reference: [REPOSITORY] }
  const { body: images } = await docker.request('GET', '/images/json', { query: { filters }, signal })
  const { body: containers } = await docker.request('GET', '/containers/json', { query: { all: 1 }, signal })
  const used = new Set((containers as { ImageID: string }[]).map(({ ImageID }) => ImageID))
  const removed: string[] = []
  for (const { Id, RepoDigests, RepoTags } of images as KeptImage[]) {
    if (!unwanted.has(Id) || used.has(Id)) continue
    const foreign = (RepoTags ?? []).filter((tag) => tag !== keptName(Id))
    // Its digests are names too, and would keep it; a tag that somebody else gave it is theirs.
    const digests = foreign.length > 0 ? [] : (RepoDigests ?? [])
    for (const name of [...digests, keptName(Id)]) await removeName(docker, name, signal)
    if (foreign.length === 0) removed.push(Id)
  }
  return removed
}

interface KeptImage {
  readonly Id: string
  readonly RepoTags: string[] | null
  readonly RepoDigests: string[] | null
}

function keptName(imageId: string): string {
  return `${REPOSITORY}:${imageId.replace('sha256:', '').slice(0, ID_LENGTH)}`
}
