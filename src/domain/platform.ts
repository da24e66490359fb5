import { Failure } from './failure.ts'

/** For whom an image is built: `linux/arm/v7`. */
export interface Platform {
  readonly os: string
  readonly architecture: string
  readonly variant?: string
  /** Windows only: the build the image needs. */
  readonly osVersion?: string
}

export const DEFAULT_PLATFORM: Platform = { os: 'linux', architecture: 'amd64' }

const ARCHITECTURES: Record<string, readonly [string, string?]> = {
  x86_64: ['amd64'],
  'x86-64': ['amd64'],
  aarch64: ['arm64'],
  armhf: ['arm', 'v7'],
  armel: ['arm', 'v6'],
  armv7l: ['arm', 'v7'],
  armv6l: ['arm', 'v6'],
  i386: ['386'],
  i686: ['386'],
}
const KNOWN_ARCHITECTURES = new Set(
  '386 amd64 arm arm64 loong64 mips mips64 mips64le mipsle ppc64 ppc64le riscv64 s390x wasm'.split(' '),
)
const SYSTEMS = new Set(
  'aix android darwin dragonfly freebsd illumos ios js linux netbsd openbsd plan9 solaris wasip1 windows'.split(' '),
)

/**
 * Reads `os`, `arch`, `os/arch` or `os/arch/variant`, with the usual aliases (containerd platform specifiers);
 * what is not said is taken from `fallback`.
 * @throws Failure `invalid`.
 */
export function parsePlatform(text: string, fallback: Platform = DEFAULT_PLATFORM): Platform {
  const parts = text.trim().toLowerCase().split('/')
  if (parts.length > 3 || parts.some((part) => part === '')) throw malformed(text)
  const [first, second, third] = parts as [string, string?, string?]
  const os = first === 'macos' ? 'darwin' : first
  if (second !== undefined) return normalizePlatform({ os, architecture: second, ...(third ? { variant: third } : {}) })
  if (SYSTEMS.has(os)) return normalizePlatform({ ...fallback, os })
  const only = normalizePlatform({ os: fallback.os, architecture: first })
  if (!KNOWN_ARCHITECTURES.has(only.architecture)) throw malformed(text)
  return only
}

/** Maps the kernel's and Debian's names to the registry's (`x86_64` → `amd64`, `aarch64` → `arm64`, `armhf` → `arm/v7`); drops `arm64`'s default variant. */
export function normalizePlatform(platform: Platform): Platform {
  const [architecture, implied] = ARCHITECTURES[platform.architecture.toLowerCase()] ?? [
    platform.architecture.toLowerCase(),
  ]
  const { variant: given, ...rest } = platform
  const wanted = given || implied
  const variant = wanted && /^\d+$/.test(wanted) ? `v${wanted}` : wanted
  const keep =
    variant && !(architecture === 'arm64' && variant === 'v8') && !(architecture === 'amd64' && variant === 'v1')
  return { ...rest, architecture, ...(keep ? { variant } : {}) }
}

/** `linux/arm/v7`. */
export function formatPlatform({ os, architecture, variant }: Platform): string {
  return variant === undefined ? `${os}/${architecture}` : `${os}/${architecture}/${variant}`
}

/**
 * Chooses the entry of an index that runs on `wanted`: exact variant first, then lower ones (arm v7 runs v6), then none;
 * among Windows builds the one whose version begins like the host's. Entries of unknown platform come last.
 */
export function choosePlatform<Entry extends { platform?: Platform | undefined }>(
  entries: readonly Entry[],
  wanted: Platform,
): Entry | undefined {
  const target = normalizePlatform(wanted)
  const ranked = entries
    .map((entry, index) => ({ entry, index, rank: rankOf(entry.platform, target) }))
    .filter(({ rank }) => rank !== undefined)
    .sort((a, b) => a.rank! - b.rank! || a.index - b.index)
  return ranked[0]?.entry
}

function rankOf(candidate: Platform | undefined, wanted: Platform): number | undefined {
  if (candidate === undefined) return 1000
  const platform = normalizePlatform(candidate)
  if (platform.os !== wanted.os || platform.architecture !== wanted.architecture) return undefined
  const build = wanted.osVersion?.split('.').slice(0, 3).join('.')
  if (build !== undefined && platform.osVersion !== undefined && !platform.osVersion.startsWith(build)) return undefined
  return variantRank(variantNumber(platform), variantNumber(wanted))
}

function variantRank(has: number, wanted: number): number | undefined {
  if (has === wanted) return 0
  if (has === 0) return 100
  // Nothing was asked for: the plain entry is best, then the most capable one.
  if (wanted === 0) return 50 - has
  return has < wanted ? wanted - has : undefined
}

function variantNumber({ architecture, variant }: Platform): number {
  const fallback = architecture === 'arm64' ? 8 : 0
  return variant === undefined ? fallback : Number(/\d+/.exec(variant)?.[0] ?? fallback)
}

function malformed(text: string): Failure {
  return new Failure('invalid', `"${text}" is not a platform.`, {
    remedy: 'Write it as os/arch or os/arch/variant, for example linux/arm64.',
  })
}
