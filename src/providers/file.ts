import { readdir, readFile } from 'node:fs/promises'
import path from 'node:path'
import { z } from '@hono/zod-openapi'
import { describeError, Failure } from '../domain/failure.ts'
import { parseImageReference } from '../domain/image-reference.ts'
import { DEFAULT_PLATFORM, formatPlatform, normalizePlatform } from '../domain/platform.ts'
import type { Workload } from '../domain/workload.ts'
import { systemClock } from '../lib/clock.ts'
import { text } from '../lib/options.ts'
import { watchFolder } from './_file-watch.ts'
import { defineProvider, type Listing, type Problem, type Provider, type ProviderParts } from './_provider.ts'
import { type ListEntry, readWatchList } from './_watch-list.ts'

const options = z
  .object({
    filename: text().optional().describe('A watch list: a YAML file with a list of images'),
    directory: text().optional().describe('A folder of watch lists (.yml, .yaml); goes before filename'),
  })
  .refine(({ filename, directory }) => filename || directory, 'filename or directory is needed')

type FileOptions = z.output<typeof options>

export default defineProvider({
  name: 'file',
  summary: 'Images of a watch list, running or not.',
  options,
  create: createFileProvider,
})

function createFileProvider(given: FileOptions, parts: ProviderParts): Provider {
  const { directory = '', filename = '' } = given
  const place = directory || filename
  const log = parts.log.child({ provider: 'file', host: place })
  return {
    name: 'file',
    host: place,
    async list(signal) {
      signal.throwIfAborted()
      return directory === '' ? readOne(filename, { parts, host: place }) : readFolder(directory, parts)
    },
    watch: (changed, signal) =>
      watchFolder(directory || path.dirname(filename), { changed, signal, log, clock: systemClock }),
  }
}

async function readFolder(directory: string, parts: ProviderParts): Promise<Listing> {
  const names = await readdir(directory).catch((cause: unknown) => {
    throw unreadable(directory, cause)
  })
  const files = names.filter((name) => /\.ya?ml$/i.test(name)).sort()
  const workloads: Workload[] = []
  const problems: Problem[] = []
  for (const name of files) {
    try {
      const listing = await readOne(path.join(directory, name), { parts, host: directory })
      workloads.push(...listing.workloads)
      problems.push(...listing.problems)
    } catch (error) {
      if (!(error instanceof Failure)) throw error
      problems.push({ workload: name, message: describeError(error) })
    }
  }
  return { workloads, problems }
}

interface Origin {
  readonly parts: ProviderParts
  readonly host: string
}

async function readOne(file: string, origin: Origin): Promise<Listing> {
  const content = await readFile(file, 'utf8').catch((cause: unknown) => {
    throw unreadable(file, cause)
  })
  const list = readWatchList(content, file)
  const workloads: Workload[] = []
  const problems = list.problems.map(({ entry, failure }) => ({ workload: entry, message: describeError(failure) }))
  for (const entry of list.entries) {
    try {
      workloads.push(toWorkload(entry, file, origin))
    } catch (error) {
      if (!(error instanceof Failure)) throw error
      const failure = new Failure(error.code, error.message, { where: entry.where, remedy: error.remedy, cause: error })
      problems.push({ workload: entry.name, message: describeError(failure) })
    }
  }
  return { workloads: withUniqueIds(workloads), problems }
}

function toWorkload(entry: ListEntry, file: string, { parts, host }: Origin): Workload {
  const { defaults, platform = DEFAULT_PLATFORM } = parts
  return {
    id: `file/${path.basename(file)}/${entry.name}`,
    provider: 'file',
    host,
    name: entry.name,
    image: entry.name,
    reference: parseImageReference(entry.name),
    platform: platformOf(entry, platform),
    running: { digests: [] },
    settings: { ...defaults, ...entry.settings },
    metadata: entry.metadata,
  }
}

/** A variant belongs to its architecture: that of this machine is of no use for another one. */
function platformOf({ platform: wanted }: ListEntry, own: NonNullable<ProviderParts['platform']>) {
  if (wanted === undefined) return normalizePlatform(own)
  const { variant: _, osVersion: __, ...bare } = own
  return normalizePlatform({ ...(wanted.architecture === undefined ? own : bare), ...wanted })
}

/** One image may be listed for several platforms, and, by mistake, twice. */
function withUniqueIds(workloads: readonly Workload[]): Workload[] {
  const perPlatform = distinguish(workloads, ({ platform }) => ` (${formatPlatform(platform)})`)
  return distinguish(perPlatform, (_, nth) => (nth === 1 ? '' : ` #${nth}`))
}

function distinguish(workloads: readonly Workload[], mark: (workload: Workload, nth: number) => string): Workload[] {
  const total = Map.groupBy(workloads, ({ id }) => id)
  const seen = new Map<string, number>()
  return workloads.map((workload) => {
    if (total.get(workload.id)?.length === 1) return workload
    const nth = (seen.get(workload.id) ?? 0) + 1
    seen.set(workload.id, nth)
    return { ...workload, id: workload.id + mark(workload, nth) }
  })
}

function unreadable(place: string, cause: unknown): Failure {
  const reason = cause instanceof Error && 'code' in cause ? cause.code : undefined
  const [code, what, remedy] =
    reason === 'EACCES'
      ? (['forbidden', 'may not be read by this user', 'Change its permissions.'] as const)
      : (['not-found', 'cannot be read', 'Check the path; in a container, mount it.'] as const)
  return new Failure(code, `The watch list ${place} ${what}.`, { where: 'providers.file', remedy, cause })
}
