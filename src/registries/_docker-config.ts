import { readFile } from 'node:fs/promises'
import path from 'node:path'
import type { Log } from '../lib/log.ts'
import type { RunProgram } from './_credential-program.ts'
import type { Credentials } from './_credentials.ts'
import { askCredentialProgram, entryCredentials } from './_docker-config-entry.ts'
import { type DockerConfigFile, parseDockerConfig } from './_docker-config-file.ts'

/** Credentials that `docker login`, `podman login` or a credential program keep. */
export interface DockerCredentials {
  /** What applies to a repository: the longest key that is its beginning, then its host. Never rejects. */
  find(registry: string, repository: string): Promise<FoundCredentials | undefined>
}

export interface FoundCredentials {
  /** The same for all repositories that share these credentials. */
  readonly key: string
  readonly credentials: Credentials
}

export interface DockerCredentialsOptions {
  readonly home: string
  readonly env: Readonly<Record<string, string | undefined>>
  readonly run: RunProgram
  readonly log: Log
  readonly now: () => Date
  /** Of this process; names the folder where podman keeps credentials. */
  readonly uid?: number
}

const FILES_KEPT_MS = 60_000
const ANSWERS_KEPT_MS = 5 * 60_000

/**
 * Looks into podman's and Docker's files, in the order of containers-auth.json(5), as they are now (read again at most once a
 * minute). Whatever cannot be read is logged once, and the registry is asked without credentials.
 */
export function loadDockerCredentials(options: DockerCredentialsOptions): DockerCredentials {
  const { log, run, now } = options
  const warned = new Set<string>()
  const warn = (text: string) => {
    if (warned.has(text)) return
    warned.add(text)
    log.warn({}, `${text} Going on without these credentials.`)
  }
  const files = remembered(() => readFiles(configPaths(options), warn), FILES_KEPT_MS, now)
  const answers = new Map<string, () => Promise<Credentials | undefined>>()
  const ask = (program: string, server: string) => {
    const key = `${program} ${server}`
    const known =
      answers.get(key) ?? remembered(() => askCredentialProgram({ program, server, run, warn }), ANSWERS_KEPT_MS, now)
    answers.set(key, known)
    return known()
  }
  return {
    async find(registry, repository) {
      for (const file of await files()) {
        const found = await findIn(file, `${registry}/${repository}`, ask)
        if (found !== undefined) return found
      }
      return undefined
    },
  }
}

type Ask = (program: string, server: string) => Promise<Credentials | undefined>

async function findIn(file: DockerConfigFile, name: string, ask: Ask): Promise<FoundCredentials | undefined> {
  const host = name.slice(0, name.indexOf('/'))
  const program = file.programs.get(host)
  const own = program === undefined ? undefined : await ask(program.name, program.server)
  if (own !== undefined) return { key: `${file.path} ${host}`, credentials: own }
  for (let key = name; key !== ''; key = parentOf(key)) {
    const entry = file.entries.get(key)
    const credentials = entry === undefined ? undefined : entryCredentials(entry, file.path)
    if (credentials !== undefined) return { key: `${file.path} ${key}`, credentials }
  }
  if (file.store === undefined) return undefined
  const stored = await ask(file.store, host === 'docker.io' ? 'https://index.docker.io/v1/' : host)
  return stored === undefined ? undefined : { key: `${file.path} ${host}`, credentials: stored }
}

function parentOf(key: string): string {
  return key.slice(0, Math.max(0, key.lastIndexOf('/')))
}

function configPaths({ home, env, uid = 0 }: DockerCredentialsOptions): string[] {
  return [
    path.join(
      env.XDG_RUNTIME_DIR || `/run/containers/${uid}`,
      env.XDG_RUNTIME_DIR ? 'containers/auth.json' : 'auth.json',
    ),
    path.join(env.XDG_CONFIG_HOME || path.join(home, '.config'), 'containers/auth.json'),
    path.join(env.DOCKER_CONFIG || path.join(home, '.docker'), 'config.json'),
    path.join(home, '.dockercfg'),
  ]
}

async function readFiles(paths: readonly string[], warn: (text: string) => void): Promise<DockerConfigFile[]> {
  const files = await Promise.all(paths.map((path) => readConfig(path, warn)))
  return files.filter((file) => file !== undefined)
}

async function readConfig(path: string, warn: (text: string) => void): Promise<DockerConfigFile | undefined> {
  try {
    return parseDockerConfig(path, await readFile(path, 'utf8'))
  } catch (error) {
    const { code, name } = error as { code?: string; name?: string }
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined
    // The error of a malformed file would quote what is in it.
    warn(`The credentials in ${path} cannot be read (${code ?? name}).`)
    return undefined
  }
}

function remembered<T>(make: () => Promise<T>, keepMs: number, now: () => Date): () => Promise<T> {
  let kept: { readonly value: Promise<T>; readonly until: number } | undefined
  return () => {
    const time = now().getTime()
    if (kept === undefined || kept.until <= time) kept = { value: make(), until: time + keepMs }
    return kept.value
  }
}
