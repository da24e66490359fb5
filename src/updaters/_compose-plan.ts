import type { DockerClient } from '../docker/client.ts'
import type { InspectedContainer } from '../domain/container-spec/types.ts'
import { Failure } from '../domain/failure.ts'
import { isBareId, nameOf, parseImageReference } from '../domain/image-reference.ts'
import { formatPlatform, normalizePlatform } from '../domain/platform.ts'
import type { Plan, PlannedContainer } from '../domain/update.ts'
import { type ComposeCli, composeEnvironment, type ServiceConfig } from './_compose-cli.ts'
import { type ComposeData, checkDrift } from './_compose-data.ts'
import { planImageEdit, rewriteImage } from './_compose-file.ts'
import { type ComposeSources, definedNames } from './_compose-model.ts'
import {
  type ComposeLabels,
  type ComposeProject,
  composeProblem,
  providersOf,
  readComposeLabels,
  restartsOf,
  sharersOf,
} from './_compose-project.ts'
import { inspectServices, listProject, type ServiceContainer, strangersInNetworkOf } from './_compose-world.ts'
import { planChanges, readText } from './_compose-write.ts'
import { findContainer } from './_container-world.ts'
import { findImage } from './_image.ts'
import type { Target } from './_updater.ts'

export interface PlanParts {
  readonly docker: DockerClient
  /** @throws Failure where compose cannot be used for this engine. */
  readonly cli: () => ComposeCli
  readonly environment: Readonly<Record<string, string | undefined>>
}

/** Why a workload cannot go through compose, empty for one that compose did not make; undefined when it can. */
export async function unfitFor(parts: PlanParts, target: Target, signal: AbortSignal): Promise<string | undefined> {
  const container = await findContainer(parts.docker, target.name, signal)
  const labels = container && readComposeLabels(labelsOf(container.Config))
  if (container === undefined || labels === undefined) return ''
  if (labels.isOneOff) return 'It was made by docker compose run.'
  const containers = await listProject(parts.docker, labels.project.name, signal)
  const problem = await composeProblem(parts.cli, { labels, containers }, signal)
  if (problem !== undefined) return problem
  const known = containers.map(({ id }) => id)
  const [stranger] = await strangersInNetworkOf(parts.docker, { id: container.Id, known }, signal)
  if (stranger !== undefined) return `The container "${stranger}" uses its network and is not of the same project.`
  return await otherVersion(parts.cli(), labels, signal)
}

/** Looks at a compose service and its files. @throws Failure when the update cannot be made. */
export async function planCompose(parts: PlanParts, target: Target, signal: AbortSignal): Promise<Plan> {
  const { docker } = parts
  const unfit = await unfitFor(parts, target, signal)
  if (unfit !== undefined)
    throw new Failure('unsupported', unfit || 'Compose did not make it.', { where: `container "${target.name}"` })
  const container = (await findContainer(docker, target.name, signal))!
  const { project, service, hash } = readComposeLabels(labelsOf(container.Config))!
  const services = await parts.cli().config(project, signal)
  const running = await runningServices(docker, project.name, signal)
  const sharers = sharersOf(services, service).filter((name) => running.has(name))
  const restarts = restartsOf(services, [service, ...sharers])
  const providers = providersOf(services, [service, ...sharers])
  const sources = sourcesOf(parts, project)
  checkVariables(services, { names: [service, ...sharers], sources })
  const isShared = sharers.length > 0 || providers.length > 0
  await checkDrift(
    parts.cli(),
    { project, services: [...providers, service, ...sharers], service, hash, isShared },
    signal,
  )
  checkProviders(services, { service, providers })
  const change = await planFiles({ target, sources, service, image: services[service]!.image! })
  const present = await inspectServices(docker, { project: project.name, services: [service, ...sharers] }, signal)
  const dependants = await inspectServices(docker, { project: project.name, services: restarts }, signal)
  const after = parseImageReference(change.image.after)
  const data: ComposeData = {
    project: { ...project, files: [...project.files], envFiles: project.envFiles && [...project.envFiles] },
    service,
    ...(isShared || hash === undefined ? {} : { hash }),
    sharers,
    providers,
    restarts,
    ...change,
    tag: after.digest === undefined ? await tagNow(docker, change.image.after, signal) : null,
    containers: present.map(({ id }) => id),
  }
  return {
    updater: 'compose',
    host: target.host,
    workload: target.workload,
    name: target.name,
    ...(await runningNow(docker, container, signal)),
    to: target.to,
    containers: planned(container.Id, present, dependants),
    changes: [],
    notes: notesFor(data, services),
    gate: target.gate,
    pins: target.pins,
    data,
  }
}

/** What it runs, and for which platform that is. */
async function runningNow(
  docker: DockerClient,
  { Image, Config }: InspectedContainer,
  signal: AbortSignal,
): Promise<Pick<Plan, 'from' | 'platform'>> {
  const { Os, Architecture, Variant, RepoDigests } = (await findImage(docker, Image, signal)) ?? {}
  const reference = String(Config.Image ?? Image)
  const named = isBareId(reference) ? undefined : nameOf(parseImageReference(reference))
  const digest = RepoDigests?.find((text) => nameOf(parseImageReference(text)) === named)?.split('@')[1]
  const platform = {
    os: Os || 'linux',
    architecture: Architecture || 'amd64',
    ...(Variant ? { variant: Variant } : {}),
  }
  return {
    from: { reference, ...(digest === undefined ? {} : { digest }), imageId: Image },
    platform: formatPlatform(normalizePlatform(platform)),
  }
}

