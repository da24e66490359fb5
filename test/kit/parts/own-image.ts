import { cp, mkdir, readFile, symlink } from 'node:fs/promises'
import path from 'node:path'
import { digestOf } from './base-image.ts'
import { output, temporaryFolder } from './program.ts'
import type { Registry } from './registry.ts'

/** An image of this very checkout: the programs it needs, the source, and the packages that it needs when it runs. */
export interface OwnImage extends AsyncDisposable {
  /** Bytes of its layers. */
  readonly size: number
  /** Puts it into a registry; two that differ in `version` or `cmd` have the same layers. Returns the digest. */
  push(registry: Registry, reference: { repository: string; tag: string }, options: OwnImageOptions): Promise<string>
}

export interface OwnImageOptions {
  readonly version: string
  /** Replaces the server. */
  readonly cmd?: readonly string[]
}

const ROOT = path.join(import.meta.dirname, '..', '..', '..')
const MAIN = '/app/src/main.ts'
const NODE = '/app/node'
/** What a registry and an engine call a layer that is not packed: the packing would take longer than the transfer. */
const LAYER = 'application/vnd.oci.image.layer.v1.tar'
const MANIFEST = 'application/vnd.oci.image.manifest.v1+json'
const CONFIG = 'application/vnd.oci.image.config.v1+json'

/** Builds the image once: a layer of programs and packages, and one of source. */
export async function buildOwnImage(): Promise<OwnImage> {
  const folder = await temporaryFolder('own-image')
  const base = path.join(folder.path, 'base')
  const source = path.join(folder.path, 'source')
  await layOutBase(base)
  await mkdir(path.join(source, 'app'), { recursive: true })
  for (const name of ['src', 'web', 'package.json'])
    await cp(path.join(ROOT, name), path.join(source, 'app', name), { recursive: true })
  const layers = [await pack(base), await pack(source)]
  return {
    size: layers.reduce((sum, { length }) => sum + length, 0),
    push: (registry, { repository, tag }, options) => push(registry, { repository, tag, layers, options }),
    [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose](),
  }
}

async function layOutBase(root: string): Promise<void> {
  for (const name of ['app', 'bin', 'data', 'etc', 'tmp', 'lib'])
    await mkdir(path.join(root, name), { recursive: true })
  await cp('/bin/busybox', path.join(root, 'bin', 'busybox'))
  for (const name of ['sh', 'sleep', 'cat', 'ls']) await symlink('busybox', path.join(root, 'bin', name))
  const node = path.join(ROOT, 'node_modules', '.bin', 'node')
  await cp(node, path.join(root, NODE), { dereference: true })
  // `libc.so.6 => /lib/x86_64-linux-gnu/libc.so.6 (0x…)` and `/lib64/ld-linux-x86-64.so.2 (0x…)`
  for (const [, file] of (await output('ldd', [node])).matchAll(/(?:=> |^\s*)(\/\S+) \(0x/gm)) {
    await mkdir(path.join(root, path.dirname(file!)), { recursive: true })
    await cp(file!, path.join(root, file!), { dereference: true })
  }
  for (const name of await runtimePackages())
    await cp(path.join(ROOT, 'node_modules', name), path.join(root, 'app', 'node_modules', name), {
      recursive: true,
      dereference: true,
    })
}

/** What package.json depends on, and what those depend on. */
async function runtimePackages(): Promise<string[]> {
  const wanted = Object.keys((await manifestOf(ROOT)).dependencies ?? {})
  const found = new Set<string>()
  for (let name = wanted.pop(); name !== undefined; name = wanted.pop()) {
    if (found.has(name)) continue
    const manifest = await manifestOf(path.join(ROOT, 'node_modules', name)).catch(() => undefined)
    // An optional one of another system.
    if (manifest === undefined) continue
    found.add(name)
    wanted.push(...Object.keys({ ...manifest.dependencies, ...manifest.peerDependencies }))
  }
  return [...found]
}

interface PackageManifest {
  readonly dependencies?: Readonly<Record<string, string>>
  readonly peerDependencies?: Readonly<Record<string, string>>
}

async function manifestOf(folder: string): Promise<PackageManifest> {
  return JSON.parse(await readFile(path.join(folder, 'package.json'), 'utf8')) as PackageManifest
}

async function pack(folder: string): Promise<Buffer> {
  const archive = `${folder}.tar`
  const same = ['--sort=name', '--mtime=@0', '--owner=0', '--group=0', '--numeric-owner']
  await output('tar', [...same, '-C', folder, '-cf', archive, '.'])
  return await readFile(archive)
}

async function push(
  registry: Registry,
  {
    repository,
    tag,
    layers,
    options,
  }: { repository: string; tag: string; layers: readonly Buffer[]; options: OwnImageOptions },
): Promise<string> {
  const config = Buffer.from(
    JSON.stringify({
      architecture: 'amd64',
      os: 'linux',
      created: '2026-01-01T00:00:00Z',
      config: {
        Env: ['PATH=/bin', 'HOME=/data', `SHIP=${options.version}`],
        WorkingDir: '/data',
        Cmd: options.cmd ?? [NODE, '--max-semi-space-size=2', MAIN, 'serve', '--config', '/data/seaworthy.yml'],
        Labels: { 'org.opencontainers.image.version': options.version },
      },
      rootfs: { type: 'layers', diff_ids: layers.map((layer) => digestOf(layer)) },
    }),
  )
  const descriptors = []
  for (const layer of layers) descriptors.push(await putBlob(registry, repository, { type: LAYER, body: layer }))
  const body = Buffer.from(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: MANIFEST,
      config: await putBlob(registry, repository, { type: CONFIG, body: config }),
      layers: descriptors,
    }),
  )
  const headers = { 'content-type': MANIFEST, 'content-length': String(body.length) }
  const answer = await registry.request('PUT', `/v2/${repository}/manifests/${tag}`, { headers, body })
  if (answer.status !== 201) throw new Error(`The registry refused ${tag}: ${answer.status} ${answer.body}`)
  return digestOf(body)
}

async function putBlob(registry: Registry, repository: string, { type, body }: { type: string; body: Buffer }) {
  const descriptor = { mediaType: type, digest: digestOf(body), size: body.length }
  const there = await registry.request('HEAD', `/v2/${repository}/blobs/${descriptor.digest}`)
  if (there.status === 200) return descriptor
  const session = await registry.request('POST', `/v2/${repository}/blobs/uploads/`)
  const location = new URL(session.headers.location ?? '', registry.url)
  location.searchParams.set('digest', descriptor.digest)
  const headers = { 'content-type': 'application/octet-stream', 'content-length': String(body.length) }
  const answer = await registry.request('PUT', location.href, { headers, body })
  if (answer.status !== 201) throw new Error(`The registry refused a blob: ${answer.status} ${answer.body}`)
  return descriptor
}

export { MAIN as OWN_MAIN, NODE as OWN_NODE }
