import { z } from '@hono/zod-openapi'
import { parseEndpoint } from '../docker/endpoint.ts'
import { Failure } from '../domain/failure.ts'
import type { ComposeProject } from './_compose-project.ts'
import { type ComposeRun, runCompose, type SpawnCompose, spawnCompose } from './_compose-run.ts'

export interface ComposeCliParts {
  readonly program: string
  /** Milliseconds for what changes containers; everything else gets a minute at most. */
  readonly timeoutMs: number
  readonly environment: Readonly<Record<string, string | undefined>>
  readonly home: string
  /** Where the engine listens, as in the config. */
  readonly endpoint: string
  readonly spawn?: SpawnCompose
}

/** What compose makes of a service, as far as it is read here. */
export interface ServiceConfig extends z.output<typeof SERVICE> {
  /** Names of variables whose values its configs and secrets hold. */
  readonly variables?: readonly string[]
}

/** The compose command line for one engine. */
export interface ComposeCli {
  /** @throws Failure when there is no such program. */
  version(signal: AbortSignal): Promise<string>
  /** @throws Failure or AwayError when the engine cannot be asked this way. */
  reach(signal: AbortSignal): Promise<void>
  /** All services, of every profile, after everything was filled in and merged. `files` may take the place of the project's. */
  config(project: ComposeProject, signal: AbortSignal, files?: FilesInstead): Promise<Record<string, ServiceConfig>>
  /** What compose would write on the service's container. */
  hash(project: ComposeProject, service: string, signal: AbortSignal): Promise<string | undefined>
  /** Whether `up` would make one of the containers anew as things stand. */
  wouldRecreate(project: ComposeProject, services: readonly string[], signal: AbortSignal): Promise<boolean>
  /** Makes the services as their files say, from images that are here; others are left alone. */
  up(project: ComposeProject, services: readonly string[], signal: AbortSignal): Promise<void>
}

export interface FilesInstead {
  readonly files: readonly string[]
  readonly envFiles?: readonly string[] | undefined
}

const SERVICE = z.object({
  image: z.string().optional(),
  build: z.unknown().optional(),
  pull_policy: z.string().optional(),
  network_mode: z.string().optional(),
  ipc: z.string().optional(),
  pid: z.string().optional(),
  volumes_from: z.array(z.string()).nullish(),
  depends_on: z.record(z.string(), z.object({ restart: z.boolean().optional() })).nullish(),
  scale: z.number().optional(),
  deploy: z.object({ replicas: z.number().optional() }).nullish(),
  configs: z.array(z.object({ source: z.string() })).nullish(),
  secrets: z.array(z.object({ source: z.string() })).nullish(),
})
const SOURCES = z.record(z.string(), z.object({ environment: z.string().optional() })).default({})
const CONFIG = z.object({
  services: z.record(z.string(), SERVICE).default({}),
  configs: SOURCES,
  secrets: SOURCES,
})

const QUICK_MS = 60_000

/** Starts nothing by itself. */
export function createComposeCli(parts: ComposeCliParts): ComposeCli {
  const { program, environment, endpoint, home } = parts
  const dockerHost = dockerHostOf(endpoint, home)
  const spawn = parts.spawn ?? spawnCompose
  const env = environmentFor(environment, dockerHost)
  const quickMs = Math.min(parts.timeoutMs, QUICK_MS)
  const within = (cwd: string, signal: AbortSignal, timeoutMs: number): ComposeRun => {
    return { program, timeoutMs, cwd, env: { ...env, PWD: cwd }, spawn, signal }
  }
  const ask = (project: ComposeProject, args: readonly string[], signal: AbortSignal, instead?: FilesInstead) =>
    runCompose([...projectArguments(project, instead), ...args], within(project.directory, signal, quickMs))
  return {
    async version(signal) {
      const { stdout } = await runCompose(['version', '--short'], within('/', signal, quickMs))
      return stdout.trim()
    },
    async reach(signal) {
      await runCompose(['ls', '--quiet'], within('/', signal, quickMs))
    },
    async config(project, signal, instead) {
      const { stdout } = await ask(project, ['config', '--format', 'json'], signal, instead)
      return servicesOf(CONFIG.parse(JSON.parse(stdout)))
    },
    async hash(project, service, signal) {
      const { stdout } = await ask(project, ['config', '--hash', service], signal)
      return stdout
        .split('\n')
        .map((line) => line.trim().split(/\s+/))
        .find(([name]) => name === service)?.[1]
    },
    async wouldRecreate(project, services, signal) {
      try {
        const { stderr, stdout } = await ask(project, ['--dry-run', ...upArguments(services)], signal)
        return /Container \S+ +(?:Recreate|Creat)/.test(`${stdout}\n${stderr}`)
      } catch (error) {
        // Trying to make a container with inline configs fails, as there is none to copy them into.
        if (error instanceof Failure) return true
        throw error
      }
    },
    async up(project, services, signal) {
      const args = [...projectArguments(project), ...upArguments(services)]
      await runCompose(args, within(project.directory, signal, parts.timeoutMs))
    },
  }
}

