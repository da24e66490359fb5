import type { DockerClient } from '../docker/client.ts'
import { DockerError, hasStatus } from '../docker/errors.ts'
import { dockerFailure } from '../docker/failure.ts'
import type { CandidateSpec } from '../domain/container-spec/candidate.ts'
import type { InspectedContainer } from '../domain/container-spec/types.ts'
import { Failure } from '../domain/failure.ts'
import { describeExitCode } from '../domain/gate-words.ts'
import { isBareId } from '../domain/image-reference.ts'
import type { Plan } from '../domain/update.ts'
import { dataOf, inspectionOf, type Member, specOf } from './_container-plan.ts'
import {
  candidateName,
  findCandidate,
  findContainer,
  nameOfContainer,
  parkedName,
  UPDATE_LABEL,
} from './_container-world.ts'
import { findImage, moveTag, removeName } from './_image.ts'
import { GateError, type Run } from './_updater.ts'

/**
 * Creates every new container under a name of its own, while the old ones serve: whatever is wrong with them shows now.
 * The engine keeps the name that a container is created from, so that name has to stand for the right image at that
 * moment: the workload's is moved for good, a dependant's only where it has been moved on since the dependant was made.
 */
export async function createCandidates(docker: DockerClient, plan: Plan, run: Run): Promise<void> {
  const replaced = new Map<string, string>()
  for (const member of dataOf(plan).members) {
    await removeStale(docker, member, run)
    const there = await findCandidate(docker, member.id, run.signal)
    const make = () => createCandidate(docker, { plan, member, replaced, there, run })
    const isOwn = member.role === 'workload'
    if (isOwn) await pointName(docker, member, { imageId: plan.to.imageId!, run })
    const id = isOwn || there !== undefined ? await make() : await underOwnImage(docker, { member, run, make })
    replaced.set(member.id, id).set(`/${member.name}`, id)
  }
}

/** A dependant gets no other image than it has: its name stands for that one while it is made. */
async function underOwnImage(
  docker: DockerClient,
  { member, run, make }: { member: Member; run: Run; make: () => Promise<string> },
): Promise<string> {
  const stoodFor = (await findImage(docker, member.reference, run.signal))?.Id ?? null
  await pointName(docker, member, { imageId: inspectionOf(member).Image, run })
  const id = await make()
  await pointName(docker, member, { imageId: stoodFor, run })
  return id
}

export interface Pointing {
  /** Null: the name is to stand for nothing. */
  readonly imageId: string | null
  /** Leave the name alone unless it stands for this image now: somebody else may have moved it since. */
  readonly onlyFrom?: string | undefined
  readonly run: Run
}

/** Makes the name of a member's image stand for that image. */
export async function pointName(
  docker: DockerClient,
  { reference }: Pick<Member, 'reference'>,
  { imageId, onlyFrom, run }: Pointing,
): Promise<void> {
  const { signal } = run
  if (!isMovable(reference)) return
  const now = (await findImage(docker, reference, signal))?.Id ?? null
  if (now === imageId || (onlyFrom !== undefined && now !== onlyFrom)) return
  await run.act('tag', { reference, image: imageId, before: now }, () =>
    imageId === null ? removeName(docker, reference, signal) : moveTag(docker, { reference, imageId, signal }),
  )
}

/** An id and a digest stand for one image only. */
function isMovable(reference: string): boolean {
  return !isBareId(reference) && !reference.includes('@')
}

/** The old containers get other names and are not started by the engine any more; they go on serving. */
export async function parkMembers(docker: DockerClient, plan: Plan, run: Run): Promise<void> {
  for (const member of dataOf(plan).members) {
    const old = await oldOf(docker, member, run)
    if (policyOf(old) !== 'no')
      // After a restart of the engine a parked container would come up beside the new one.
      await run.act('policy', { container: member.name }, () => setPolicy(docker, member.id, NEVER, run.signal))
    await rename(docker, { container: old, to: parkedName(member), step: 'rename-old', run })
  }
}

