import { Failure } from '../../domain/failure.ts'
import type { ImageAt } from '../../domain/update.ts'
import type { Db } from '../../store/tables.ts'
import { listUpdates } from '../../store/update-journal.ts'

const MOST = 50

/** What a workload ran before, the last one first, each once. Only what its own updates put there: whose image may still be on the host. */
export async function earlierVersions(db: Db, workload: string): Promise<ImageAt[]> {
  const updates = await listUpdates(db, { workload, open: false, most: MOST })
  const versions = new Map<string, ImageAt>()
  const current = updates.find(({ phase }) => phase === 'committed')?.plan.to.imageId
  for (const { phase, plan } of updates) {
    const { imageId } = plan.from
    if (phase !== 'committed' || imageId === undefined || imageId === current || versions.has(imageId)) continue
    versions.set(imageId, plan.from)
  }
  return [...versions.values()]
}

/**
 * The version to go back to: the last one, or the one that `to` names by tag, digest, reference or image id.
 * @throws Failure `not-found` with those there are.
 */
export async function earlierVersion(
  db: Db,
  { workload, name, to }: { workload: string; name: string; to?: string | undefined },
): Promise<ImageAt> {
  const versions = await earlierVersions(db, workload)
  const found = to === undefined ? versions[0] : versions.find((version) => isNamed(version, to))
  // By the engine's id only: what is on the host is started, and no registry is asked.
  if (found !== undefined) return { reference: found.reference, imageId: found.imageId! }
  const known = versions.map(({ reference, imageId }) => `${reference} (${shortId(imageId!)})`)
  throw new Failure('not-found', `No earlier version ${to === undefined ? '' : `"${to}" `}of "${name}" is known.`, {
    remedy:
      known.length === 0 ? 'Only versions that an update replaced can be gone back to.' : `Known: ${known.join(', ')}.`,
  })
}

function isNamed({ reference, digest, imageId }: ImageAt, text: string): boolean {
  const tag = /:([^/:]+)$/.exec(reference)?.[1]
  if ([reference, tag, digest].includes(text)) return true
  const id = imageId?.replace('sha256:', '') ?? ''
  return text.length >= SHORTEST_ID && id.startsWith(text.replace('sha256:', ''))
}

const SHORTEST_ID = 4

function shortId(imageId: string): string {
  return imageId.replace('sha256:', '').slice(0, 12)
}
