import type { DockerClient } from '../docker/client.ts'
import { hasStatus } from '../docker/errors.ts'
import type { OwnTraces } from '../docker/own-container.ts'
import type { InspectedContainer } from '../domain/container-spec/types.ts'
import { Failure } from '../domain/failure.ts'
import type { Plan } from '../domain/update.ts'
import { findContainer, nameOfContainer, UPDATE_LABEL } from './_container-world.ts'
import { inspectImage } from './_image.ts'
import { HELPER_LABEL, helperName, helperSpec } from './_self-spec.ts'

/** The container this process runs in, as the engines know it. */
export interface Self {
  /** The container on this host; undefined when this host does not run it. @throws DockerError, and asks anew the next time. */
  on(host: string, signal: AbortSignal): Promise<OwnContainer | undefined>
  /** The same from what was found so far. */
  known(host: string): OwnContainer | undefined
  /** Whether carrying the plan out would replace or restart it. @throws DockerError where its host does not answer. */
  isIn(plan: Plan, update: string, signal: AbortSignal): Promise<boolean>
  /** The name of it, or of what takes its place, once the plan is carried out. */
  nameIn(plan: Plan): string
  /** The container that has this name now. */
  look(host: string, name: string, signal: AbortSignal): Promise<Seen | undefined>
  /** Makes sure that a helper for this update runs. Returns its id when it had to be made. @throws Failure */
  startHelper(host: string, helper: HelperWish, signal: AbortSignal): Promise<string | undefined>
  /** Removes the helpers of an update (only those that do not run, unless `running`). Returns whether none is left. */
  removeHelpers(host: string, wish: { update: string; running: boolean }, signal: AbortSignal): Promise<boolean>
}

export interface OwnContainer {
  /** More than one where it cannot be told from those whose network it shares. */
  readonly ids: readonly string[]
  readonly name: string
  readonly inspected: InspectedContainer | undefined
}

export interface Seen {
  readonly id: string
  readonly running: boolean
  readonly exitCode: number | undefined
}

export interface HelperWish {
  readonly update: string
  /** Program and arguments, as this process was started. */
  readonly command: readonly [string, ...string[]]
}

export interface SelfParts {
  readonly traces: OwnTraces
  /** The engine of a host by its name. */
  readonly docker: (host: string) => Promise<DockerClient>
}

/** Asks engines about the container this process runs in. Each is asked once; one that did not answer, again. */
export function createSelf({ traces, docker }: SelfParts): Self {
  const asked = new Map<string, Promise<OwnContainer | undefined>>()
  const found = new Map<string, OwnContainer>()
  const on = (host: string, signal: AbortSignal): Promise<OwnContainer | undefined> => {
    const known = asked.get(host)
    if (known !== undefined) return known
    const asking = docker(host)
      .then((client) => findOwn(client, traces, signal))
      .then(
        (own) => {
          if (own !== undefined) found.set(host, own)
          return own
        },
        (error: unknown) => {
          asked.delete(host)
          throw error
        },
      )
    asked.set(host, asking)
    return asking
  }
  return {
    on,
    known: (host) => found.get(host),
    async isIn(plan, update, signal) {
      const own = await on(plan.host, signal)
      if (own === undefined) return false
      const labels = (own.inspected?.Config.Labels ?? {}) as Record<string, string>
      return (
        plan.containers.some(({ id }) => own.ids.includes(id)) ||
        plan.name === own.name ||
        labels[UPDATE_LABEL] === update
      )
    },
    nameIn(plan) {
      const own = found.get(plan.host)
      return plan.containers.find(({ id }) => own?.ids.includes(id))?.name ?? own?.name ?? plan.name
    },
    async look(host, name, signal) {
      const container = await findContainer(await docker(host), name, signal)
      if (container === undefined) return undefined
      const { Running, ExitCode } = container.State
      return { id: container.Id, running: Running === true, exitCode: Running ? undefined : Number(ExitCode ?? 0) }
    },
    async startHelper(host, wish, signal) {
      const own = await on(host, signal)
      if (own?.inspected === undefined) throw unsure(host)
      return await startHelper(await docker(host), { ...wish, container: own.inspected, name: own.name }, signal)
    },
    removeHelpers: async (host, wish, signal) => removeHelpers(await docker(host), wish, signal),
  }
}