/** The new containers take the names; the old ones still serve. */
export async function swapNames(docker: DockerClient, plan: Plan, run: Run): Promise<void> {
  for (const member of dataOf(plan).members) {
    const candidate = await candidateOf(docker, member, run)
    await rename(docker, { container: candidate, to: member.name, step: 'rename-new', run })
  }
}

/** The old ones stop, those first that depend on others; then the workload's new one starts. The others follow at the gate. */
export async function startNew(docker: DockerClient, plan: Plan, run: Run): Promise<void> {
  const { members } = dataOf(plan)
  for (const member of members.toReversed()) await stopContainer(docker, { member, id: member.id, step: 'stop', run })
  const [own] = members
  if (own.state !== 'stopped') await startMember(docker, own, run)
}

/** Starts the new container of a member unless it runs. */
export async function startMember(docker: DockerClient, member: Member, run: Run): Promise<InspectedContainer> {
  const candidate = await candidateOf(docker, member, run)
  if (candidate.State.Running !== true)
    await run.act('start', { container: member.name }, () => startOrBlame(docker, { member, id: candidate.Id, run }))
  return candidate
}

/** An image that names no program that could run is to blame itself; for a port or a mount that could not be had it is not. */
async function startOrBlame(
  docker: DockerClient,
  { member, id, run }: { member: Member; id: string; run: Run },
): Promise<void> {
  try {
    await startContainer(docker, id, run.signal)
  } catch (error) {
    const { ExitCode, Error: why } = (await findContainer(docker, id, run.signal))?.State ?? {}
    if (member.role !== 'workload' || !NO_PROGRAM.has(Number(ExitCode))) throw error
    throw new GateError(`The container could not be started, with ${describeExitCode(Number(ExitCode))}: ${why ?? ''}`)
  }
}

/** As in every shell: it cannot be executed, it was not found. */
const NO_PROGRAM: ReadonlySet<number> = new Set([126, 127])

export interface Stopping {
  readonly member: Member
  /** Of the old container or of the new one. */
  readonly id: string
  readonly step: string
  readonly run: Run
}

/** Stops a container the way it asks for: its own signal, its own time. */
export async function stopContainer(docker: DockerClient, { member, id, step, run }: Stopping): Promise<void> {
  const container = await findContainer(docker, id, run.signal)
  if (container === undefined || container.State.Running !== true) return
  const seconds = Number(container.Config.StopTimeout ?? STOP_SECONDS)
  const timeoutMs = (Math.max(0, seconds) + STOP_MARGIN_SECONDS) * 1000
  await run.act(step, { container: member.name, id: id.slice(0, 12) }, async () => {
    // Without a time of ours: the container's own StopTimeout and StopSignal hold.
    try {
      await docker.request('POST', `/containers/${id}/stop`, { timeoutMs, signal: run.signal })
    } catch (error) {
      // Somebody has removed it meanwhile: it serves no more, and whatever takes its place had better start.
      if (!hasStatus(error, 404)) throw error
    }
  })
}

/** Starts a container. @throws Failure that says what of it could not be had: a port, an address, a device. */
export async function startContainer(docker: DockerClient, id: string, signal: AbortSignal): Promise<void> {
  try {
    await docker.request('POST', `/containers/${id}/start`, { timeoutMs: START_MS, signal })
  } catch (error) {
    // With the status of a socket proxy that does not allow the call.
    if (hasStatus(error, 403) && /address already in use/i.test(error.message)) throw addressTaken(error)
    throw error
  }
}

/** `POST /containers/{id}/update` with a restart policy. */
export async function setPolicy(docker: DockerClient, id: string, policy: unknown, signal: AbortSignal): Promise<void> {
  await docker.request('POST', `/containers/${id}/update`, { body: { RestartPolicy: policy }, signal })
}

export interface Renaming {
  readonly container: InspectedContainer
  readonly to: string
  readonly step: string
  readonly run: Run
}

/** Gives a container another name, unless it has it. @throws Failure `conflict` when the name belongs to another one. */
export async function rename(docker: DockerClient, { container, to, step, run }: Renaming): Promise<void> {
  const from = nameOfContainer(container)
  if (from === to) return
  await run.act(step, { from, to }, async () => {
    try {
      await docker.request('POST', `/containers/${container.Id}/rename`, { query: { name: to }, signal: run.signal })
    } catch (error) {
      if (hasStatus(error, 409)) throw nameTaken(to, error)
      throw error
    }
  })
}

