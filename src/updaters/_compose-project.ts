import { constants } from 'node:fs'
import { access } from 'node:fs/promises'
import path from 'node:path'
import { describeError, Failure } from '../domain/failure.ts'
import { AwayError } from '../domain/update-failures.ts'
import type { ComposeCli, ServiceConfig } from './_compose-cli.ts'

/** A project as its containers' labels name it. */
export interface ComposeProject {
  readonly name: string
  readonly directory: string
  /** Absolute paths. */
  readonly files: readonly string[]
  /** Undefined: none were named, so that `.env` of the folder counts. */
  readonly envFiles?: readonly string[] | undefined
}

/** What compose wrote on one container. */
export interface ComposeLabels {
  readonly project: ComposeProject
  readonly service: string
  readonly hash: string | undefined
  /** Version of the compose that made it. */
  readonly version: string | undefined
  /** Made by `compose run`. */
  readonly isOneOff: boolean
}

const PREFIX = 'com.docker.compose.'

/** Undefined for a container that compose did not make. */
export function readComposeLabels(labels: Readonly<Record<string, unknown>>): ComposeLabels | undefined {
  const text = (name: string) => {
    const value = labels[PREFIX + name]
    return typeof value === 'string' && value !== '' ? value : undefined
  }
  const [name, service, directory] = [text('project'), text('service'), text('project.working_dir')]
  if (name === undefined || service === undefined) return undefined
  const list = (value: string | undefined) =>
    value?.split(',').map((file) => path.resolve(directory ?? '/', file.trim()))
  return {
    project: {
      name,
      directory: directory ?? '',
      files: list(text('project.config_files')) ?? [],
      envFiles: list(text('project.environment_file')),
    },
    service,
    hash: text('config-hash'),
    version: text('version'),
    isOneOff: text('oneoff') === 'True',
  }
}

/** One container of the project, as the list of containers shows it. */
export interface ComposeContainer {
  readonly id: string
  readonly name: string
  readonly service: string
  readonly state: string
}

export interface ComposeCandidate {
  readonly labels: ComposeLabels
  /** All of the project, one-off ones left out. */
  readonly containers: readonly ComposeContainer[]
}

/**
 * Why a container cannot be updated through the compose command line, as a sentence; undefined when it can. Such a
 * container is made anew through the engine, with labels that compose agrees with.
 */
export async function composeProblem(
  cli: () => ComposeCli,
  candidate: ComposeCandidate,
  signal: AbortSignal,
): Promise<string | undefined> {
  const { labels, containers } = candidate
  const missing = await unreadable(labels.project)
  if (missing !== undefined) return missing
  const own = containers.filter(({ service }) => service === labels.service)
  if (own.length > 1)
    return `${labels.service} has ${own.length} containers, and compose would replace them all at once.`
  if (own.some(({ state }) => state !== 'running')) return `It does not run, and compose would start it.`
  try {
    const compose = cli()
    await compose.version(signal)
    await compose.reach(signal)
    const services = await compose.config(labels.project, signal)
    return serviceProblem(labels.service, services[labels.service])
  } catch (error) {
    if (error instanceof Failure || error instanceof AwayError) return describeError(error)
    throw error
  }
}

/** Services that are made anew with another one: they share its namespace or its volumes. In the order in which they follow. */
export function sharersOf(services: Readonly<Record<string, ServiceConfig>>, service: string): string[] {
  const found = [service]
  for (const provider of found) {
    for (const [name, config] of Object.entries(services)) {
      if (!found.includes(name) && sharesWith(config, provider)) found.push(name)
    }
  }
  return found.slice(1)
}

/**
 * Services whose namespaces or volumes some others use. Compose has to be told of them too: without them it writes another
 * hash on those others, and the next `up` makes them anew (measured with 2.26).
 */
export function providersOf(services: Readonly<Record<string, ServiceConfig>>, users: readonly string[]): string[] {
  const uses = (name: string) => sharersOf(services, name).some((user) => users.includes(user))
  return Object.keys(services).filter((name) => !users.includes(name) && uses(name))
}

/** Services that ask to be restarted when another one was made anew (`depends_on … restart: true`). */
export function restartsOf(services: Readonly<Record<string, ServiceConfig>>, changed: readonly string[]): string[] {
  return Object.entries(services)
    .filter(([name]) => !changed.includes(name))
    .filter(([, { depends_on }]) => changed.some((service) => depends_on?.[service]?.restart === true))
    .map(([name]) => name)
}

function sharesWith({ network_mode, ipc, pid, volumes_from }: ServiceConfig, service: string): boolean {
  const namespaces = [network_mode, ipc, pid].includes(`service:${service}`)
  return namespaces || (volumes_from ?? []).some((entry) => entry.split(':')[0] === service)
}

function serviceProblem(service: string, config: ServiceConfig | undefined): string | undefined {
  if (config === undefined) return `The compose files have no service ${service} any more.`
  if (config.build !== undefined && config.build !== null) return `${service} is built from source (build:).`
  if (config.image === undefined) return `${service} names no image.`
  const policy = config.pull_policy ?? 'missing'
  if (!['missing', 'if_not_present', 'never'].includes(policy))
    return `${service} has pull_policy: ${policy}, so that compose itself brings newer images.`
  const wanted = config.scale ?? config.deploy?.replicas ?? 1
  return wanted === 1 ? undefined : `${service} has ${wanted} replicas, and compose would replace them all at once.`
}

async function unreadable({ directory, files, envFiles }: ComposeProject): Promise<string | undefined> {
  if (directory === '' || files.length === 0) return 'Its labels do not name the compose files.'
  for (const file of [...files, ...(envFiles ?? [])]) {
    try {
      await access(file, constants.R_OK)
    } catch {
      return `The compose file ${file} cannot be read from here; mount the folder of the project at the same path.`
    }
  }
  return undefined
}
