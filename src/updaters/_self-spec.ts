import { candidateSpec } from '../domain/container-spec/candidate.ts'
import type { InspectedContainer, InspectedImage, JsonObject } from '../domain/container-spec/types.ts'

/** On a helper: the update that it is there for. */
export const HELPER_LABEL = 'seaworthy.internal.helper'

export interface HelperOptions {
  /** The container Seaworthy runs in. */
  readonly container: InspectedContainer
  /** The image that it runs. */
  readonly image: InspectedImage
  readonly apiVersion: string | undefined
  /** Id of the update. */
  readonly update: string
  readonly command: readonly [string, ...string[]]
}

export interface HelperSpec {
  /** Of `POST /containers/create`. */
  readonly body: JsonObject
  /** Networks to connect before it is started. */
  readonly later: readonly string[]
}

export function helperName(name: string, update: string): string {
  return `${name}__helper_${update.slice(0, 8)}`
}

/**
 * A container that can do what ours can: the same image by its id, mounts, user, environment, rights and networks. It takes
 * nothing that can be had only once (ports, addresses, names), and none of the labels by which others find ours: a reverse
 * proxy, Compose. The engine starts it again whatever ends it, until the update is at its end and it removes itself: in
 * the moment in which neither the old nor the new container runs nobody else could go on.
 */
export function helperSpec({ container, image, apiVersion, update, command }: HelperOptions): HelperSpec {
  const spec = candidateSpec({
    ...{ container, oldImage: image, newImage: image, image: container.Image, apiVersion },
    ...{ labels: {}, pins: [], replaced: new Map<string, string>() },
  })
  const { HostConfig, NetworkingConfig, MacAddress: _, Hostname: __, Domainname: ___, ...config } = spec.body
  const [program, ...args] = command
  return {
    body: {
      ...config,
      Labels: { [HELPER_LABEL]: update, 'seaworthy.enable': 'false', 'diun.enable': 'false' },
      Entrypoint: [program],
      Cmd: args,
      ExposedPorts: {},
      Healthcheck: { Test: ['NONE'] },
      HostConfig: {
        ...(HostConfig as JsonObject),
        PortBindings: {},
        PublishAllPorts: false,
        RestartPolicy: { Name: 'always' },
        AutoRemove: false,
        ContainerIDFile: '',
      },
      ...networksOf(NetworkingConfig as { EndpointsConfig?: JsonObject } | undefined),
    },
    later: spec.later.map(({ network }) => network),
  }
}

function networksOf(networking: { EndpointsConfig?: JsonObject } | undefined): JsonObject {
  if (networking?.EndpointsConfig === undefined) return {}
  const names = Object.keys(networking.EndpointsConfig)
  return { NetworkingConfig: { EndpointsConfig: Object.fromEntries(names.map((name) => [name, {}])) } }
}
