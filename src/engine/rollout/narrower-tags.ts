import type { Option } from '../../domain/eligibility.ts'
import { type ImageReference, nameOf, withTag } from '../../domain/image-reference.ts'
import type { UpdateSettings } from '../../domain/update-settings.ts'
import { imageKeyOf } from '../../domain/watched-image.ts'
import type { PolicyLevel, Workload } from '../../domain/workload.ts'
import { noteSighting, readSightings } from '../../store/sightings.ts'
import type { Db } from '../../store/tables.ts'
import { readTagList } from '../../store/tag-lists.ts'
import { tagFacts } from '../ask.ts'
import { judgeKnown } from '../judge.ts'

export interface NarrowerParts {
  readonly db: Db
  readonly now: () => Date
  /** Asks the registry for the digest under a tag; undefined where it does not answer. Absent: only digests that were seen count. */
  readonly askDigest?:
    | ((reference: ImageReference, regopt: string | undefined) => Promise<string | undefined>)
    | undefined
}

/** The best tag of a workload's image that is within the settings, where the newest is not. */
export type NarrowerTags = (workload: Workload, settings: UpdateSettings) => Promise<Option | undefined>

interface Answer {
  readonly at: number
  readonly option: Promise<Option | undefined>
}

/** Judging a long list of tags and asking about one are not for every look: an answer stands for so long. */
const STANDS_MS = 10 * 60_000
const LEVELS: readonly PolicyLevel[] = ['digest', 'patch', 'minor', 'major']

/** Judges the tags that are known by the settings about updates instead of those about watching. */
export function createNarrowerTags(parts: NarrowerParts): NarrowerTags {
  const answers = new Map<string, Answer>()
  return async (workload, settings) => {
    const key = [imageKeyOf(workload), settings.level, settings.minimumAgeMs].join(' ')
    const at = parts.now().getTime()
    const known = answers.get(key)
    if (known !== undefined && at - known.at < STANDS_MS) return await known.option
    for (const [other, { at: then }] of answers) if (at - then >= STANDS_MS) answers.delete(other)
    const option = findNarrower(parts, workload, settings)
    answers.set(key, { at, option })
    return await option
  }
}

async function findNarrower(
  parts: NarrowerParts,
  { reference, settings: watched }: Workload,
  { level, minimumAgeMs }: UpdateSettings,
): Promise<Option | undefined> {
  // What another tag's digest decides cannot be judged without asking about all of them.
  if (reference === undefined || watched.select.by === 'digest-of' || level === 'digest') return undefined
  const { db, now } = parts
  const list = await readTagList(db, nameOf(reference))
  if (list === undefined) return undefined
  const policy = LEVELS[Math.min(LEVELS.indexOf(watched.policy), LEVELS.indexOf(level))]!
  const settings = { ...watched, policy, minimumAgeMs: Math.max(watched.minimumAgeMs, minimumAgeMs) }
  const { chosen, level: step } = judgeKnown({ reference, settings }, tagFacts(list), { now: now() })
  if (chosen === null) return undefined
  const seen = await lastDigest(parts, { reference, tag: chosen, regopt: watched.regopt })
  return seen === undefined ? undefined : { tag: chosen, ...seen, level: step ?? 'unknown' }
}

/** The digest that was last seen under a tag; one that never was is asked for. */
async function lastDigest(
  { db, now, askDigest }: NarrowerParts,
  { reference, tag, regopt }: { reference: ImageReference; tag: string; regopt: string | undefined },
): Promise<{ digest: string; since: string } | undefined> {
  const name = nameOf(reference)
  const sightings = (await readSightings(db, [name])).get(name) ?? []
  const last = sightings.findLast((sighting) => sighting.tag === tag)
  if (last !== undefined) return { digest: last.digest, since: last.at }
  const digest = await askDigest?.(withTag(reference, tag), regopt)
  if (digest === undefined) return undefined
  const since = now().toISOString()
  await noteSighting(db, name, { tag, digest, at: since })
  return { digest, since }
}
