import https from 'node:https'
import { type Cost, costSoFar, questionOf } from './child.ts'
import type { RegistryImage } from './registry.ts'

// The reference: the same HEADs from a loop of twenty over node:https and nothing else. No login, no store, no judgement.

export interface BareAnswer {
  readonly ms: number
  readonly cpu: number
  readonly whole: Cost
}

const AT_ONCE = 20

const { images, ca } = await questionOf<{ images: readonly RegistryImage[]; ca: string }>()
const agent = new https.Agent({ keepAlive: true, maxSockets: AT_ONCE, ca })
const urls = images.map(({ image }) => {
  const [, host, repository, tag] = /^([^/]+)\/(.+):([^:]+)$/.exec(image) ?? []
  return `https://${host}/v2/${repository}/manifests/${tag}`
})
const before = costSoFar()
const begun = performance.now()
const queue = urls.values()
await Promise.all(
  Array.from({ length: AT_ONCE }, async () => {
    for (const url of queue) await head(url)
  }),
)
const ms = performance.now() - begun
const whole = costSoFar()
agent.destroy()
process.send?.({ ms, cpu: whole.cpu - before.cpu, whole } satisfies BareAnswer)
process.disconnect?.()

function head(url: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const request = https.request(url, { method: 'HEAD', agent, headers: { accept: 'application/json' } })
    request.once('response', (response) => {
      // Node closes the connection of an answer to HEAD that has no length, otherwise.
      request.shouldKeepAlive = true
      response.resume().once('end', resolve)
      if (response.statusCode !== 200) reject(new Error(`${response.statusCode} for ${url}`))
    })
    request.once('error', reject)
    request.end()
  })
}
