import { z } from '@hono/zod-openapi'
import { Failure } from '../domain/failure.ts'
import { hasStatus } from './errors.ts'

/**
 * The newest version of the Engine API that we speak. Not 1.52, from which on an inspection no longer says whether a
 * MAC address was chosen by the user.
 */
const OUR_VERSION = '1.51'
/** The oldest that has everything we ask for (engine 1.12). */
const OLDEST_VERSION = '1.24'

export interface VersionAnswer {
  readonly headers: Readonly<Record<string, string>>
  readonly body: unknown
}

const VERSION = /^\d{1,3}\.\d{1,3}$/
const VERSION_BODY = z.object({ ApiVersion: z.string().regex(VERSION) })

/** @throws Failure `invalid` when the text of the option is no version. */
export function checkVersion(text: string): string {
  const version = text.replace(/^v/, '')
  if (VERSION.test(version)) return version
  throw new Failure('invalid', `"${text}" is not a version of the Docker API.`, {
    remedy: 'Write it as 1.44, or leave it out: it is then agreed with the engine.',
  })
}

/**
 * Agrees on a version with the engine: the lower of its newest and ours. Undefined where neither question is allowed
 * (a strict socket proxy): the engine then takes its own.
 * @throws Failure `unsupported` when the engine is too old.
 */
export async function negotiateVersion(
  ask: (path: '/_ping' | '/version') => Promise<VersionAnswer>,
  endpoint: string,
): Promise<string | undefined> {
  const theirs = (await fromPing(ask)) ?? (await fromVersion(ask))
  if (theirs === undefined) return undefined
  if (compareVersions(theirs, OLDEST_VERSION) < 0)
    throw new Failure('unsupported', `${endpoint} speaks version ${theirs} of the Docker API only.`, {
      remedy: `Version ${OLDEST_VERSION} (Docker 1.12) or newer is needed.`,
    })
  return compareVersions(theirs, OUR_VERSION) < 0 ? theirs : OUR_VERSION
}

/** Below zero when `a` is older than `b`. */
function compareVersions(a: string, b: string): number {
  const [majorA = 0, minorA = 0] = a.split('.').map(Number)
  const [majorB = 0, minorB = 0] = b.split('.').map(Number)
  return majorA - majorB || minorA - minorB
}

async function fromPing(ask: (path: '/_ping') => Promise<VersionAnswer>): Promise<string | undefined> {
  const answer = await allowed(() => ask('/_ping'))
  const version = answer?.headers['api-version']
  return version !== undefined && VERSION.test(version) ? version : undefined
}

async function fromVersion(ask: (path: '/version') => Promise<VersionAnswer>): Promise<string | undefined> {
  const answer = await allowed(() => ask('/version'))
  const parsed = VERSION_BODY.safeParse(answer?.body)
  return parsed.success ? parsed.data.ApiVersion : undefined
}

async function allowed(ask: () => Promise<VersionAnswer>): Promise<VersionAnswer | undefined> {
  try {
    return await ask()
  } catch (error) {
    if (hasStatus(error, 401, 403, 404, 405)) return undefined
    throw error
  }
}
