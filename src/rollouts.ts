import { randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { hostname } from 'node:os'
import path from 'node:path'
import type { LoadedConfig } from './config/load.ts'
import type { DockerClient } from './docker/client.ts'
import { connectOnDemand, type DockerPlace, type LazyDocker } from './docker/connect.ts'
import { type OwnTraces, ownTraces } from './docker/own-container.ts'
import { describeError, Failure } from './domain/failure.ts'
import { type ImageReference, nameOf, parseImageReference, tagOf } from './domain/image-reference.ts'
import { parsePlatform } from './domain/platform.ts'
import type { ImageAt, Update } from './domain/update.ts'
import { GateError, NotNowError } from './domain/update-failures.ts'
import { effectiveSettings } from './domain/update-policy.ts'
import type { HookPoint } from './domain/update-settings.ts'
import type { Channel } from './engine/channel.ts'
import type { Discovery } from './engine/discover.ts'
import { afterUpdate } from './engine/rollout/after.ts'
import { type CheckHooks, createCheckHooks } from './engine/rollout/check-hooks.ts'
import { createDecisions } from './engine/rollout/decisions.ts'
import { createHolder } from './engine/rollout/holder.ts'
import type { HookOutcome } from './engine/rollout/hooks.ts'
import { createOutlooks } from './engine/rollout/outlook.ts'
import { createHookRunner } from './engine/rollout/run-hooks.ts'
import { createLook, lookingFirst, type OwnUpdates, selfRefusal } from './engine/rollout/self.ts'
import { tellOutcome } from './engine/rollout/tell-outcome.ts'
import { createUpdates, type RunningUpdates } from './engine/rollout/updates.ts'
import { systemClock } from './lib/clock.ts'
import type { Log } from './lib/log.ts'
import type { RegistryClient } from './registries/_registry.ts'
import { putInQuarantine } from './store/quarantine.ts'
import type { Db } from './store/tables.ts'
import type { Surroundings } from './surroundings.ts'
import { createSelf } from './updaters/_self.ts'
import { guarded } from './updaters/_self-guard.ts'
import { translated } from './updaters/_translate.ts'
import type { Updater, UpdaterParts } from './updaters/_updater.ts'
import compose from './updaters/compose.ts'
import container from './updaters/container.ts'
import { VERSION } from './version.ts'

export interface RolloutsParts {
  readonly db: Db
  readonly discovery: Discovery
  readonly registries: RegistryClient
  readonly channels: readonly Channel[]
  readonly log: Log
  readonly changed: () => void
  /** Aborted when the program ends. */
  readonly stopping: AbortSignal
  readonly stack: AsyncDisposableStack
}

export interface Rollouts {
  readonly updates: RunningUpdates
  readonly checkHooks: CheckHooks
}

/** Updates, wired: the updaters of the hosts that the configuration names, the journal, and what people may say about them. */
export function openUpdates(context: Surroundings, loaded: LoadedConfig, parts: RolloutsParts): Rollouts {
  const { db, discovery, log, changed, stopping } = parts
  const { updates, policies } = loaded.config
  const clock = systemClock
  const channels = loaded.config.messages.outcomes ? parts.channels : []
  const hosts = openHosts(context, loaded, parts.stack)
  const traces = ownTraces(readOrNothing)
  const own = openOwn(loaded, { hosts, traces, discover: () => discovery.list(stopping) })
  const updaters = openUpdaters(context, loaded, { ...parts, hosts, own })
  const asking = createOutlooks({
    ...{ db, discovery, policies, now: clock.now, pausedByConfig: updates.paused },
    base: updates.settings,
    refusal: (workload) => selfRefusal(own, workload),
    askDigest: (reference, regopt) => askDigest(parts, reference, regopt),
  })
  const outlooks = lookingFirst(asking, createLook({ own, clock, stopping }))
  const decisions = createDecisions({ db, outlooks, changed, now: clock.now })
  const hooks = createHookRunner({
    ...{ db, updaters, changed, stopping, now: clock.now },
    environment: context.environment,
  })
  const hookOf = async (point: HookPoint, { plan }: Update): Promise<HookOutcome | undefined> => {
    const { settings } = await outlooks.outlook(plan.workload)
    const variables = { SEAWORTHY_FROM: plan.from.reference, SEAWORTHY_TO: plan.to.reference }
    return await hooks(point, { ...plan, settings, variables })
  }
  const running = createUpdates({
    ...{ db, clock, log, outlooks, decisions, updaters, stopping, changed, own },
    parallel: updates.parallel,
    imageConfig: (image, platform, signal) => imageConfig(parts, image, { platform, signal }),
    holder: createHolder({ hostname: placeOf(traces), pid: process.pid, instance: randomUUID(), isAlive }),
    before: async (update) => refuseAfter(await hookOf('pre-update', update)),
    async reached(transaction, update, error) {
      await quarantine(transaction, { plan: update.plan, error, now: clock.now() })
      if (!(error instanceof NotNowError)) await tellOutcome(transaction, update, { channels, now: clock.now() })
    },
    ended: (update) =>
      afterUpdate(
        {
          ...{ db, log, outlooks, updaters, stopping },
          cleanup: updates.cleanup,
          hook: async () => void (await hookOf('post-update', update)),
          look: () => discovery.list(stopping),
        },
        update,
      ),
  })
  const checkHooks = createCheckHooks(async (point, workload) => {
    const { settings } = effectiveSettings({ base: updates.settings, policies, workload })
    return await hooks(point, { ...workload, workload: workload.id, settings })
  })
  const after: CheckHooks['after'] = async (workloads) => {
    await checkHooks.after(workloads)
    running.wake()
  }
  return { updates: running, checkHooks: { ...checkHooks, after } }
}

/** Only an image that failed its gate is to blame; anything else may go better the next time. */
async function quarantine(
  db: Db,
  { plan, error, now }: { plan: Update['plan']; error: unknown; now: Date },
): Promise<void> {
  const { digest, reference } = plan.to
  if (!(error instanceof GateError) || digest === undefined) return
  const parsed = parseImageReference(reference)
  const image = { name: nameOf(parsed), tag: tagOf(parsed), digest, host: plan.host, reason: error.message }
  await putInQuarantine(db, image, now)
}

/** A registry that does not answer leaves the tag for another round. */
async function askDigest(
  { registries, stopping, log }: RolloutsParts,
  reference: ImageReference,
  regopt: string | undefined,
): Promise<string | undefined> {
  try {
    return (await registries.digest(reference, {}, { regopt, signal: stopping })).digest
  } catch (error) {
    log.debug({ error: describeError(error) }, 'A tag could not be asked about')
    return undefined
  }
}

/** What an image is made to run, where its registry tells: asked only for who wants to see a plan. */
async function imageConfig(
  { registries, log }: RolloutsParts,
  { reference, digest }: ImageAt,
  { platform, signal }: { platform: string; signal: AbortSignal },
): Promise<unknown> {
  if (digest === undefined) return undefined
  try {
    return await registries.config(parseImageReference(reference), digest, {
      platform: parsePlatform(platform),
      signal,
    })
  } catch (error) {
    log.debug({ error: describeError(error) }, 'An image could not be looked at before it is pulled')
    return undefined
  }
}

/** What a hook before an update says decides whether there is one. */
function refuseAfter(hook: HookOutcome | undefined): void {
  if (hook === undefined || hook.outcome === 'ok') return
  if (hook.outcome === 'not-now') throw new NotNowError('The hook before the update said: not now (exit code 75).')
  throw new Failure('conflict', `The hook before the update failed with exit code ${hook.exitCode}.`, {
    remedy: 'Its output is in the events. Nothing was changed.',
  })
}

/** Containers may share a host name, and in each the first process has the same id. */
function placeOf({ ids: [id], layer }: OwnTraces): string {
  return [id?.slice(0, 12) ?? hostname(), layer?.slice(0, 12)].filter(Boolean).join('/')
}

function openOwn(
  { config, source }: LoadedConfig,
  {
    hosts,
    traces,
    discover,
  }: Pick<OwnUpdates, 'discover'> & { hosts: ReadonlyMap<string, LazyDocker>; traces: OwnTraces },
): OwnUpdates {
  const file = source.file === undefined ? [] : ['--config', path.resolve(source.file)]
  return {
    self: createSelf({ traces, docker: (host) => hostNamed(hosts, host) }),
    allowed: config.updates.self,
    hosts: traces.ids.length === 0 ? [] : [...hosts.keys()],
    version: VERSION,
    discover,
    command: (update, container) => [
      process.execPath,
      ...[...process.execArgv, process.argv[1]!, 'self-update', update, container, ...file],
    ],
  }
}

function readOrNothing(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return ''
  }
}

