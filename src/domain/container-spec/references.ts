import { asText, asTexts } from './json.ts'
import type { JsonObject } from './types.ts'

/** Where one container shares a namespace of another: `container:ID`. */
export const NAMESPACES = ['NetworkMode', 'PidMode', 'IpcMode', 'UTSMode'] as const

const ID = /^[0-9a-f]{12,64}$/
const ASIDE = /__(?:prev|next)_[\w-]{8}$/

/** A link as an inspection has it (`/db:/web/alias`) or as it is written (`db:alias`, `db`). */
export interface Link {
  readonly target: string
  readonly alias: string
}

/** Undefined where nothing is shared with another container. */
export function sharedWith(mode: string): string | undefined {
  return mode.startsWith('container:') ? mode.slice('container:'.length) : undefined
}

export function parseLink(text: string): Link {
  const [from = '', to] = text.split(':')
  const target = from.replace(/^\//, '')
  return { target, alias: to?.split('/').at(-1) || target }
}

/** `donor:ro` → `donor`. */
export function donorOf(volumesFrom: string): string {
  return volumesFrom.split(':', 1)[0]!.replace(/^\//, '')
}

/** The name that a container has when no update is under way: without the ending that a parked one or a candidate bears. */
export function plainName(name: string): string {
  return name.replace(/^\//, '').replace(ASIDE, '')
}

/** Whether it stands aside for the time of an update. */
export function isAside(name: string): boolean {
  return ASIDE.test(name)
}

/**
 * The same HostConfig with its references to other containers brought up to date: ids of replaced ones become the new
 * ids, names of parked ones lose their ending. A name that still holds stays as it was written.
 */
export function followReplaced(hostConfig: JsonObject, replaced: ReadonlyMap<string, string>): JsonObject {
  const namespaces = NAMESPACES.flatMap((key) => {
    const provider = sharedWith(asText(hostConfig[key]))
    const now = provider === undefined ? undefined : referenceNow(provider, replaced)
    return now === undefined ? [] : [[key, `container:${now}`]]
  })
  return {
    ...hostConfig,
    ...Object.fromEntries(namespaces),
    ...(hostConfig.Links ? { Links: followLinks(asTexts(hostConfig.Links), replaced) } : {}),
    ...(hostConfig.VolumesFrom
      ? { VolumesFrom: asTexts(hostConfig.VolumesFrom).map((text) => followDonor(text, replaced)) }
      : {}),
  }
}

/** The same for links; those of an endpoint are written alike. */
export function followLinks(links: readonly string[], replaced: ReadonlyMap<string, string>): string[] {
  return links.map((text) => {
    const { target, alias } = parseLink(text)
    // A link is bound when the container is created, while the old one still bears the name.
    const now = replaced.get(`/${target}`) ?? referenceNow(target, replaced)
    return now === undefined ? text : `${now}:${alias}`
  })
}

function followDonor(text: string, replaced: ReadonlyMap<string, string>): string {
  const now = referenceNow(donorOf(text), replaced)
  const colon = text.indexOf(':')
  return now === undefined ? text : `${now}${colon < 0 ? '' : text.slice(colon)}`
}

/** Undefined where the reference holds as it is. */
function referenceNow(reference: string, replaced: ReadonlyMap<string, string>): string | undefined {
  const exact = replaced.get(reference)
  if (exact !== undefined) return exact
  const begins = ID.test(reference) ? [...replaced].find(([id]) => id.startsWith(reference)) : undefined
  if (begins !== undefined) return begins[1]
  return isAside(reference) ? plainName(reference) : undefined
}
