import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import path from 'node:path'
import { gzipSync } from 'node:zlib'
import type { DockerDaemon } from './docker-daemon.ts'
import { type TarEntry, tar } from './tar.ts'

export interface ImageOptions {
  /** What the image answers under /version on port 8080; two versions differ in their digests. */
  readonly version?: string
  readonly labels?: Readonly<Record<string, string>>
  readonly env?: readonly string[]
  /** Replaces the small web server as the command. */
  readonly cmd?: readonly string[]
  readonly created?: string
  /** As in the platform of an index: linux/amd64, linux/arm/v7. */
  readonly platform?: string
  /** More of the image's config, in Docker's own field names: Healthcheck, User, Volumes, StopSignal. */
  readonly config?: Readonly<Record<string, unknown>>
  /** False leaves the programs out: an image of some hundred bytes, for tests in which nothing runs. */
  readonly runnable?: boolean
}

/** An image as its two parts, which a daemon loads and a registry stores alike. */
export interface BuiltImage {
  readonly config: Buffer
  /** The one layer, as tar. */
  readonly layer: Buffer
  readonly gzipped: Buffer
  /** The digest of the config, which Docker calls the image ID. */
  readonly id: string
}

const APPLETS = ['sh', 'cat', 'echo', 'env', 'false', 'grep', 'hostname', 'httpd', 'id', 'ip', 'kill', 'ls', 'nc']
const MORE_APPLETS = ['mkdir', 'nslookup', 'ps', 'rm', 'sleep', 'test', 'touch', 'true', 'wget']
const SERVE = 'trap "exit 0" TERM INT; httpd -f -p 8080 -h /www & wait'

/** Builds a tiny image from Debian's static busybox, without a network and without a daemon. */
export function buildImage(options: ImageOptions = {}): BuiltImage {
  const [os, architecture, variant] = (options.platform ?? 'linux/amd64').split('/')
  const layer = tar([...(options.runnable === false ? [] : programs()), ...files(options.version ?? '1.0.0')])
  const config = Buffer.from(
    JSON.stringify({
      architecture,
      os,
      ...(variant === undefined ? {} : { variant }),
      created: options.created ?? '2026-01-01T00:00:00Z',
      config: {
        Env: ['PATH=/bin', ...(options.env ?? [])],
        Cmd: options.cmd ?? ['/bin/sh', '-c', SERVE],
        Labels: options.labels ?? {},
        ...options.config,
      },
      rootfs: { type: 'layers', diff_ids: [digestOf(layer)] },
      history: [{ created: options.created ?? '2026-01-01T00:00:00Z', created_by: 'test image' }],
    }),
  )
  return { config, layer, gzipped: gzipSync(layer, { level: 1 }), id: digestOf(config) }
}

/** Puts an image into a daemon under a reference and returns its ID. */
export async function loadImage(daemon: DockerDaemon, reference: string, options: ImageOptions = {}): Promise<string> {
  const image = buildImage(options)
  const name = image.id.replace('sha256:', '')
  const manifest = [{ Config: `${name}.json`, RepoTags: [reference], Layers: ['layer.tar'] }]
  const archive = path.join(daemon.folder, `${name}.tar`)
  const entries = [
    { path: `${name}.json`, content: image.config },
    { path: 'layer.tar', content: image.layer },
    { path: 'manifest.json', content: JSON.stringify(manifest) },
  ]
  await writeFile(archive, tar(entries))
  await daemon.docker('load', '--quiet', '--input', archive)
  return image.id
}

/** The digest of some bytes, as the OCI image specification writes it. */
export function digestOf(bytes: Buffer | string): string {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`
}

function programs(): TarEntry[] {
  const links = [...APPLETS, ...MORE_APPLETS].map((name) => ({ path: `bin/${name}`, link: 'busybox', mode: 0o777 }))
  return [{ path: 'bin/' }, { path: 'bin/busybox', content: readFileSync('/bin/busybox'), mode: 0o755 }, ...links]
}

function files(version: string): TarEntry[] {
  const temporary = { path: 'tmp/', mode: 0o1777 }
  return [temporary, { path: 'etc/' }, { path: 'www/' }, { path: 'www/version', content: `${version}\n` }]
}
