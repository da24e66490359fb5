import { Failure } from '../domain/failure.ts'
import { type ImageReference, isDigest, tagOf } from '../domain/image-reference.ts'
import type { HttpResponse } from '../lib/http/types.ts'
import type { Access } from './_access.ts'
import { failureOfStatus, type Subject } from './_errors.ts'
import { ACCEPT_MANIFESTS, bare, digestOf, isSchema1, looksLikeManifest, schema1Failure } from './_manifest.ts'
import type { DigestAnswer, KnownDigest } from './_registry.ts'

// How servers say that they do not do HEAD here. 404 may be one of them.
const HEAD_REFUSED = new Set([400, 404, 405, 501])

/**
 * Asks for the digest behind a tag: `HEAD`, which is not counted as a pull, with what is known as a condition; `GET` and
 * the hash of what comes where a registry does not answer `HEAD` in full.
 * @throws Failure
 */
export async function askDigest(access: Access, reference: ImageReference, known: KnownDigest): Promise<DigestAnswer> {
  const tag = tagOf(reference)
  const name = tag ?? reference.digest ?? ''
  const subject = access.subject(tag === undefined ? `image ${name.slice(0, 19)}` : `tag "${tag}"`)
  const headers = { accept: ACCEPT_MANIFESTS, ...condition(known) }
  const { endpoint, operation } = access
  const ask = (method: 'HEAD' | 'GET') =>
    endpoint.ask({ method, url: `/v2/${reference.repository}/manifests/${name}`, headers, subject, operation })

  let head: HttpResponse | undefined
  const { quirks } = endpoint
  if (quirks.head !== 'refused') {
    head = await ask('HEAD')
    const answer = readAnswer(head, known, subject)
    if (answer !== undefined) {
      quirks.head = 'works'
      return answer
    }
    const isRefused = HEAD_REFUSED.has(head.status) && quirks.head === 'unknown'
    if (head.status !== 200 && !isRefused) throw failureOfStatus(head.status, subject)
  }
  const got = await ask('GET')
  const answer = readAnswer(got, known, subject) ?? hashed(got, subject)
  quirks.head = 'refused'
  return answer
}

function condition({ digest, etag }: KnownDigest): Record<string, string> {
  return digest === undefined ? {} : { 'if-none-match': etag ?? `"${digest}"` }
}

function readAnswer({ status, headers }: HttpResponse, known: KnownDigest, subject: Subject): DigestAnswer | undefined {
  const mediaType = bare(headers['content-type'])
  const etag = headers.etag === undefined ? {} : { etag: headers.etag }
  if (status === 304 && known.digest !== undefined) {
    return {
      digest: known.digest,
      mediaType,
      ...(known.etag === undefined ? {} : { etag: known.etag }),
      ...etag,
      unchanged: true,
    }
  }
  if (status !== 200) return undefined
  if (isSchema1(mediaType)) throw schema1Failure(subject)
  const digest = headers['docker-content-digest']
  if (digest === undefined) return undefined
  if (isDigest(digest)) return { digest, mediaType, ...etag, unchanged: false }
  throw new Failure(
    'unavailable',
    `${subject.registry} sent a malformed digest for ${subject.what} of ${subject.repository}.`,
  )
}

function hashed({ status, headers, body }: HttpResponse, subject: Subject): DigestAnswer {
  if (status !== 200) throw failureOfStatus(status, subject)
  // A portal's page is another one each time, and would look like a new image at every check.
  const digest = looksLikeManifest(body) ? digestOf(body) : undefined
  if (digest === undefined) throw notAManifest(subject)
  const etag = headers.etag === undefined ? {} : { etag: headers.etag }
  return { digest, mediaType: bare(headers['content-type']), ...etag, unchanged: false }
}

function notAManifest({ registry, repository, what }: Subject): Failure {
  return new Failure('unavailable', `${registry} sent something that is not a manifest for ${what} of ${repository}.`, {
    remedy: 'Check that this host is a container registry, and that no proxy or login page answers in its place.',
  })
}
