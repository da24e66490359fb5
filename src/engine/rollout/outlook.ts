import { blockersOf, type Option, type OptionFacts } from '../../domain/eligibility.ts'
import { findWorkload } from '../../domain/find-workload.ts'
import type { Hold } from '../../domain/hold.ts'
import { familiarName, isBareId, nameOf, tagOf } from '../../domain/image-reference.ts'
import { tellTime } from '../../domain/tell-time.ts'
import type { Update } from '../../domain/update.ts'
import { effectiveSettings, type UpdatePolicy } from '../../domain/update-policy.ts'
import type { UpdateLayer, UpdateSettings } from '../../domain/update-settings.ts'
import { imageKeyOf } from '../../domain/watched-image.ts'
import { type Opening, openingAt } from '../../domain/window.ts'
import type { Workload } from '../../domain/workload.ts'
import { type Approval, listApprovals } from '../../store/approvals.ts'
import { listHolds } from '../../store/holds.ts'
import { type ImageState, readImageStates } from '../../store/images.ts'
import { type Pause, readPause } from '../../store/pause.ts'
import { listQuarantine, type Quarantined } from '../../store/quarantine.ts'
import { readSightings, type Sighting } from '../../store/sightings.ts'
import { listUpdates } from '../../store/update-journal.ts'
import type { Discovery } from '../discover.ts'
import { approvedOption } from './approved-option.ts'
import { chooseOption } from './choose-option.ts'
import { createNarrowerTags, type NarrowerParts, type NarrowerTags } from './narrower-tags.ts'
import type { Candidate, Outlook } from './types.ts'

export interface OutlookParts extends NarrowerParts {
  readonly discovery: Pick<Discovery, 'workloads'>
  /** Of the section `updates`. */
  readonly base: UpdateLayer
  readonly policies: readonly UpdatePolicy[]
  /** `updates.paused`. */
  readonly pausedByConfig: boolean
  /** Why this workload may not be updated by us, as a sentence: it is our own container. */
  readonly refusal?: ((workload: Workload) => string | undefined) | undefined
}

export interface Outlooks {
  /** By id, `host/name` or a name that is unique. @throws Failure `not-found` or `invalid`, with the names there are. */
  outlook(workload: string): Promise<Outlook>
  /** Of everything that runs and can be updated at all, by host and name. */
  outlooks(): Promise<Outlook[]>
  /** The workload itself. @throws Failure as `outlook`. */
  workload(workload: string): Workload
  /** Why nothing is updated by itself now: what a person said, or else the config. */
  pause(): Promise<Pause | undefined>
}

/** Says of workloads what may be done about them now, from what was discovered and what is written down. */
export function createOutlooks(parts: OutlookParts): Outlooks {
  const narrower = createNarrowerTags(parts)
  const workload = (text: string): Workload => findWorkload(parts.discovery.workloads(), text)
  return {
    workload,
    pause: () => readPauseOf(parts, parts.now()),
    async outlook(text) {
      const [outlook] = await outlooksOf(parts, [workload(text)], narrower)
      return outlook!
    },
    async outlooks() {
      const all = parts.discovery.workloads().filter(({ update }) => update !== undefined)
      const outlooks = await outlooksOf(parts, all, narrower)
      return outlooks.sort((a, b) => a.host.localeCompare(b.host) || a.name.localeCompare(b.name))
    },
  }
}

/** What is written down, read once for all workloads. */
interface Written {
  readonly now: Date
  readonly pause: Pause | undefined
  readonly states: ReadonlyMap<string, ImageState>
  readonly sightings: ReadonlyMap<string, readonly Sighting[]>
  readonly holds: ReadonlyMap<string, readonly Hold[]>
  readonly quarantine: ReadonlyMap<string, Quarantined>
  readonly approvals: ReadonlyMap<string, readonly Approval[]>
  readonly open: ReadonlyMap<string, Update>
  readonly openingOf: (settings: UpdateSettings) => Opening
}

async function outlooksOf(
  parts: OutlookParts,
  workloads: readonly Workload[],
  narrower: NarrowerTags,
): Promise<Outlook[]> {
  const written = await readWritten(parts, workloads)
  return await Promise.all(workloads.map((workload) => outlookOf(parts, workload, { written, narrower })))
}

async function readWritten(parts: OutlookParts, workloads: readonly Workload[]): Promise<Written> {
  const { db } = parts
  const now = parts.now()
  const only = workloads.length === 1 ? { workload: workloads[0]!.id } : {}
  const keys = workloads.map(imageKeyOf).filter((key) => key !== undefined)
  const states = await readImageStates(db, [...new Set(keys)])
  const waiting = [...states.values()].filter((state) => state.found_tag !== null || state.digest_moved === 1)
  const [sightings, holds, quarantine, approvals, open, pause] = await Promise.all([
    readSightings(
      db,
      waiting.map(({ name }) => name),
    ),
    listHolds(db, { ...only, now }),
    listQuarantine(db),
    listApprovals(db, only),
    listUpdates(db, { ...only, open: true, most: MOST_OPEN }),
    readPauseOf(parts, now),
  ])
  return {
    now,
    pause,
    states,
    sightings,
    holds: Map.groupBy(holds, ({ workload }) => workload),
    quarantine: new Map(quarantine.map((each) => [`${each.host} ${each.name} ${each.digest}`, each])),
    approvals: Map.groupBy(approvals, ({ workload }) => workload),
    open: new Map(open.map((update) => [update.plan.workload, update])),
    openingOf: createOpenings(now),
  }
}