function servicesOf({ services, configs, secrets }: z.output<typeof CONFIG>): Record<string, ServiceConfig> {
  const entries = Object.entries(services).map(([name, service]): [string, ServiceConfig] => {
    const used = [
      ...(service.configs ?? []).map(({ source }) => configs[source]?.environment),
      ...(service.secrets ?? []).map(({ source }) => secrets[source]?.environment),
    ]
    return [name, { ...service, variables: used.filter((variable) => variable !== undefined) }]
  })
  return Object.fromEntries(entries)
}

/** The arguments that say which project, for a person's commands too. */
export function projectArguments(project: ComposeProject, instead: FilesInstead = project): string[] {
  return [
    ...['-p', project.name, '--project-directory', project.directory],
    ...instead.files.flatMap((file) => ['-f', file]),
    ...(instead.envFiles ?? []).flatMap((file) => ['--env-file', file]),
    // The labels do not say which profiles were on; only the services that are named are touched.
    ...['--profile', '*'],
  ]
}

/** The tag was moved by us and the image is here: compose must neither ask a registry nor build. */
export function upArguments(services: readonly string[]): string[] {
  return ['up', '-d', '--no-deps', '--pull', 'never', '--no-build', ...services]
}

/**
 * What compose gets of this process's environment: variables of its files may come from there. Not our own settings, and
 * nothing that would lead it to another project or engine.
 */
export function composeEnvironment(environment: Readonly<Record<string, string | undefined>>): Record<string, string> {
  const kept = Object.entries(environment).filter(
    (entry): entry is [string, string] => entry[1] !== undefined && !/^(?:SEAWORTHY_|DIUN_|COMPOSE_)/.test(entry[0]),
  )
  return Object.fromEntries(kept)
}

function environmentFor(given: ComposeCliParts['environment'], dockerHost: string): Record<string, string> {
  const { DOCKER_CONTEXT: _, DOCKER_TLS_VERIFY, DOCKER_TLS, ...rest } = composeEnvironment(given)
  const tls = {
    ...(DOCKER_TLS_VERIFY === undefined ? {} : { DOCKER_TLS_VERIFY }),
    ...(DOCKER_TLS === undefined ? {} : { DOCKER_TLS }),
  }
  // Containers of services that went out of the file are the user's to remove.
  return {
    ...rest,
    ...(dockerHost.startsWith('tcp:') ? tls : {}),
    DOCKER_HOST: dockerHost,
    COMPOSE_REMOVE_ORPHANS: '0',
  }
}

/** @throws Failure `unsupported` for an engine on another machine, where other files lie under the same paths. */
function dockerHostOf(text: string, home: string): string {
  const endpoint = parseEndpoint(text, { hasTls: false, home })
  if (endpoint.kind === 'unix') return `unix://${endpoint.path}`
  if (endpoint.kind === 'tcp') return `tcp://${endpoint.host}:${endpoint.port}${endpoint.basePath}`
  throw new Failure(
    'unsupported',
    'The engine is reached over ssh, so that the compose files of that machine cannot be read.',
  )
}
