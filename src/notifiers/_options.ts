import { readFileSync } from 'node:fs'
import type { z } from '@hono/zod-openapi'
import { Failure } from '../domain/failure.ts'
import type { HttpClient } from '../lib/http/types.ts'
import { duration, flag, secret, text, textList } from '../lib/options.ts'
import type { Secret } from '../lib/secret.ts'
import { DeliveryError, type NotifierParts } from './_notifier.ts'

const DEFAULT_TIMEOUT_MS = 10_000

/** Text that must not be empty. */
export function required() {
  return text().refine((value) => value !== '', 'must not be empty')
}

/** The options of every notifier that speaks HTTP. */
export function httpOptions() {
  return {
    timeout: duration().default(DEFAULT_TIMEOUT_MS).describe('How long one request may take.'),
    proxy: secret()
      .refine(
        (proxy) => proxy.reveal() === '' || isAddress(proxy.reveal()),
        'must be an address with a scheme, like http://proxy:3128',
      )
      .optional()
      .describe('Proxy for this channel; the proxy variables of the environment hold when it is not set.'),
  }
}

/** The options of those whose server may be one's own. */
export function tlsOptions() {
  return {
    tlsSkipVerify: flag().default(false).describe('Accept any certificate of the server.'),
    tlsCaCertFiles: textList()
      .default([])
      .describe('Files with certificate authorities (PEM) to trust for this channel.'),
  }
}

/** A check for "one of the two must be set", to be given to `superRefine`: `option` or `<option>File`. */
export function needs<Name extends string>(option: Name) {
  return (options: object, context: z.RefinementCtx) => {
    const given: Record<string, unknown> = { ...options }
    if (isSet(given[option]) || isSet(given[`${option}File`])) return
    context.addIssue({ code: 'custom', path: [option], message: `is missing; set ${option} or ${option}File` })
  }
}

/**
 * The value of a pair of options: the plain one unless it is empty, else what the file holds now, byte for byte.
 * Empty when neither is set.
 * @throws DeliveryError, worth another try, when the file cannot be read.
 */
export function revealed(option: string, plain: Secret | string | undefined, file: Secret | undefined): string {
  const value = typeof plain === 'string' ? plain : (plain?.reveal() ?? '')
  if (value !== '' || file === undefined) return value
  try {
    return file.reveal()
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? ` (${error.code})` : ''
    throw new DeliveryError(`the file of ${option}File cannot be read${code}`, { transient: true })
  }
}

/** The address an option holds. The error never shows it: such addresses are secrets themselves. */
export function addressOf(option: string, value: string): URL {
  if (!isAddress(value)) throw new DeliveryError(`${option} is not an http or https address`, { transient: false })
  return new URL(value)
}

/** `base` with a path added to its own. */
export function below(base: URL, path: string): URL {
  const url = new URL(base)
  url.pathname = `${base.pathname.replace(/\/+$/, '')}/${path}`
  return url
}

interface ClientOptions {
  readonly timeout: number
  readonly proxy?: Secret | undefined
  readonly tlsSkipVerify?: boolean
  readonly tlsCaCertFiles?: readonly string[]
}

/** The channel's own client. Throws a `Failure` when a certificate file cannot be read. */
export function openClient(options: ClientOptions, parts: NotifierParts): HttpClient {
  const { timeout, proxy, tlsSkipVerify = false, tlsCaCertFiles = [] } = options
  return parts.http({
    timeoutMs: timeout,
    proxy: proxy?.reveal() || undefined,
    insecure: tlsSkipVerify,
    ...(tlsCaCertFiles.length > 0 && { ca: readAuthorities(tlsCaCertFiles) }),
  })
}

/** What the files of `tlsCaCertFiles` hold. Throws a `Failure` that names the file that cannot be read. */
export function readAuthorities(files: readonly string[]): string[] {
  return files.map((file) => {
    try {
      return readFileSync(file, 'utf8')
    } catch (cause) {
      throw new Failure('invalid', `The certificate file "${file}" cannot be read.`, {
        where: 'tlsCaCertFiles',
        remedy: 'Name a PEM file that exists and is readable.',
        cause,
      })
    }
  })
}

function isSet(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return value !== undefined && value !== ''
  // A file counts as set without being read: it may come later.
  return !('reveal' in value) || isFilled(value as Secret)
}

function isFilled(value: Secret): boolean {
  try {
    return value.reveal() !== ''
  } catch {
    return true
  }
}

function isAddress(value: string): boolean {
  return URL.canParse(value) && /^https?:$/.test(new URL(value).protocol)
}