/** The name of the restart policy of a container. */
export function policyOf({ HostConfig }: InspectedContainer): string {
  const { Name } = (HostConfig.RestartPolicy ?? {}) as { Name?: string }
  return Name === undefined || Name === '' ? 'no' : Name
}

const NEVER = { Name: 'no' }
const STOP_SECONDS = 10
const STOP_MARGIN_SECONDS = 60
const START_MS = 5 * 60_000

/** What an earlier update of the same container has left would have its name and its label. */
async function removeStale(docker: DockerClient, member: Member, run: Run): Promise<void> {
  const stale = await findCandidate(docker, member.id, run.signal)
  const labels = (stale?.Config.Labels ?? {}) as Record<string, string>
  if (stale === undefined || labels[UPDATE_LABEL] === run.id) return
  await run.act('remove-stale', { container: nameOfContainer(stale) }, async () => {
    await docker.request('DELETE', `/containers/${stale.Id}`, { query: { force: 1, v: 1 }, signal: run.signal })
  })
}

interface Creation {
  readonly plan: Plan
  readonly member: Member
  readonly replaced: ReadonlyMap<string, string>
  /** It was made before an interruption, perhaps without all of its networks. */
  readonly there: InspectedContainer | undefined
  readonly run: Run
}

async function createCandidate(docker: DockerClient, creation: Creation): Promise<string> {
  const { plan, member, replaced, there, run } = creation
  const { signal } = run
  const spec = await specOf(docker, { plan, member, update: run.id, replaced, signal })
  const name = candidateName(member)
  const id = there?.Id ?? (await createOnce(docker, { name, member, spec, run }))
  for (const { network, endpoint } of spec.later) {
    if (there?.NetworkSettings.Networks?.[network] !== undefined) continue
    await run.act('connect', { container: name, network }, async () => {
      const body = { Container: id, EndpointConfig: endpoint }
      await docker.request('POST', `/networks/${encodeURIComponent(network)}/connect`, { body, signal })
    })
  }
  return id
}

async function createOnce(
  docker: DockerClient,
  { name, member, spec, run }: { name: string; member: Member; spec: CandidateSpec; run: Run },
): Promise<string> {
  const { body, platform } = spec
  return await run.act('create', { container: name }, async () => {
    try {
      const query = { name, platform }
      const how = { query, body, timeoutMs: START_MS, signal: run.signal }
      const answer = await docker.request('POST', '/containers/create', how)
      return (answer.body as { Id: string }).Id
    } catch (error) {
      if (hasStatus(error, 409)) throw nameTaken(name, error)
      // Without an answer it may have been made: it is looked for when the step is begun again.
      throw error instanceof DockerError && error.kind === 'answer'
        ? dockerFailure(error, `container "${member.name}"`)
        : error
    }
  })
}

async function oldOf(docker: DockerClient, member: Member, run: Run): Promise<InspectedContainer> {
  const old = await findContainer(docker, member.id, run.signal)
  if (old === undefined) throw wentAway(member.name)
  return old
}

async function candidateOf(docker: DockerClient, member: Member, run: Run): Promise<InspectedContainer> {
  const candidate = await findCandidate(docker, member.id, run.signal)
  if (candidate === undefined) throw wentAway(candidateName(member))
  return candidate
}

function addressTaken(cause: Error): Failure {
  return new Failure('conflict', `It cannot be started: ${cause.message}.`, {
    remedy: 'Another container has its static address (docker network inspect).',
    cause,
  })
}

function wentAway(name: string): Failure {
  return new Failure('conflict', `The container "${name}" went away during the update.`, {
    remedy: 'Somebody or something else removed it; see docker events.',
  })
}

function nameTaken(name: string, cause: unknown): Failure {
  return new Failure('conflict', `Another container has the name "${name}".`, {
    remedy: `Look at it (docker ps -a --filter name=${name}) and remove or rename it.`,
    cause,
  })
}