interface FileQuestion {
  readonly target: Target
  readonly sources: ComposeSources
  readonly service: string
  /** As compose itself reads the files. */
  readonly image: string
}

function sourcesOf({ environment }: PlanParts, project: ComposeProject): ComposeSources {
  const known = { ...composeEnvironment(environment), PWD: project.directory, COMPOSE_PROJECT_NAME: project.name }
  return { ...project, envFiles: project.envFiles, environment: known, read: readText }
}

/** Compose fills secrets from variables only when it starts the new container: the old one is gone by then. */
function checkVariables(
  services: Readonly<Record<string, ServiceConfig>>,
  { names, sources }: { readonly names: readonly string[]; readonly sources: ComposeSources },
): void {
  const defined = definedNames(sources)
  const missing = names.flatMap((name) => services[name]?.variables ?? []).find((name) => !defined.has(name))
  if (missing === undefined) return
  throw new Failure('conflict', `A config or secret takes its content from ${missing}, which is not set here.`, {
    where: sources.files.join(', '),
    remedy: `Set ${missing} in the .env of the project, or for Seaworthy.`,
  })
}

async function planFiles({ target, sources, service, image }: FileQuestion) {
  const { digest } = target.to
  const where = sources.files.join(', ')
  const to = { ...parseImageReference(target.to.reference), ...(digest === undefined ? {} : { digest }) }
  const wanted = rewriteImage(image, to, where)
  if (wanted === image) return { image: { before: image, after: image }, edits: [], files: [] }
  const edit = planImageEdit(sources, service, to)
  if (edit.before !== image)
    throw new Failure('unsupported', `Compose reads ${image} out of the files, and here it is ${edit.before}.`, {
      where,
      remedy: 'Change the tag by hand and run docker compose up -d.',
    })
  const { before, after, edits } = edit
  return { image: { before, after }, edits: [...edits], files: await planChanges(edits) }
}

/** What does not run stays so: compose makes it anew when somebody starts it. */
async function runningServices(docker: DockerClient, project: string, signal: AbortSignal): Promise<Set<string>> {
  const containers = await listProject(docker, project, signal)
  return new Set(containers.filter(({ state }) => state === 'running').map(({ service }) => service))
}

async function tagNow(docker: DockerClient, reference: string, signal: AbortSignal) {
  return { reference, imageId: (await findImage(docker, reference, signal))?.Id ?? null }
}

/** Other versions of compose write other hashes: what they made would look changed to each other. */
async function otherVersion(
  cli: ComposeCli,
  { project, service, hash, version }: ComposeLabels,
  signal: AbortSignal,
): Promise<string | undefined> {
  const own = await cli.version(signal)
  if (version === undefined || hash === undefined || bare(version) === bare(own)) return undefined
  if ((await cli.hash(project, service, signal)) === hash) return undefined
  const services = await cli.config(project, signal)
  if (providersOf(services, [service]).length > 0) return undefined
  return `It was made by compose ${version}, which compose ${own} here may not agree with.`
}

/** `2.26.1` of `v2.26.1-4`. */
function bare(version: string): string {
  return /\d+(?:\.\d+)*/.exec(version)?.[0] ?? version
}

/** With the same tag compose would make the provider anew as well, and not as what the update is about. */
function checkProviders(
  services: Readonly<Record<string, ServiceConfig>>,
  { service, providers }: { readonly service: string; readonly providers: readonly string[] },
): void {
  const same = providers.find((name) => services[name]?.image === services[service]?.image)
  if (same === undefined) return
  throw new Failure('conflict', `${service} uses the network or volumes of ${same}, which has the same image.`, {
    remedy: `Update ${same}: ${service} is made anew with it.`,
  })
}

function planned(
  own: string,
  present: readonly ServiceContainer[],
  dependants: readonly ServiceContainer[],
): Plan['containers'] {
  const roles = present.map(({ id, name }): PlannedContainer => {
    return { id, name, role: id === own ? 'workload' : 'namespace' }
  })
  const restart = dependants.map(({ id, name }): PlannedContainer => ({ id, name, role: 'restart' }))
  const first = roles.find(({ role }) => role === 'workload')
  if (first === undefined) throw new Failure('conflict', 'The container went away meanwhile.')
  return [first, ...roles.filter((other) => other !== first), ...restart]
}

function notesFor(data: ComposeData, services: Readonly<Record<string, ServiceConfig>>): string[] {
  const edits = data.edits.map(({ file, line, before, after }) => `${file}:${line}: ${before} → ${after}`)
  const { sharers, service, image } = data
  const same = Object.entries(services)
    .filter(([name, config]) => config.image === image.after && name !== service && !sharers.includes(name))
    .map(([name]) => name)
  const others =
    data.tag === null || same.length === 0
      ? []
      : [
          `${same.join(', ')} of the same project will get this image at the next docker compose up: the tag is the same.`,
        ]
  return [...edits, ...others]
}

function labelsOf(config: { readonly [key: string]: unknown }): Record<string, unknown> {
  return (config.Labels ?? {}) as Record<string, unknown>
}
