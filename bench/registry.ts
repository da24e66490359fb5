import { once } from 'node:events'
import type { Counts } from '../test/kit/registry-double-knobs.ts'
import { startChild } from './child.ts'

/** What the measuring registry is to hold and how it behaves. */
export interface RegistrySpec {
  readonly images: number
  /** `rolling`: one tag `latest`; `versioned`: ten versions, the newest of which runs. */
  readonly tags: 'rolling' | 'versioned'
  readonly protocol: 'http' | 'https' | 'h2'
  readonly auth: 'none' | 'bearer'
  readonly latencyMs: number
}

export interface RegistryImage {
  readonly image: string
  readonly digest: string
}

/** A registry in a process of its own that counts what it is asked. */
export interface MeasuringRegistry extends AsyncDisposable {
  readonly host: string
  /** PEM of its own authority. */
  readonly ca: string
  readonly images: readonly RegistryImage[]
  /** Requests by kind since the last call, which starts to count anew. */
  counts(): Promise<Counts>
}

/** What the process says once it listens. */
export type Started = Pick<MeasuringRegistry, 'host' | 'ca' | 'images'>

export async function startRegistry(spec: RegistrySpec): Promise<MeasuringRegistry> {
  const child = startChild('registry-child.ts', spec)
  const [started] = (await once(child, 'message')) as [Started]
  return {
    ...started,
    async counts() {
      child.send('counts')
      const [counts] = (await once(child, 'message')) as [Counts]
      return counts
    },
    async [Symbol.asyncDispose]() {
      const gone = once(child, 'exit')
      child.disconnect()
      await gone
    },
  }
}

/** All requests. */
export function requestsIn(counts: Counts): number {
  const { ping, token, head, manifest, blob, tags, hub, other } = counts
  return ping + token + head + manifest + blob + tags + hub + other
}
