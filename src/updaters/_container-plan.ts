import type { DockerClient } from '../docker/client.ts'
import { hasStatus } from '../docker/errors.ts'
import { parseJson } from '../docker/json.ts'
import { type CandidateSpec, candidateSpec } from '../domain/container-spec/candidate.ts'
import { specChanges } from '../domain/container-spec/changes.ts'
import { findDependants } from '../domain/container-spec/dependants.ts'
import { refusalOf } from '../domain/container-spec/refusal.ts'
import type { InspectedContainer, InspectedImage } from '../domain/container-spec/types.ts'
import { Failure } from '../domain/failure.ts'
import { nameOf, parseImageReference } from '../domain/image-reference.ts'
import { formatPlatform, normalizePlatform } from '../domain/platform.ts'
import type { Plan, PlannedContainer } from '../domain/update.ts'
import { findContainer, inspectAll, nameOfContainer, REPLACES_LABEL, UPDATE_LABEL } from './_container-world.ts'
import { findImage, inspectImage } from './_image.ts'
import { refuseInlineFiles } from './_inline-files.ts'
import { probeProblem } from './_probe.ts'
import type { Target } from './_updater.ts'

/** A container that is made anew, as it was when the update was planned. */
export interface Member extends PlannedContainer {
  readonly state: 'running' | 'paused' | 'stopped'
  /** Its inspection as JSON text: numbers beyond 2^53 survive in it. */
  readonly inspected: string
  /** That of the workload's old image, to tell what is the container's own. */
  readonly oldImage?: string
  /** What its new container is made from, by name. A name that may be moved: with a tag and without a digest. */
  readonly reference: string
  /** Id of the image that this name stood for; null when there was none. */
  readonly imageBefore: string | null
}

/** What the container updater keeps in a plan. */
export interface ContainerData {
  /** Made anew, each after those that it depends on; the workload's own is the first. */
  readonly members: readonly [Member, ...Member[]]
  /** Only restarted, when all is well. */
  readonly restarts: readonly PlannedContainer[]
}

/** Looks at everything that an update of the workload would touch. @throws Failure when it cannot be made. */
export async function planContainer(docker: DockerClient, target: Target, signal: AbortSignal): Promise<Plan> {
  const container = await findContainer(docker, target.name, signal)
  if (container === undefined)
    throw new Failure('not-found', `There is no container "${target.name}" on this host any more.`, {
      where: `docker host "${target.host}"`,
      remedy: 'Check again: seaworthy check.',
    })
  const refusal = refusalOf(container)
  if (refusal !== undefined) throw refusal
  const unreachable = probeProblem(container, target.gate.probe)
  if (unreachable !== undefined)
    throw new Failure('invalid', unreachable, { where: `container "${target.name}", probe of its gate` })
  await refuseInlineFiles(docker, container, signal)
  const oldImage = await oldImageOf(docker, container, signal)
  await checkNetworks(docker, container, signal)
  const { recreate, restart } = findDependants(container, await inspectAll(docker, signal))
  const members = await Promise.all(recreate.map((dependant) => memberOf(docker, dependant, signal)))
  const asked = { role: 'workload', reference: target.to.reference, signal } as const
  const own = { ...(await toMember(docker, container, asked)), oldImage: JSON.stringify(oldImage) }
  const data: ContainerData = { members: [own, ...members], restarts: restart }
  const plan: Plan = {
    updater: 'container',
    host: target.host,
    workload: target.workload,
    name: target.name,
    from: { ...digestOf(oldImage, container), reference: imageTextOf(container), imageId: container.Image },
    to: target.to,
    platform: platformOf(oldImage),
    containers: [planned(own), ...members.map(planned), ...restart],
    ...groupOf(container),
    changes: [],
    notes: composeNotes(container, target),
    gate: target.gate,
    pins: target.pins,
    data,
  }
  return await withKnownChanges(docker, plan, signal)
}

/** Replicas of a service take turns. */
function groupOf(container: InspectedContainer): { group?: string } {
  const labels = (container.Config.Labels ?? {}) as Record<string, string>
  const [project, service] = [labels['com.docker.compose.project'], labels['com.docker.compose.service']]
  return project === undefined || service === undefined ? {} : { group: `service ${project}/${service}` }
}

