import { hostname } from 'node:os'
import path from 'node:path'
import { notifierChannels } from './channels.ts'
import type { LoadedConfig } from './config/load.ts'
import { DEFAULT_WORKERS } from './config/schema.ts'
import { DEFAULT_PLATFORM, normalizePlatform, type Platform } from './domain/platform.ts'
import { createDiscovery } from './engine/discover.ts'
import { createEngine, type EngineParts } from './engine/engine.ts'
import { type FollowParts, follow } from './engine/follow.ts'
import { createHealthchecks, type Healthchecks } from './engine/healthchecks.ts'
import { createOutbox, type Outbox } from './engine/outbox.ts'
import type { RunningUpdates } from './engine/rollout/updates.ts'
import type { Engine } from './engine/types.ts'
import { runUpkeep } from './engine/upkeep.ts'
import { systemClock } from './lib/clock.ts'
import { parseSchedule } from './lib/cron.ts'
import { createHttpClient } from './lib/http/client.ts'
import { proxyFromEnvironment } from './lib/http/proxy.ts'
import { createLog, type Log } from './lib/log.ts'
import type { Provider } from './providers/_provider.ts'
import { providers as providerFamily } from './providers/all.gen.ts'
import { runProgram } from './registries/_credential-program.ts'
import { loadDockerCredentials } from './registries/_docker-config.ts'
import { createRegistryClient } from './registries/_oci.ts'
import type { RegistryClient } from './registries/_registry.ts'
import { registries as registryFamily } from './registries/all.gen.ts'
import { openUpdates } from './rollouts.ts'
import { recordEvent } from './store/events.ts'
import { openStore, type Store } from './store/open.ts'
import type { Surroundings } from './surroundings.ts'
import { VERSION } from './version.ts'

/** The parts of the program, wired. Disposing lets go of everything, the database last. */
export interface App extends AsyncDisposable {
  readonly store: Store
  readonly engine: Engine
  readonly updates: RunningUpdates
  readonly outbox: Outbox
  readonly log: Log
  /** Asks what runs, for whoever does not `run`. */
  look(signal: AbortSignal): Promise<void>
  /** Checks on schedule, follows the providers and delivers messages, until aborted. */
  run(signal: AbortSignal): Promise<void>
}

/** What it says of itself to registries and receivers. */
const USER_AGENT = `seaworthy/${VERSION}`

/** Wires the parts. `quiet`: only warnings and worse are logged, to standard error. */
export async function openApp(
  context: Surroundings,
  loaded: LoadedConfig,
  { quiet }: { quiet: boolean },
): Promise<App> {
  const log = openLog(context, loaded, quiet)
  const stack = new AsyncDisposableStack()
  try {
    const store = stack.use(await openStore(loaded.config.db.path, { now: systemClock.now }))
    if (store.recovered !== undefined) await tellRecovery(store, log)
    const wired = wire(context, loaded, { log, store, stack })
    return { store, log, ...wired, [Symbol.asyncDispose]: () => stack.disposeAsync() }
  } catch (error) {
    await stack.disposeAsync()
    throw error
  }
}

function wire(
  context: Surroundings,
  loaded: LoadedConfig,
  { log, store, stack }: { log: Log; store: Store; stack: AsyncDisposableStack },
): Pick<App, 'engine' | 'updates' | 'outbox' | 'look' | 'run'> {
  const { config } = loaded
  const { db } = store
  const { now } = systemClock
  const listeners = new Set<() => void>()
  const changed = (): void => {
    for (const listener of listeners) listener()
  }
  const registries = stack.use(openRegistries(context, loaded, log))
  const providers = openProviders(context, loaded, log)
  const teller = { version: VERSION, hostname: hostname() }
  const channels = notifierChannels(context, loaded, { ...teller, log, userAgent: USER_AGENT })
  for (const part of [...providers, ...channels]) stack.defer(async () => await part[Symbol.asyncDispose]?.())
  const { retries } = config.messages
  const discovery = createDiscovery({ db, providers, log, now, changed })
  const outbox = createOutbox({ db, channels, clock: systemClock, log, random: Math.random, retries, changed })
  let nextCheckAt: Date | undefined
  const ending = new AbortController()
  const stopping = AbortSignal.any([context.signal, ending.signal])
  const healthchecks = openHealthchecks(context, loaded, { log, signal: context.signal })
  if (healthchecks !== undefined) stack.use(healthchecks)
  // Whatever was written down may have brought a message with it.
  listeners.add(outbox.wake)
  const rollouts = { db, discovery, registries, channels, log, changed, stopping, stack }
  const { updates, checkHooks } = openUpdates(context, loaded, rollouts)
  const parts: EngineParts = {
    ...{ db, discovery, registries, outbox, channels, log, listeners, healthchecks, checkHooks, stopping, ...teller },
    ...checkOptions(loaded),
    clock: systemClock,
    nextCheckAt: () => nextCheckAt,
  }
  const engine = createEngine(parts)
  // First of all to be let go of: a check that is cut off must not find its registries closed and take that for an answer.
  stack.defer(async () => {
    ending.abort(new Error('The program ends'))
    await Promise.all([engine.idle(), updates.idle()])
  })
  const run = async (signal: AbortSignal): Promise<void> => {
    const { schedule, timezone, jitter, runOnStartup } = config.watch
    const followed: FollowParts = {
      ...{ discovery, engine, log, runOnStartup, clock: systemClock, random: Math.random, jitterMs: jitter },
      schedule: schedule === '' ? undefined : parseSchedule(schedule, { timezone }),
      planned: (at) => {
        nextCheckAt = at
      },
      came: (workloads) =>
        void engine.checkNewcomers(workloads).catch((error: unknown) => {
          if (!stopping.aborted) log.error({ error }, 'What came could not be checked')
        }),
    }
    await Promise.all([
      outbox.run(signal),
      follow(followed, signal),
      updates.run(signal),
      runUpkeep({ store, clock: systemClock, log }, signal),
    ])
  }
  return { engine, updates, outbox, look: discovery.list, run }
}

