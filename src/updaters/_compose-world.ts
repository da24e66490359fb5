import { z } from '@hono/zod-openapi'
import type { DockerClient } from '../docker/client.ts'
import type { ComposeContainer } from './_compose-project.ts'
import { findContainer } from './_container-world.ts'

/** A container of a service as it stands. */
export interface ServiceContainer {
  readonly id: string
  readonly name: string
  readonly service: string
  readonly imageId: string
  readonly isRunning: boolean
  /** ISO time. */
  readonly startedAt: string
  readonly exitCode: number
  readonly isOutOfMemory: boolean
  /** The engine's words on why it did not start. */
  readonly error: string
  /** What compose called it while it was to take another one's place: `0123456789ab_demo-web-1`. Undefined for all others. */
  readonly finalName: string | undefined
}

const PROJECT = 'com.docker.compose.project'
const SERVICE = 'com.docker.compose.service'
const ONE_OFF = 'com.docker.compose.oneoff'
/** Of those that compose has not finished putting in place: twelve digits of the id before the name. */
const TEMPORARY = /^[0-9a-f]{12}_(.+)$/

const LISTED = z.array(
  z.object({
    Id: z.string(),
    Names: z.array(z.string()).default([]),
    State: z.string().default(''),
    Labels: z.record(z.string(), z.string()).nullish(),
    HostConfig: z.object({ NetworkMode: z.string().optional() }).nullish(),
  }),
)

const INSPECTED = z.object({
  State: z.object({
    Running: z.boolean().catch(false),
    Restarting: z.boolean().catch(false),
    Paused: z.boolean().catch(false),
    StartedAt: z.string().catch(''),
    ExitCode: z.number().catch(0),
    OOMKilled: z.boolean().catch(false),
    Error: z.string().catch(''),
  }),
})

/** All containers of a project but the one-off ones of `compose run`. */
export async function listProject(
  docker: DockerClient,
  project: string,
  signal: AbortSignal,
): Promise<ComposeContainer[]> {
  const filters = { label: [`${PROJECT}=${project}`] }
  const { body } = await docker.request('GET', '/containers/json', { query: { all: 1, filters }, signal })
  return LISTED.parse(body)
    .filter(({ Labels }) => Labels?.[ONE_OFF] !== 'True')
    .map(({ Id, Names, State, Labels }) => {
      return { id: Id, name: plainName(Names[0] ?? Id), service: Labels?.[SERVICE] ?? '', state: State }
    })
}

/** The containers of some services as they stand, in the order of the services. */
export async function inspectServices(
  docker: DockerClient,
  { project, services }: { readonly project: string; readonly services: readonly string[] },
  signal: AbortSignal,
): Promise<ServiceContainer[]> {
  const listed = await listProject(docker, project, signal)
  const wanted = services.flatMap((service) => listed.filter((container) => container.service === service))
  const found = await Promise.all(wanted.map(({ id, service }) => inspectOne(docker, { id, service }, signal)))
  return found.filter((container) => container !== undefined)
}

/** Containers outside of the given ones that use a container's network: compose would leave them without one. */
export async function strangersInNetworkOf(
  docker: DockerClient,
  { id, known }: { readonly id: string; readonly known: readonly string[] },
  signal: AbortSignal,
): Promise<string[]> {
  const { body } = await docker.request('GET', '/containers/json', { query: { all: 1 }, signal })
  return LISTED.parse(body)
    .filter(({ Id, HostConfig }) => HostConfig?.NetworkMode === `container:${id}` && !known.includes(Id))
    .map(({ Id, Names }) => plainName(Names[0] ?? Id))
}

async function inspectOne(
  docker: DockerClient,
  { id, service }: { readonly id: string; readonly service: string },
  signal: AbortSignal,
): Promise<ServiceContainer | undefined> {
  const container = await findContainer(docker, id, signal)
  if (container === undefined) return undefined
  const { State } = INSPECTED.parse(container)
  const name = plainName(container.Name)
  return {
    id,
    name,
    service,
    imageId: container.Image,
    isRunning: State.Running && !State.Restarting && !State.Paused,
    startedAt: State.StartedAt,
    exitCode: State.ExitCode,
    isOutOfMemory: State.OOMKilled,
    error: State.Error,
    finalName: TEMPORARY.exec(name)?.[1],
  }
}

function plainName(name: string): string {
  return name.replace(/^\//, '')
}
