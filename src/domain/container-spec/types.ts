/** What an engine says or is told: passed on as it came, unknown keys included. A number too long for JavaScript is a `JSON.rawJSON` object. */
export type Json = string | number | boolean | null | readonly Json[] | JsonObject

export interface JsonObject {
  readonly [key: string]: Json | undefined
}

/** What is read of `GET /containers/{id}/json`; everything else in it is passed on untouched. */
export interface InspectedContainer {
  readonly Id: string
  /** With its slash: `/web`. */
  readonly Name: string
  /** The id of the image it was made from, whatever its reference points to by now. */
  readonly Image: string
  readonly Config: JsonObject
  readonly HostConfig: JsonObject
  readonly NetworkSettings: { readonly Networks?: Readonly<Record<string, JsonObject>> | null }
  readonly Mounts?: readonly JsonObject[] | null
  readonly State: InspectedState
  /** Containerd image store only: which of the image's manifests it runs. */
  readonly ImageManifestDescriptor?: JsonObject | null
  /** Podman only: whether it holds a pod together. */
  readonly IsInfra?: boolean
}

export interface InspectedState extends JsonObject {
  readonly Status?: string
  /** True also while it waits to be restarted. */
  readonly Running?: boolean
  readonly Paused?: boolean
  readonly Restarting?: boolean
  readonly Dead?: boolean
  readonly StartedAt?: string
}

/** What is read of `GET /images/{id}/json`. */
export interface InspectedImage {
  readonly Id: string
  readonly Os?: string
  readonly Architecture?: string
  readonly Variant?: string
  readonly Config?: JsonObject | null
  readonly RepoDigests?: readonly string[] | null
  readonly RepoTags?: readonly string[] | null
}
