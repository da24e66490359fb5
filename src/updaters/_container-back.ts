import type { DockerClient } from '../docker/client.ts'
import { hasStatus } from '../docker/errors.ts'
import type { InspectedContainer } from '../domain/container-spec/types.ts'
import { Failure } from '../domain/failure.ts'
import type { Plan } from '../domain/update.ts'
import { pointName, policyOf, rename, setPolicy, startContainer, stopContainer } from './_container-forward.ts'
import { dataOf, inspectionOf, type Member } from './_container-plan.ts'
import { candidateName, findCandidate, findContainer, nameOfContainer, parkedName } from './_container-world.ts'
import type { Run, Standing } from './_updater.ts'

/**
 * As if nothing had happened: the new containers go, the old ones get their names, policies and states back, and the tag
 * its image.
 * @throws Failure when an old container is gone or its name belongs to somebody else's; nothing that runs is removed then.
 */
export async function putBack(docker: DockerClient, plan: Plan, run: Run): Promise<void> {
  const { members } = dataOf(plan)
  for (const member of members) await checkOld(docker, member, run)
  for (const member of members.toReversed()) await shelve(docker, member, run)
  for (const member of members) await restore(docker, member, run)
  // Only now, so that whatever cannot be put back leaves the new one for a person to start.
  for (const member of members.toReversed()) await removeCandidate(docker, member, run)
  // A name is not taken from an image that a container uses.
  for (const member of members) await pointBack(docker, { plan, member, run })
}

/** What the host shows of an update: by the workload's own container, and by what bears its name. */
export async function observeContainer(docker: DockerClient, plan: Plan, signal: AbortSignal): Promise<Standing> {
  const [own] = dataOf(plan).members
  const [old, next, named] = await Promise.all([
    findContainer(docker, own.id, signal),
    findCandidate(docker, own.id, signal),
    findContainer(docker, own.name, signal),
  ])
  if (named !== undefined && named.Id !== old?.Id && named.Id !== next?.Id)
    return old === undefined && next === undefined ? 'settled' : 'foreign'
  const isNew = next !== undefined && named?.Id === next.Id
  if (isNew && next.State.Running === true && old?.State.Running !== true) return 'after'
  // There is no way back any more; whether it is started yet or not.
  if (isNew && old === undefined) return 'after'
  const oldServes = old !== undefined && (old.State.Running === true || own.state === 'stopped')
  if (oldServes && named?.Id === old.Id && next?.State.Running !== true) return 'before'
  return 'between'
}

/** The commands with which a person can put an update right, for whoever reads them: most careful first. */
export function commandsFor(plan: Plan): string[] {
  const [own] = dataOf(plan).members
  const parked = parkedName(own)
  const old = own.id.slice(0, 12)
  return [
    `docker ps -a --filter name=${own.name}`,
    `docker inspect ${old}`,
    `# if ${old} (${parked}) is to serve again:`,
    `docker rm -f ${own.name}   # only when it is the new one, and not needed`,
    `docker rename ${parked} ${own.name}`,
    `docker update --restart ${policyText(inspectionOf(own))} ${own.name}`,
    `docker start ${own.name}`,
  ]
}

async function checkOld(docker: DockerClient, member: Member, run: Run): Promise<void> {
  const [old, named, next] = await Promise.all([
    findContainer(docker, member.id, run.signal),
    findContainer(docker, member.name, run.signal),
    findCandidate(docker, member.id, run.signal),
  ])
  const isForeign = named !== undefined && named.Id !== member.id && named.Id !== next?.Id
  if (isForeign && old === undefined) return
  if (isForeign)
    throw new Failure('conflict', `The name "${member.name}" now belongs to a container that somebody else made.`, {
      remedy: `The one from before is "${nameOfContainer(old!)}": remove it when the other one is right, or the other way round.`,
    })
  if (old === undefined)
    throw new Failure('conflict', `The old container of "${member.name}" is gone, so there is no way back to it.`, {
      remedy:
        next === undefined
          ? 'Create it anew: docker compose up -d, or docker run.'
          : `The new one is "${nameOfContainer(next)}".`,
    })
}

