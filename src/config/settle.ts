import path from 'node:path'
import { isTimeZone } from '../lib/cron.ts'
import { type DraftSection, isSection } from './draft.ts'
import type { Environment } from './expand.ts'
import { joinPath, type Place } from './problems.ts'
import { looksLikeRegistry } from './schema-parts.ts'
import type { ConfigSource } from './search.ts'
import type { SectionShape, Shape } from './shape.ts'
import type { Collected } from './yaml.ts'

export interface SettleInput {
  readonly env: Environment
  readonly cwd: string
  readonly readFile: (path: string) => string
  readonly shape: SectionShape
  readonly source: ConfigSource
}

/** Fills in what neither file nor prefixed variables say, drops entries that say nothing, and looks whether files of secrets are there. */
export function settle(draft: DraftSection, input: SettleInput, collected: Collected): void {
  dropNameless(draft, collected)
  watchSomething(draft, input, collected)
  useDockerHost(draft, input, collected)
  useTimeZone(draft, input, collected)
  useNoColor(draft, input)
  lookForFiles({ value: draft, shape: input.shape, path: '', place: {} }, input, collected)
}

function dropNameless(draft: DraftSection, { findings, origins }: Collected): void {
  if (!Array.isArray(draft.regopts)) return
  const list = draft.regopts as DraftSection[]
  const kept: DraftSection[] = []
  for (const [index, entry] of list.entries()) {
    const place = origins.at(list, index)?.place ?? {}
    const here = joinPath('regopts', index)
    if (origins.at(entry, 'name')?.empty) {
      findings.note({ place, path: here, message: `${here} is left out: its name is empty.` })
      continue
    }
    const { name, selector } = entry
    if (selector === undefined && typeof name === 'string' && looksLikeRegistry(name)) {
      const message = `${here} has no selector: it is used for all images of ${name}, as well as by name.`
      findings.note({ place, path: here, message, suggestion: 'Set selector to name or image to choose one.' })
    }
    origins.set(kept, kept.length, { place })
    kept.push(entry)
  }
  draft.regopts = kept
}

function watchSomething(draft: DraftSection, { shape, source }: SettleInput, { findings }: Collected): void {
  if (isSection(draft.providers) && Object.keys(draft.providers).length > 0) return
  const place = { file: source.file }
  // Providers that are left out were still asked for.
  if (findings.list.some((problem) => problem.path.startsWith('providers.'))) return
  const providers = shape.keys.get('providers')
  if (providers?.kind !== 'section' || !providers.keys.has('docker')) {
    findings.error({ place, path: 'providers', message: 'No provider is configured.' })
    return
  }
  draft.providers = { docker: [{ watchByDefault: true }] }
  if (source.file === undefined && source.environment.length === 0) return
  const message = 'No provider is configured, so all containers of the local Docker are watched.'
  findings.note({ place, path: 'providers', message })
}

function useDockerHost(draft: DraftSection, { env, shape }: SettleInput, { origins }: Collected): void {
  const host = env.DOCKER_HOST
  const providers = shape.keys.get('providers')
  const docker = providers?.kind === 'section' ? providers.keys.get('docker') : undefined
  if (!host || docker?.kind !== 'list' || !docker.item.keys.has('endpoint') || !isSection(draft.providers)) return
  for (const section of (draft.providers.docker ?? []) as DraftSection[]) {
    if (section.endpoint !== undefined) continue
    section.endpoint = host
    origins.set(section, 'endpoint', { place: { variable: 'DOCKER_HOST' } })
  }
}

function useTimeZone(draft: DraftSection, { env }: SettleInput, { findings }: Collected): void {
  const zone = env.TZ
  const watch = (draft.watch ?? {}) as DraftSection
  if (!zone || watch.timezone !== undefined) return
  if (isTimeZone(zone)) draft.watch = Object.assign(watch, { timezone: zone })
  else
    findings.note({ place: { variable: 'TZ' }, path: 'watch.timezone', message: `TZ: "${zone}" is not a time zone.` })
}

/** https://no-color.org: any text in it means no. */
function useNoColor(draft: DraftSection, { env }: SettleInput): void {
  if (!env.NO_COLOR) return
  const log = (draft.log ?? {}) as DraftSection
  if (log.color === undefined) draft.log = Object.assign(log, { color: false })
}

interface Spot {
  readonly value: unknown
  readonly shape: Shape
  readonly path: string
  readonly place: Place
}

function lookForFiles(spot: Spot, input: SettleInput, collected: Collected): void {
  const { value, shape, path: here, place } = spot
  if (shape.kind !== 'value') {
    for (const below of spotsBelow(spot, collected)) lookForFiles(below, input, collected)
    return
  }
  if (shape.type !== 'secretFile' || typeof value !== 'string' || canRead(value, input)) return
  collected.findings.note({ place, path: here, message: `${here}: the file ${value} cannot be read now.` })
}

function spotsBelow({ value, shape, path: here, place }: Spot, { origins }: Collected): Spot[] {
  if (typeof value !== 'object' || value === null) return []
  const placeAt = (key: PropertyKey) => origins.at(value, key)?.place ?? place
  if (shape.kind === 'section') {
    return Object.entries(value).flatMap(([key, inner]) => {
      const child = shape.keys.get(key)
      return child === undefined ? [] : [{ value: inner, shape: child, path: joinPath(here, key), place: placeAt(key) }]
    })
  }
  if (shape.kind !== 'list' || !Array.isArray(value)) return []
  const isOnly = shape.oneOrMany && value.length === 1
  return value.map((inner: unknown, index) => ({
    value: inner,
    shape: shape.item,
    path: isOnly ? here : joinPath(here, index),
    place: placeAt(index),
  }))
}

function canRead(file: string, { readFile, cwd }: SettleInput): boolean {
  try {
    readFile(path.resolve(cwd, file))
    return true
  } catch {
    return false
  }
}