function openUpdaters(
  context: Surroundings,
  loaded: LoadedConfig,
  { registries, log, hosts, own }: RolloutsParts & { hosts: ReadonlyMap<string, LazyDocker>; own: OwnUpdates },
): Updater[] {
  const parts: UpdaterParts = {
    clock: systemClock,
    log,
    home: context.home,
    environment: context.environment,
    docker: (host) => hostNamed(hosts, host),
    async registryAuth(reference, signal) {
      const parsed = parseImageReference(reference)
      return authHeader(parsed.registry, await registries.credentials(parsed, { signal }))
    },
  }
  return [compose.create(loaded.config.updates.compose, parts), container.create({}, parts)].map((updater) =>
    translated(guarded(updater, own.self.isIn)),
  )
}

function openHosts(
  { home }: Surroundings,
  { providerSections }: LoadedConfig,
  stack: AsyncDisposableStack,
): ReadonlyMap<string, LazyDocker> {
  const hosts = new Map<string, LazyDocker>()
  for (const { provider, options } of providerSections) {
    if (provider !== 'docker') continue
    // The options were parsed by this very member's schema when the configuration was loaded.
    const place = options as DockerPlace & { name: string }
    const docker = connectOnDemand(place, home)
    stack.defer(docker.close)
    hosts.set(place.name, docker)
  }
  return hosts
}

async function hostNamed(hosts: ReadonlyMap<string, LazyDocker>, name: string): Promise<DockerClient> {
  const host = hosts.get(name)
  if (host !== undefined) return await host.open()
  throw new Failure('not-found', `There is no Docker host "${name}" in the configuration.`, {
    remedy: 'See providers.docker there.',
  })
}

const HUB = 'docker.io'
/** Docker's own name for its registry, from before there were others. */
const HUB_ADDRESS = 'https://index.docker.io/v1/'

/** `X-Registry-Auth` (Engine API, "Authentication"): JSON in URL-safe base64. */
function authHeader(
  registry: string,
  credentials: Awaited<ReturnType<RegistryClient['credentials']>>,
): string | undefined {
  if (credentials === undefined) return undefined
  const serveraddress = registry === HUB ? HUB_ADDRESS : registry
  const proof =
    credentials.kind === 'identity'
      ? { identitytoken: credentials.token }
      : { username: credentials.username, password: credentials.password }
  return Buffer.from(JSON.stringify({ ...proof, serveraddress })).toString('base64url')
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}
