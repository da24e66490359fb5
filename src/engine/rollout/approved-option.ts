import type { Option } from '../../domain/eligibility.ts'
import { nameOf, tagOf } from '../../domain/image-reference.ts'
import type { Workload } from '../../domain/workload.ts'
import type { Approval } from '../../store/approvals.ts'
import type { Sighting } from '../../store/sightings.ts'
import type { Db } from '../../store/tables.ts'
import { readTagList } from '../../store/tag-lists.ts'
import { tagFacts } from '../ask.ts'
import { judgeKnown } from '../judge.ts'

export interface ApprovedParts {
  readonly db: Db
  readonly now: Date
  /** Of the image's name, the earliest first. */
  readonly sightings: readonly Sighting[]
  /** Of the workload, the earliest first. */
  readonly approvals: readonly Approval[]
}

/**
 * What a person said yes to last and what is still newer than what runs. A yes given on Monday for the window of Sunday
 * must not be lost because there is something still newer on Tuesday.
 */
export async function approvedOption(workload: Workload, parts: ApprovedParts): Promise<Option | undefined> {
  for (const { digest, tag, createdAt } of parts.approvals.toReversed()) {
    if (workload.reference === undefined || workload.running.digests.includes(digest)) continue
    const level =
      tag === tagOf(workload.reference) ? buildLevel(workload, digest, parts) : await stepLevel(workload, tag, parts)
    if (level === undefined) continue
    const seen = parts.sightings.find((sighting) => sighting.tag === tag && sighting.digest === digest)
    return { tag, digest, level, since: seen?.at ?? createdAt }
  }
  return undefined
}

/** A build of the tag in use is newer when it was seen after what runs. */
function buildLevel(
  { reference, running }: Workload,
  digest: string,
  { sightings }: ApprovedParts,
): string | undefined {
  const builds = sightings.filter(({ tag }) => tag === tagOf(reference!))
  const runs = builds.findLastIndex((build) => running.digests.includes(build.digest))
  return runs !== -1 && builds.findIndex((build) => build.digest === digest) > runs ? 'digest' : undefined
}

async function stepLevel(
  { reference, settings }: Workload,
  tag: string | undefined,
  { db, now }: ApprovedParts,
): Promise<string | undefined> {
  const list = tag === undefined ? undefined : await readTagList(db, nameOf(reference!))
  if (list === undefined) return undefined
  const { verdicts } = judgeKnown({ reference: reference!, settings }, tagFacts(list), { now })
  return verdicts.find((verdict) => verdict.tag === tag)?.level
}
