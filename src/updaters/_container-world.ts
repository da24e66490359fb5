import type { DockerClient } from '../docker/client.ts'
import { hasStatus } from '../docker/errors.ts'
import type { InspectedContainer } from '../domain/container-spec/types.ts'

/** On every container that an update makes: which update it was, and which container it took the place of. */
export const UPDATE_LABEL = 'seaworthy.internal.update'
export const REPLACES_LABEL = 'seaworthy.internal.replaces'

/** Undefined when there is no such container. `name` is an id or a name. */
export async function findContainer(
  docker: DockerClient,
  name: string,
  signal: AbortSignal,
): Promise<InspectedContainer | undefined> {
  try {
    const { body } = await docker.request('GET', `/containers/${encodeURIComponent(name)}/json`, { signal })
    return body as InspectedContainer
  } catch (error) {
    if (hasStatus(error, 404)) return undefined
    throw error
  }
}

/** Every container of the host, also those that do not run. One that goes away meanwhile is left out. */
export async function inspectAll(docker: DockerClient, signal: AbortSignal): Promise<InspectedContainer[]> {
  const { body } = await docker.request('GET', '/containers/json', { query: { all: 1 }, signal })
  const ids = (body as { Id: string }[]).map(({ Id }) => Id)
  const found = await Promise.all(ids.map((id) => findContainer(docker, id, signal)))
  return found.filter((container) => container !== undefined)
}

/** The container that an update made in place of the one with this id: by label, so that one whose creation was never answered is found too. */
export async function findCandidate(
  docker: DockerClient,
  replaces: string,
  signal: AbortSignal,
): Promise<InspectedContainer | undefined> {
  const filters = { label: [`${REPLACES_LABEL}=${replaces}`] }
  const { body } = await docker.request('GET', '/containers/json', { query: { all: 1, filters }, signal })
  const [first] = body as { Id: string }[]
  return first === undefined ? undefined : await findContainer(docker, first.Id, signal)
}

/** `web`, of Docker's `/web`. */
export function nameOfContainer({ Name }: Pick<InspectedContainer, 'Name'>): string {
  return Name.replace(/^\//, '')
}

/** What the old container is called while the new one has its name. */
export function parkedName(member: { readonly id: string; readonly name: string }): string {
  return `${member.name}__prev_${member.id.slice(0, SHORT)}`
}

/** What the new container is called until it takes the old one's name. */
export function candidateName(member: { readonly id: string; readonly name: string }): string {
  return `${member.name}__next_${member.id.slice(0, SHORT)}`
}

const SHORT = 8
