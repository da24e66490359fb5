import { type Option, type OptionFacts, objectionsTo } from '../../domain/eligibility.ts'
import { tagOf } from '../../domain/image-reference.ts'
import type { UpdateSettings } from '../../domain/update-settings.ts'
import type { Workload } from '../../domain/workload.ts'
import type { ImageState } from '../../store/images.ts'
import type { Sighting } from '../../store/sightings.ts'

/** What is known of one workload when it is chosen what it could move to. */
export interface Choice {
  readonly workload: Workload
  readonly state: ImageState
  readonly settings: UpdateSettings
  /** Of the image's name, the earliest first. */
  readonly sightings: readonly Sighting[]
  readonly factsOf: (digest: string) => OptionFacts
  /** What a person said yes to and what is still newer than what runs. */
  readonly approved: () => Promise<Option | undefined>
  /** The best tag for these settings, where it is another than the newest. May ask. */
  readonly narrower: () => Promise<Option | undefined>
}

/**
 * The image a workload could move to: what a person said yes to, else the newest that nothing speaks against, so that one that must wait does not keep
 * smaller steps and earlier builds away for ever. Where something speaks against all, it is the newest.
 */
export async function chooseOption(choice: Choice): Promise<Option | undefined> {
  const approved = await choice.approved()
  if (approved !== undefined && isFree(choice, approved)) return approved
  const sources = [foundTag, narrowerTag, movedDigest, earlierDigest]
  let newest: Option | undefined
  for (const source of sources) {
    const option = await source(choice)
    if (option === undefined) continue
    newest ??= option
    if (isFree(choice, option)) return option
  }
  return newest
}

function isFree({ factsOf }: Choice, option: Option): boolean {
  return objectionsTo(option, factsOf(option.digest)).length === 0
}

function foundTag({ state, sightings }: Choice): Option | undefined {
  const { found_tag: tag, found_tag_digest: digest } = state
  if (tag === null || digest === null) return undefined
  return { tag, digest, level: state.level ?? 'unknown', since: sinceOf(sightings, { tag, digest }, state) }
}

async function narrowerTag(choice: Choice): Promise<Option | undefined> {
  const { state, settings } = choice
  if (state.found_tag === null || settings.mode !== 'auto') return undefined
  return await choice.narrower()
}

/** Nobody can tell whether it is needed where it is not known what runs. */
function movedDigest({ workload, state, sightings }: Choice): Option | undefined {
  const { digests } = workload.running
  const { found_digest: digest, tag } = state
  if (state.digest_moved !== 1 || digest === null || tag === null) return undefined
  if (digests.length === 0 || digests.includes(digest)) return undefined
  return { tag, digest, level: 'digest', since: sinceOf(sightings, { tag, digest }, state) }
}

/** A tag that is built anew more often than the wanted age has an earlier build that is old enough: the newest such one, seen after what runs. */
function earlierDigest(choice: Choice): Option | undefined {
  const { workload, state, sightings, settings } = choice
  if (settings.minimumAgeMs === 0 || movedDigest(choice) === undefined) return undefined
  const tag = tagOf(workload.reference!)
  const builds = sightings.filter((sighting) => sighting.tag === tag)
  const running = builds.findLastIndex(({ digest }) => workload.running.digests.includes(digest))
  if (running === -1) return undefined
  return builds
    .slice(running + 1)
    .reverse()
    .filter(({ digest }) => digest !== state.found_digest)
    .map(({ digest, at }): Option => ({ tag, digest, level: 'digest', since: at }))
    .find((option) => isFree(choice, option))
}

function sinceOf(
  sightings: readonly Sighting[],
  { tag, digest }: { tag: string; digest: string },
  state: ImageState,
): string {
  const seen = sightings.find((sighting) => sighting.tag === tag && sighting.digest === digest)
  // A finding is written down together with its sightings, so that one is missing only where the store was mended by hand.
  return seen?.at ?? state.answered_at ?? state.checked_at
}
