import { configParts, isEqual } from './changes.ts'
import { INTERNAL_LABELS } from './config.ts'
import { networksOf, userEndpoint } from './endpoints.ts'
import { asObjects, asText, asTexts } from './json.ts'
import { isAnonymousMount, plainBind } from './mounts.ts'
import type { InspectedContainer, Json } from './types.ts'

/**
 * Paths in which two inspections of a container, before and after an update, differ though they need not: not ids, times,
 * states, addresses and names that the engine gives anew each time, nor the way in which an anonymous volume is kept.
 */
export function differences(before: InspectedContainer, after: InspectedContainer): string[] {
  const [old, now] = [partsOf(before), partsOf(after)]
  const paths = [...new Set([...old.keys(), ...now.keys()])].sort()
  return paths.filter((path) => !isEqual(path, old.get(path), now.get(path)))
}

function partsOf(container: InspectedContainer): Map<string, Json | undefined> {
  const { Config, HostConfig, Id, Name } = container
  const isProviders = asText(HostConfig.NetworkMode).startsWith('container:')
  const hostname = isProviders || Config.Hostname === Id.slice(0, 12) ? '' : Config.Hostname
  const config = [...configParts({ ...Config, Hostname: hostname })]
  // Kept in HostConfig from the first update on; that they are the same ones is to be seen in `.Mounts`.
  const mounts = asObjects(HostConfig.Mounts).filter((mount) => !isAnonymousMount(mount))
  const binds = HostConfig.Binds ? { Binds: asTexts(HostConfig.Binds).map(plainBind) } : {}
  return new Map<string, Json | undefined>([
    ['Name', Name],
    ...config.filter(([path]) => !path.startsWith(`Config.Labels.${INTERNAL_LABELS}`)),
    ...Object.entries({ ...HostConfig, Mounts: mounts, ...binds }).map(
      ([key, value]): Part => [`HostConfig.${key}`, value],
    ),
    ...mountParts(container),
    ...endpointParts(container),
  ])
}

type Part = [path: string, value: Json | undefined]

function mountParts({ Mounts }: InspectedContainer): Part[] {
  return (Mounts ?? []).map((mount) => {
    // A volume's Mode says only in which way it was asked for.
    const { Mode, ...rest } = mount
    return [`Mounts.${asText(mount.Destination)}`, mount.Type === 'volume' ? rest : { ...rest, Mode }]
  })
}

function endpointParts(container: InspectedContainer): Part[] {
  return Object.entries(networksOf(container)).flatMap(([network, endpoint]) => {
    const settings = userEndpoint(network, endpoint, { container, replaced: new Map() })
    const aliases = asTexts(settings.Aliases).toSorted()
    const parts = Object.entries({ ...settings, Aliases: aliases })
    const path = `NetworkSettings.Networks.${network}`
    return [[path, true], ...parts.map(([key, value]): Part => [`${path}.${key}`, value])]
  })
}