/** The new one stops and gives the name back. */
async function shelve(docker: DockerClient, member: Member, run: Run): Promise<void> {
  const candidate = await findCandidate(docker, member.id, run.signal)
  if (candidate === undefined) return
  const shared = sharedVolumes(candidate)
  if (!NEVER_STARTED.test(String(candidate.State.StartedAt ?? '0001-')) && shared.length > 0)
    await run.note('data-may-have-changed', { container: member.name, volumes: shared })
  await stopContainer(docker, { member, id: candidate.Id, step: 'stop-new', run })
  await rename(docker, { container: candidate, to: candidateName(member), step: 'rename-new-away', run })
}

const NEVER_STARTED = /^0001-/

/** Places of the host that a container could write to, and that the one in its place goes on with. */
export function sharedVolumes({ Mounts }: InspectedContainer): string[] {
  const mounts = (Mounts ?? []) as readonly { RW?: boolean; Name?: string; Source?: string; Destination?: string }[]
  return mounts
    .filter(({ RW }) => RW === true)
    .map(({ Name, Source, Destination }) => Name ?? Source ?? Destination ?? '')
}

/**
 * The tag of a rolled back workload stands for what runs again, also where it had been moved before the update: the next
 * `docker compose up` must not bring back the image that failed.
 */
async function pointBack(
  docker: DockerClient,
  { plan, member, run }: { plan: Plan; member: Member; run: Run },
): Promise<void> {
  const isOwn = member.role === 'workload'
  const isSameName = plan.from.reference === plan.to.reference
  const imageId = isOwn && isSameName ? (plan.from.imageId ?? member.imageBefore) : member.imageBefore
  const left = isOwn ? plan.to.imageId : inspectionOf(member).Image
  await pointName(docker, member, { imageId, onlyFrom: left, run })
}

async function removeCandidate(docker: DockerClient, member: Member, run: Run): Promise<void> {
  const candidate = await findCandidate(docker, member.id, run.signal)
  if (candidate === undefined) return
  const old = await findContainer(docker, member.id, run.signal)
  const inPlace = await findContainer(docker, member.name, run.signal)
  // Never the last one that could run: the old one is there, or what somebody else has put in its place.
  if (old === undefined && (inPlace === undefined || inPlace.Id === candidate.Id)) return
  await run.act('remove-new', { container: nameOfContainer(candidate), id: candidate.Id.slice(0, 12) }, async () => {
    try {
      await docker.request('DELETE', `/containers/${candidate.Id}`, { query: { force: 1, v: 1 }, signal: run.signal })
    } catch (error) {
      // Gone already, or being removed.
      if (!hasStatus(error, 404, 409)) throw error
    }
  })
}

async function restore(docker: DockerClient, member: Member, run: Run): Promise<void> {
  const { signal } = run
  const old = await findContainer(docker, member.id, signal)
  if (old === undefined) return
  await rename(docker, { container: old, to: member.name, step: 'rename-back', run })
  const before = inspectionOf(member)
  if (policyOf(old) !== policyOf(before)) {
    const policy = before.HostConfig.RestartPolicy
    await run.act('policy-back', { container: member.name }, () => setPolicy(docker, member.id, policy, signal))
  }
  if (member.state === 'stopped' || old.State.Running === true) return
  await run.act('start-old', { container: member.name }, () => startContainer(docker, member.id, signal))
  if (member.state === 'paused')
    await run.act('pause', { container: member.name }, async () => {
      await docker.request('POST', `/containers/${member.id}/pause`, { signal })
    })
}

function policyText({ HostConfig }: InspectedContainer): string {
  const { Name = '', MaximumRetryCount = 0 } = (HostConfig.RestartPolicy ?? {}) as {
    Name?: string
    MaximumRetryCount?: number
  }
  if (Name === '') return 'no'
  return Name === 'on-failure' && MaximumRetryCount > 0 ? `${Name}:${MaximumRetryCount}` : Name
}