async function readPauseOf({ db, pausedByConfig }: OutlookParts, now: Date): Promise<Pause | undefined> {
  return (await readPause(db, now)) ?? (pausedByConfig ? { actor: 'the config', until: undefined } : undefined)
}

/** Many workloads have the same windows. */
function createOpenings(now: Date): Written['openingOf'] {
  const known = new Map<string, Opening>()
  return ({ windows, timezone }) => {
    const key = JSON.stringify([windows, timezone])
    const opening = known.get(key) ?? openingAt(windows, now, timezone)
    known.set(key, opening)
    return opening
  }
}

/** A workload has one at most. */
const MOST_OPEN = 100_000

interface Surroundings {
  readonly written: Written
  readonly narrower: NarrowerTags
}

async function outlookOf(
  parts: OutlookParts,
  workload: Workload,
  { written, narrower }: Surroundings,
): Promise<Outlook> {
  const { settings, origins } = effectiveSettings({ base: parts.base, policies: parts.policies, workload })
  const key = imageKeyOf(workload)
  const state = key === undefined ? undefined : written.states.get(key)
  const factsOf = (digest: string): OptionFacts => factsAbout(workload, { written, settings, digest })
  const sightings = written.sightings.get(state?.name ?? '') ?? []
  const approvals = written.approvals.get(workload.id) ?? []
  const choice = {
    ...{ workload, settings, sightings, factsOf },
    approved: () => approvedOption(workload, { db: parts.db, now: written.now, sightings, approvals }),
    narrower: () => narrower(workload, settings),
  }
  const option = state === undefined ? undefined : await chooseOption({ ...choice, state })
  const facts = factsOf(option?.digest ?? '')
  const open = written.open.get(workload.id)
  const { blockers, nextWindowAt } = blockersOf({
    ...facts,
    option,
    opening: written.openingOf(settings),
    paused: written.pause,
    openPhase: open?.phase,
    impossible: impossibleOf(parts, workload),
  })
  const isDue = option !== undefined && blockers.length === 0
  const unclear = option === undefined ? unclearOf(workload) : undefined
  const undone = isDue ? await undoneOf(parts, workload, option) : undefined
  return {
    workload: workload.id,
    host: workload.host,
    name: workload.name,
    image: workload.image,
    settings,
    origins,
    candidate: option && candidateOf(workload, option),
    blockers: [...blockers, ...[undone, unclear].filter((reason) => reason !== undefined)],
    unclear,
    nextWindowAt: undone === undefined ? nextWindowAt?.toISOString() : undefined,
    holds: facts.holds,
    quarantine: facts.quarantined?.reason,
    open,
  }
}

function factsAbout(
  { id, host, reference }: Workload,
  { written, settings, digest }: { written: Written; settings: UpdateSettings; digest: string },
): OptionFacts {
  return {
    settings,
    currentTag: reference && tagOf(reference),
    holds: written.holds.get(id) ?? [],
    quarantined: reference && written.quarantine.get(`${host} ${nameOf(reference)} ${digest}`),
    isApproved: written.approvals.get(id)?.some((approval) => approval.digest === digest) ?? false,
    now: written.now,
  }
}

function impossibleOf({ refusal }: OutlookParts, workload: Workload): string | undefined {
  if (workload.update === undefined) return 'Nothing here runs it, so that there is nothing to update.'
  return workload.notCheckable ?? refusal?.(workload)
}

/** Without the digest of what runs no build can be called another one. */
function unclearOf({ running, notCheckable }: Workload): string | undefined {
  if (notCheckable !== undefined || running.imageId === undefined || running.digests.length > 0) return undefined
  return 'which build of it runs cannot be told, for its image is not on the host any more'
}

/**
 * An engine that goes on showing another digest than the one that was put in would have the workload updated again and
 * again.
 */
async function undoneOf(
  { db }: OutlookParts,
  workload: Workload,
  { digest, level }: Option,
): Promise<string | undefined> {
  if (level !== 'digest') return undefined
  const [last] = await listUpdates(db, { workload: workload.id, open: false, most: 1 })
  if (last?.phase !== 'committed' || last.plan.to.digest !== digest) return undefined
  return `it was updated to this very image on ${tellTime(last.changedAt)}, and yet another one runs`
}

/** The candidate in the words in which the workload names its image. */
function candidateOf(workload: Workload, { tag, digest, level, since }: Option): Candidate {
  const { image, reference } = workload
  const isWritten = reference?.tag !== undefined || tag !== 'latest'
  const name = isBareId(image) ? familiarName(reference!) : image.replace(/@.*$/, '').replace(/:[^/:]*$/, '')
  const pinned = reference?.digest === undefined ? '' : `@${digest}`
  return { reference: `${name}${tag !== undefined && isWritten ? `:${tag}` : ''}${pinned}`, digest, level, since }
}
