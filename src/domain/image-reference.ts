import { Failure } from './failure.ts'

/** An image as people write it, in its full form: `docker.io/library/nginx:1.27@sha256:…`. */
export interface ImageReference {
  /** `docker.io`, `ghcr.io`, `localhost:5000`. Docker Hub is always `docker.io`. */
  readonly registry: string
  /** The path behind `/v2/`: `library/nginx`. */
  readonly repository: string
  readonly tag?: string
  readonly digest?: string
  /** Only where the text itself said so (`http://reg.local/x`). */
  readonly scheme?: 'http' | 'https'
}

const HUB = 'docker.io'
const HUB_ALIASES = new Set([HUB, 'index.docker.io', 'registry-1.docker.io', 'registry.hub.docker.com'])
const PATH_PART = /^[a-z0-9]+(?:(?:\.|_{1,2}|-+)[a-z0-9]+)*$/
const TAG = /^\w[\w.-]{0,127}$/
const DIGEST = /^[a-z0-9]+(?:[+._-][a-z0-9]+)*:[0-9a-fA-F]{32,}$/
const HOST = /^(?:\[[0-9a-fA-F:.]+\]|[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?)(?::\d{1,5})?$/
const BARE_ID = /^(?:@?sha256:|@)?[0-9a-f]{64}$/
const LONGEST_NAME = 255

/** Whether the text is an image's id or digest alone, without a name (what Docker reports once a tag has moved on). */
export function isBareId(text: string): boolean {
  return BARE_ID.test(text)
}

/**
 * Reads an image reference (grammar: distribution/reference; names without a host are Docker Hub's, names without a
 * slash there are `library/…`). A missing tag stays missing: see `tagOf`.
 * @throws Failure `invalid` that says which part is wrong.
 */
export function parseImageReference(text: string): ImageReference {
  const { scheme, rest } = splitScheme(text)
  if (rest === '') throw malformed(text, 'it is empty')
  if (isBareId(rest)) throw malformed(text, 'it is an image id and names no repository')
  const at = rest.indexOf('@')
  const digest = at < 0 ? undefined : rest.slice(at + 1)
  if (digest !== undefined && !isDigest(digest)) throw malformed(text, `malformed digest "${digest}"`)
  const named = at < 0 ? rest : rest.slice(0, at)
  const colon = named.lastIndexOf(':')
  const hasTag = colon > named.lastIndexOf('/')
  const tag = hasTag ? named.slice(colon + 1) : undefined
  if (tag !== undefined && !TAG.test(tag)) throw malformed(text, `malformed tag "${tag}"`)
  const { registry, repository } = splitName(hasTag ? named.slice(0, colon) : named, text)
  return {
    registry,
    repository,
    ...(tag === undefined ? {} : { tag }),
    ...(digest === undefined ? {} : { digest }),
    ...(scheme === undefined ? {} : { scheme }),
  }
}

/** Whether the text is a well-formed digest (OCI image spec, descriptor: digests). */
export function isDigest(text: string): boolean {
  return DIGEST.test(text) && (!text.startsWith('sha256:') || text.length === 71)
}

/** Whether the text may be a tag (OCI distribution spec: pulling manifests). */
export function isTag(text: string): boolean {
  return TAG.test(text)
}

/** The tag in use; `latest` where neither a tag nor a digest was written; undefined for a digest alone. */
export function tagOf(reference: ImageReference): string | undefined {
  return reference.tag ?? (reference.digest === undefined ? 'latest' : undefined)
}

/** `docker.io/library/nginx`: registry and repository. */
export function nameOf(reference: ImageReference): string {
  return `${reference.registry}/${reference.repository}`
}

/** The full text: `docker.io/library/nginx:latest`, with `@digest` where pinned. */
export function formatImageReference(reference: ImageReference): string {
  const tag = tagOf(reference)
  return `${nameOf(reference)}${tag === undefined ? '' : `:${tag}`}${reference.digest === undefined ? '' : `@${reference.digest}`}`
}

/** The short name people use: `nginx`, `linuxserver/sonarr`, `ghcr.io/a/b`. Without tag and digest. */
export function familiarName(reference: ImageReference): string {
  if (reference.registry !== HUB) return nameOf(reference)
  return reference.repository.replace(/^library\//, '')
}

/** The same image under another tag, without a digest. */
export function withTag(reference: ImageReference, tag: string): ImageReference {
  const { digest: _, ...rest } = reference
  return { ...rest, tag }
}

function splitScheme(text: string): { scheme?: 'http' | 'https'; rest: string } {
  const match = /^(https?):\/\//.exec(text)
  return match === null ? { rest: text } : { scheme: match[1] as 'http' | 'https', rest: text.slice(match[0].length) }
}

function splitName(name: string, text: string): { registry: string; repository: string } {
  const slash = name.indexOf('/')
  const first = slash < 0 ? '' : name.slice(0, slash)
  const isHost = slash >= 0 && looksLikeHost(first)
  const host = isHost ? first : HUB
  if (!HOST.test(host)) throw malformed(text, `malformed registry host "${host}"`)
  const registry = HUB_ALIASES.has(host) ? HUB : host
  const path = isHost ? name.slice(slash + 1) : name
  const repository = registry === HUB && !path.includes('/') ? `library/${path}` : path
  const bad = repository.split('/').find((part) => !PATH_PART.test(part))
  if (bad !== undefined) throw malformed(text, badPart(bad))
  if (repository.length > LONGEST_NAME)
    throw malformed(text, `the repository is longer than ${LONGEST_NAME} characters`)
  return { registry, repository }
}

/** A first part is a host when it has a dot or a port, is `localhost`, or has a capital letter, which no repository may have. */
function looksLikeHost(part: string): boolean {
  return /[.:[]/.test(part) || part === 'localhost' || part !== part.toLowerCase()
}

function badPart(part: string): string {
  if (part === '') return 'the repository has an empty part'
  return part === part.toLowerCase()
    ? `malformed repository part "${part}"`
    : `the repository must be lower case ("${part}")`
}

function malformed(text: string, why: string): Failure {
  return new Failure('invalid', `"${text}" is not an image reference: ${why}.`, {
    remedy: 'Write it as registry/repository:tag, for example ghcr.io/owner/app:1.2.',
  })
}