/** How checks are made, as the configuration says. */
function checkOptions({ config: { watch, defaults, messages, server } }: LoadedConfig) {
  return {
    defaults: defaults.settings,
    firstCheckNotif: watch.firstCheckNotif,
    summary: messages.summary,
    compareDigest: watch.compareDigest,
    workers: watch.workers === DEFAULT_WORKERS ? undefined : watch.workers,
    publicUrl: server.publicURL,
    platform: ownPlatform(),
  }
}

/** A client for every registry, with the credentials and transports of the configuration and of Docker's own. */
export function openRegistries(
  context: Surroundings,
  { config }: LoadedConfig,
  log: Log = openLog(context, { config }, true),
): RegistryClient {
  const proxyFor = proxyFromEnvironment(context.environment)
  return createRegistryClient({
    members: Object.values(registryFamily),
    options: config.regopts,
    http: (options) => createHttpClient({ proxyFor, ...options, userAgent: USER_AGENT }),
    dockerConfig: loadDockerCredentials({
      home: context.home,
      env: context.environment,
      run: runProgram,
      now: systemClock.now,
      log,
    }),
    now: systemClock.now,
    log,
    random: Math.random,
  })
}

function openHealthchecks(
  { environment }: Surroundings,
  { config }: LoadedConfig,
  { log, signal }: { log: Log; signal: AbortSignal },
): Healthchecks | undefined {
  const { healthchecks } = config.watch
  if (healthchecks?.uuid === undefined) return undefined
  const { baseURL: baseUrl, uuid } = healthchecks
  const http = createHttpClient({ proxyFor: proxyFromEnvironment(environment), userAgent: USER_AGENT })
  const pings = createHealthchecks({ baseUrl, uuid, http, log, signal })
  return {
    ...pings,
    async [Symbol.asyncDispose]() {
      await pings[Symbol.asyncDispose]()
      await http[Symbol.asyncDispose]()
    },
  }
}

function openProviders(context: Surroundings, { config, providerSections }: LoadedConfig, log: Log): Provider[] {
  const { settings, metadata } = config.defaults
  return providerSections.map(({ provider, options }) =>
    // The options were parsed by this very member's schema when the configuration was loaded.
    providerFamily[provider as keyof typeof providerFamily].create(options as never, {
      log: log.child({ provider }),
      now: systemClock.now,
      defaults: settings,
      defaultMetadata: metadata,
      home: context.home,
      platform: ownPlatform(),
    }),
  )
}

function openLog({ terminal }: Surroundings, { config }: Pick<LoadedConfig, 'config'>, quiet: boolean): Log {
  const { level, json } = config.log
  return quiet
    ? createLog({
        level: 'warn',
        json,
        color: terminal.color && terminal.isErrTty,
        write: (line) => terminal.err(line),
      })
    : createLog({ level, json, color: config.log.color ?? terminal.color, write: (line) => terminal.out(line) })
}

async function tellRecovery(store: Store, log: Log): Promise<void> {
  log.warn({ database: path.resolve(store.path) }, store.recovered!)
  await recordEvent(store.db, { kind: 'database.recovered', data: { text: store.recovered }, now: systemClock.now() })
}

const ARCHITECTURES: Partial<Record<NodeJS.Architecture, string>> = { x64: 'amd64', ia32: '386' }

function ownPlatform(): Platform {
  const architecture = ARCHITECTURES[process.arch] ?? process.arch
  return normalizePlatform({ ...DEFAULT_PLATFORM, architecture })
}
