import { makeCertificate } from '../test/kit/certificate.ts'
import { startRegistryDouble } from '../test/kit/registry-double.ts'
import { questionOf } from './child.ts'
import type { RegistryImage, RegistrySpec, Started } from './registry.ts'

// The measuring registry: a process of its own, so that its work is not counted as the product's.

const VERSIONS = Array.from({ length: 10 }, (_, minor) => `1.${minor}.0`)

const { images: count, tags, protocol, auth, latencyMs } = await questionOf<RegistrySpec>()
const certificate = makeCertificate()
const registry = await startRegistryDouble({
  auth,
  latencyMs,
  ...(protocol === 'http' ? {} : { tls: certificate }),
  http2: protocol === 'h2',
})
const images: RegistryImage[] = []
for (let number = 0; number < count; number++) {
  const repository = `team-${number % 25}/application-${number}`
  const names = tags === 'rolling' ? ['latest'] : VERSIONS
  const pushed = names.map((tag) => registry.push(repository, tag, { labels: { number: `${number}`, tag } }))
  images.push({ image: `${registry.host}/${repository}:${names.at(-1)}`, digest: pushed.at(-1)!.digest })
}
process.on('message', () => {
  process.send?.({ ...registry.counts })
  for (const kind of Object.keys(registry.counts) as (keyof typeof registry.counts)[]) registry.counts[kind] = 0
  registry.log.length = 0
})
process.once('disconnect', () => process.exit(0))
process.send?.({ host: registry.host, ca: certificate.cert, images } satisfies Started)
