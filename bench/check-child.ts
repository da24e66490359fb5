import { parseImageReference } from '../src/domain/image-reference.ts'
import { DEFAULT_PLATFORM } from '../src/domain/platform.ts'
import { DEFAULT_SETTINGS, type Workload } from '../src/domain/workload.ts'
import { createDiscovery } from '../src/engine/discover.ts'
import { createEngine } from '../src/engine/engine.ts'
import { createOutbox } from '../src/engine/outbox.ts'
import { systemClock } from '../src/lib/clock.ts'
import { createHttpClient } from '../src/lib/http/client.ts'
import { SILENT } from '../src/lib/log.ts'
import type { Provider } from '../src/providers/_provider.ts'
import { createRegistryClient } from '../src/registries/_oci.ts'
import type { RegistryOptions } from '../src/registries/_registry.ts'
import { registries as registryFamily } from '../src/registries/all.gen.ts'
import { openStore } from '../src/store/open.ts'
import { type Cost, costSoFar, questionOf } from './child.ts'
import type { RegistryImage } from './registry.ts'

// One check as the server makes it: engine, store on a file, registry client; only the provider is made up.

export interface CheckQuestion {
  readonly images: readonly RegistryImage[]
  readonly host: string
  readonly ca: string
  readonly plainHttp: boolean
  readonly database: string
}

export interface CheckAnswer {
  /** Milliseconds of the check alone. */
  readonly ms: number
  /** Processor seconds of the check alone. */
  readonly checkCpu: number
  /** Of the whole process, with its start. */
  readonly whole: Cost
  readonly counts: Readonly<Record<string, number>>
}

const { images, host, ca, plainHttp, database } = await questionOf<CheckQuestion>()
const { now } = systemClock

await using stack = new AsyncDisposableStack()
const { db } = stack.use(await openStore(database, { now }))
const options: RegistryOptions = { name: host, selector: 'image', insecureTls: false, plainHttp, timeoutMs: 0 }
const registries = stack.use(
  createRegistryClient({
    members: Object.values(registryFamily),
    options: plainHttp ? [options] : [],
    http: (more) => createHttpClient({ ...more, userAgent: 'bench', ca: [ca, ...(more.ca ?? [])] }),
    dockerConfig: { find: async () => undefined },
    now,
    log: SILENT,
  }),
)
const provider: Provider = {
  name: 'bench',
  host: 'local',
  list: async () => ({ workloads: images.map(workloadOf), problems: [] }),
}
const listeners = new Set<() => void>()
const discovery = createDiscovery({ db, providers: [provider], log: SILENT, now, changed: () => {} })
const outbox = createOutbox({
  ...{ db, channels: [], clock: systemClock, log: SILENT, random: Math.random, retries: 1 },
  changed: () => {},
})
const engine = createEngine({
  ...{ db, discovery, registries, outbox, channels: [], clock: systemClock, log: SILENT, listeners },
  ...{ version: 'bench', hostname: 'bench', defaults: DEFAULT_SETTINGS, platform: DEFAULT_PLATFORM },
  ...{ firstCheckNotif: false, summary: false, compareDigest: true, nextCheckAt: () => undefined },
  stopping: new AbortController().signal,
})
const before = costSoFar()
const begun = performance.now()
const { counts } = await engine.check('manual')
const ms = performance.now() - begun
const whole = costSoFar()
process.send?.({ ms, checkCpu: whole.cpu - before.cpu, whole, counts } satisfies CheckAnswer)
process.disconnect?.()

function workloadOf({ image, digest }: RegistryImage): Workload {
  const reference = parseImageReference(image)
  const name = reference.repository.replaceAll('/', '-')
  return {
    id: `bench/local/${name}`,
    provider: 'bench',
    host: 'local',
    name,
    image,
    reference,
    platform: DEFAULT_PLATFORM,
    running: { digests: [digest], state: 'running' },
    settings: DEFAULT_SETTINGS,
    metadata: { ctn_names: name, ctn_state: 'running' },
  }
}