/** Nobody edits a compose file here: another tag would be gone with the next `up`. */
function composeNotes(container: InspectedContainer, { to }: Target): string[] {
  const labels = (container.Config.Labels ?? {}) as Record<string, string>
  const [service, before] = [labels['com.docker.compose.service'], imageTextOf(container)]
  if (service === undefined || before === to.reference) return []
  return [
    `Its compose file is left as it is: write ${to.reference} there for the service ${service}, or the next docker compose up brings ${before} back.`,
  ]
}

/** The plan with what an image changes that only the registry has. Its architecture plays no part in that. */
export function previewChanges(plan: Plan, config: unknown): Plan {
  const [own] = dataOf(plan).members
  const image = config as { os?: string; architecture?: string; config?: InspectedImage['Config'] }
  const container = inspectionOf(own)
  const spec = candidateSpec({
    container,
    oldImage: own.oldImage === undefined ? undefined : (parseJson(own.oldImage) as InspectedImage),
    newImage: { Id: '', Os: image.os ?? '', Architecture: image.architecture ?? '', Config: image.config ?? null },
    image: own.reference,
    apiVersion: undefined,
    labels: {},
    pins: plan.pins,
    replaced: new Map(),
  })
  return { ...plan, changes: specChanges(container, spec) }
}

/** What the new image brings along, where it is on the host already. */
async function withKnownChanges(docker: DockerClient, plan: Plan, signal: AbortSignal): Promise<Plan> {
  const { reference, digest, imageId } = plan.to
  const name = digest === undefined ? imageId : `${nameOf(parseImageReference(reference))}@${digest}`
  const image = name === undefined ? undefined : await findImage(docker, name, signal)
  if (image === undefined) return plan
  return await withChanges(docker, { ...plan, to: { ...plan.to, imageId: image.Id } }, signal)
}

/** The container as it was when the update was planned. */
export function inspectionOf(member: Member): InspectedContainer {
  return parseJson(member.inspected) as InspectedContainer
}

export function dataOf(plan: Plan): ContainerData {
  return plan.data as ContainerData
}

export interface SpecContext {
  readonly plan: Plan
  readonly member: Member
  /** Id of the update. */
  readonly update: string
  /** New containers by the ids of those they take the place of. */
  readonly replaced: ReadonlyMap<string, string>
  readonly signal: AbortSignal
}

/** What the new container is created from: the workload's with the new image, a dependant's with its own. */
export async function specOf(docker: DockerClient, context: SpecContext): Promise<CandidateSpec> {
  const { plan, member, update, replaced, signal } = context
  const container = inspectionOf(member)
  const isOwn = member.role === 'workload'
  const oldImage = await findImage(docker, container.Image, signal)
  const newImage = isOwn ? await inspectImage(docker, plan.to.imageId ?? plan.to.reference, signal) : oldImage
  if (newImage === undefined) throw imageGone(member.name)
  return candidateSpec({
    container,
    oldImage,
    newImage,
    image: member.reference,
    apiVersion: await docker.version(signal),
    labels: { ...composeLabels(container, newImage), [UPDATE_LABEL]: update, [REPLACES_LABEL]: member.id },
    pins: isOwn ? plan.pins : [],
    replaced,
  })
}

/** The plan with what the new image changes about the workload's container. */
export async function withChanges(docker: DockerClient, plan: Plan, signal: AbortSignal): Promise<Plan> {
  const [member] = dataOf(plan).members
  const spec = await specOf(docker, { plan, member, update: '', replaced: new Map(), signal })
  const notes = [...new Set([...plan.notes, ...spec.notes])]
  return { ...plan, changes: specChanges(inspectionOf(member), spec), notes }
}

/** Compose compares the label with the image behind the tag: with the old value `up` would make the container anew. */
function composeLabels(container: InspectedContainer, image: InspectedImage): Record<string, string> {
  const labels = container.Config.Labels as Record<string, string> | null | undefined
  return labels?.[COMPOSE_IMAGE] === undefined ? {} : { [COMPOSE_IMAGE]: contentDigest(image) }
}

const COMPOSE_IMAGE = 'com.docker.compose.image'

/** With a containerd store the id is the index's, and Compose takes the manifest that is there for the platform. */
function contentDigest(image: InspectedImage): string {
  const manifests = (image as { Manifests?: { Available?: boolean; Kind?: string; ID?: string }[] | null }).Manifests
  return manifests?.find(({ Kind, Available }) => Kind === 'image' && Available === true)?.ID ?? image.Id
}