/** The first of the ids that the engine knows, and whoever else it may be. */
async function findOwn(
  docker: DockerClient,
  traces: OwnTraces,
  signal: AbortSignal,
): Promise<OwnContainer | undefined> {
  for (const [nth, id] of traces.ids.entries()) {
    const container = await findContainer(docker, id, signal)
    if (container === undefined) continue
    const sharers = traces.isSure && nth === 0 ? [] : await sharersOf(docker, container.Id, signal)
    const all = [container, ...sharers]
    const own = all.length === 1 ? container : all.find((each) => layerOf(each) === traces.layer)
    const ids = own === undefined ? all.map(({ Id }) => Id) : [own.Id]
    return { ids, name: plainName(nameOfContainer(own ?? container)), inspected: own }
  }
  return undefined
}

/** Found late, the container may have been put aside already. */
function plainName(name: string): string {
  return name.replace(/__(?:prev|next)_[0-9a-f]{8}$/, '')
}

/** Those that live in a container's network have its host name and its files. */
async function sharersOf(docker: DockerClient, id: string, signal: AbortSignal): Promise<InspectedContainer[]> {
  const { body } = await docker.request('GET', '/containers/json', { query: { all: 1 }, signal })
  const listed = body as { Id: string; HostConfig?: { NetworkMode?: string } }[]
  const sharers = listed.filter(({ HostConfig }) => HostConfig?.NetworkMode === `container:${id}`)
  const found = await Promise.all(sharers.map(({ Id }) => findContainer(docker, Id, signal)))
  return found.filter((container) => container !== undefined)
}

function layerOf(container: InspectedContainer): string {
  const { GraphDriver } = container as { GraphDriver?: { Data?: { UpperDir?: string } | null } }
  return /([^/]+)\/diff$/.exec(GraphDriver?.Data?.UpperDir ?? '')?.[1] ?? container.Id
}

function unsure(host: string): Failure {
  return new Failure('conflict', 'It cannot be told which of several containers Seaworthy runs in.', {
    where: `docker host "${host}"`,
    remedy: 'Update it yourself: docker compose up -d, or docker run.',
  })
}

interface HelperMaking extends HelperWish {
  readonly container: InspectedContainer
  readonly name: string
}

async function startHelper(
  docker: DockerClient,
  { container, name, update, command }: HelperMaking,
  signal: AbortSignal,
): Promise<string | undefined> {
  const there = await listHelpers(docker, update, signal)
  if (there.some(({ State }) => State === 'running' || State === 'restarting')) return undefined
  for (const { Id } of there) await remove(docker, Id, signal)
  const image = await inspectImage(docker, container.Image, signal)
  const spec = helperSpec({ container, image, apiVersion: await docker.version(signal), update, command })
  const id = await create(docker, { name: helperName(name, update), body: spec.body }, signal)
  if (id === undefined) return undefined
  for (const network of spec.later)
    await docker.request('POST', `/networks/${encodeURIComponent(network)}/connect`, {
      body: { Container: id, EndpointConfig: {} },
      signal,
    })
  await docker.request('POST', `/containers/${id}/start`, { signal })
  return id
}

/** Undefined when somebody else has just made it. */
async function create(
  docker: DockerClient,
  { name, body }: { name: string; body: unknown },
  signal: AbortSignal,
): Promise<string | undefined> {
  try {
    const answer = await docker.request('POST', '/containers/create', { query: { name }, body, signal })
    return (answer.body as { Id: string }).Id
  } catch (error) {
    if (hasStatus(error, 409)) return undefined
    throw error
  }
}

async function removeHelpers(
  docker: DockerClient,
  { update, running }: { update: string; running: boolean },
  signal: AbortSignal,
): Promise<boolean> {
  const there = await listHelpers(docker, update, signal)
  const going = there.filter(({ State }) => running || State === 'exited' || State === 'created' || State === 'dead')
  for (const { Id } of going) await remove(docker, Id, signal)
  return going.length === there.length
}

async function listHelpers(
  docker: DockerClient,
  update: string,
  signal: AbortSignal,
): Promise<{ Id: string; State: string }[]> {
  const filters = { label: [`${HELPER_LABEL}=${update}`] }
  const { body } = await docker.request('GET', '/containers/json', { query: { all: 1, filters }, signal })
  return body as { Id: string; State: string }[]
}

async function remove(docker: DockerClient, id: string, signal: AbortSignal): Promise<void> {
  try {
    // Only what the engine made for it goes with it: the volumes that it shares have names.
    await docker.request('DELETE', `/containers/${id}`, { query: { force: 1, v: 1 }, signal })
  } catch (error) {
    // Gone already, or being removed.
    if (!hasStatus(error, 404, 409)) throw error
  }
}
