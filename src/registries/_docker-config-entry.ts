import { z } from '@hono/zod-openapi'
import type { RunProgram } from './_credential-program.ts'
import type { Credentials } from './_credentials.ts'
import type { DockerConfigEntry } from './_docker-config-file.ts'

/** What an entry of a credentials file holds: an identity token, else `auth` (base64 of `user:password`), else the pair. */
export function entryCredentials(entry: DockerConfigEntry, path: string): Credentials | undefined {
  const source = `credentials in ${path}`
  if (entry.identitytoken) return { kind: 'identity', token: entry.identitytoken, source }
  const decoded = entry.auth ? Buffer.from(entry.auth, 'base64').toString('utf8').replace(/\0+$/, '') : ''
  const colon = decoded.indexOf(':')
  if (colon > 0) {
    return { kind: 'password', username: decoded.slice(0, colon), password: decoded.slice(colon + 1), source }
  }
  if (!entry.username || entry.password === undefined) return undefined
  return { kind: 'password', username: entry.username, password: entry.password, source }
}

const Answer = z.object({ Username: z.string(), Secret: z.string() })
const TIMEOUT_MS = 10_000
// The file names the program; it must not lead to one elsewhere.
const PROGRAM = /^[\w.-]+$/

export interface ProgramQuestion {
  /** What stands behind `docker-credential-`. */
  readonly program: string
  readonly server: string
  readonly run: RunProgram
  readonly warn: (text: string) => void
}

/** Asks a credential program (docker/docker-credential-helpers: `get`). Its answer is never logged. */
export async function askCredentialProgram({
  program,
  server,
  run,
  warn,
}: ProgramQuestion): Promise<Credentials | undefined> {
  const command = `docker-credential-${program}`
  if (!PROGRAM.test(program)) {
    warn(`"${command}" is not the name of a credential program.`)
    return undefined
  }
  const answer = await run(command, ['get'], { input: server, timeoutMs: TIMEOUT_MS }).catch((error: unknown) => {
    const code = (error as { code?: unknown }).code
    warn(`${command} cannot be run${typeof code === 'string' ? ` (${code})` : ''}.`)
    return undefined
  })
  if (answer === undefined) return undefined
  if (answer.exitCode !== 0) {
    if (!/credentials not found/i.test(answer.stdout))
      warn(`${command} failed for ${server} (exit code ${answer.exitCode}).`)
    return undefined
  }
  return readAnswer(answer.stdout, command) ?? complain(`${command} gave no usable answer for ${server}.`, warn)
}

function readAnswer(text: string, command: string): Credentials | undefined {
  const parsed = Answer.safeParse(parseJson(text))
  if (!parsed.success || parsed.data.Secret === '') return undefined
  const { Username, Secret } = parsed.data
  const source = `credentials of ${command}`
  if (Username === '<token>') return { kind: 'identity', token: Secret, source }
  return { kind: 'password', username: Username, password: Secret, source }
}

function complain(text: string, warn: (text: string) => void): undefined {
  warn(text)
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