async function oldImageOf(
  docker: DockerClient,
  container: InspectedContainer,
  signal: AbortSignal,
): Promise<InspectedImage> {
  const image = await findImage(docker, container.Image, signal)
  if (image === undefined) throw imageGone(nameOfContainer(container))
  return image
}

function imageGone(name: string): Failure {
  return new Failure('conflict', `The image that it was made from is no longer on the host.`, {
    where: `container "${name}"`,
    remedy:
      'What is its own and what came from that image cannot be told apart any more: create it anew yourself (docker compose up -d, or docker run).',
  })
}

/** A network that was removed and made again has the same name and another id: the container could not be started again. */
async function checkNetworks(docker: DockerClient, container: InspectedContainer, signal: AbortSignal): Promise<void> {
  const mode = String(container.HostConfig.NetworkMode ?? '')
  if (isNamedNetwork(mode) && (await networkId(docker, mode, signal)) === undefined)
    throw networkGone(container, mode, 'removed')
  for (const [name, endpoint] of Object.entries(container.NetworkSettings.Networks ?? {})) {
    const wanted = (endpoint as { NetworkID?: string }).NetworkID
    if (!wanted) continue
    const found = await networkId(docker, name, signal)
    if (found === 'unknown' || found === wanted) continue
    throw networkGone(container, name, found === undefined ? 'removed' : 'made anew')
  }
}

/** Not one of Docker's own, and no other container's. */
function isNamedNetwork(mode: string): boolean {
  return !['', 'default', 'bridge', 'host', 'none', 'nat'].includes(mode) && !mode.startsWith('container:')
}

function networkGone(container: InspectedContainer, network: string, what: 'removed' | 'made anew'): Failure {
  return new Failure('conflict', `Its network "${network}" was ${what}.`, {
    where: `container "${nameOfContainer(container)}"`,
    remedy: 'Nothing was changed. Create the container anew in that network (docker compose up -d, or docker run).',
  })
}

async function networkId(docker: DockerClient, name: string, signal: AbortSignal): Promise<string | undefined> {
  try {
    const { body } = await docker.request('GET', `/networks/${encodeURIComponent(name)}`, { signal })
    return (body as { Id: string }).Id
  } catch (error) {
    if (hasStatus(error, 404)) return undefined
    // A socket proxy may keep networks to itself; the creation will show what is wrong.
    if (hasStatus(error, 401, 403)) return 'unknown'
    throw error
  }
}

async function memberOf(docker: DockerClient, dependant: PlannedContainer, signal: AbortSignal): Promise<Member> {
  const container = await findContainer(docker, dependant.id, signal)
  if (container === undefined) throw new Failure('conflict', `The container "${dependant.name}" went away meanwhile.`)
  const refusal = refusalOf(container)
  if (refusal === undefined)
    return await toMember(docker, container, { role: dependant.role, reference: imageTextOf(container), signal })
  throw new Failure('conflict', `It would have to be made anew as well, and cannot be: ${refusal.message}`, {
    where: `container "${dependant.name}"`,
    remedy: refusal.remedy,
  })
}

async function toMember(
  docker: DockerClient,
  container: InspectedContainer,
  { role, reference, signal }: { role: PlannedContainer['role']; reference: string; signal: AbortSignal },
): Promise<Member> {
  const { State } = container
  return {
    id: container.Id,
    name: nameOfContainer(container),
    role,
    state: State.Paused === true ? 'paused' : State.Running === true ? 'running' : 'stopped',
    inspected: JSON.stringify(container),
    reference,
    imageBefore: (await findImage(docker, reference, signal))?.Id ?? null,
  }
}

function planned({ id, name, role }: Member): PlannedContainer {
  return { id, name, role }
}

function imageTextOf(container: InspectedContainer): string {
  return String(container.Config.Image ?? '')
}

function digestOf(image: InspectedImage, container: InspectedContainer): { digest?: string } {
  const name = imageTextOf(container).replace(/[:@][^/]*$/, '')
  const digests = image.RepoDigests ?? []
  const digest = (digests.find((each) => each.startsWith(`${name}@`)) ?? digests[0])?.split('@')[1]
  return digest === undefined ? {} : { digest }
}

function platformOf({ Os, Architecture, Variant }: InspectedImage): string {
  return formatPlatform(
    normalizePlatform({
      os: Os || 'linux',
      architecture: Architecture || 'amd64',
      ...(Variant && { variant: Variant }),
    }),
  )
}
