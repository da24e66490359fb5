import path from 'node:path'
import { Failure } from '../domain/failure.ts'
import type { Environment } from './expand.ts'

export interface SearchInput {
  /** From the command line. */
  readonly path?: string | undefined
  readonly env: Environment
  readonly cwd: string
  readonly home: string
  /** Reads a text file; throws as `node:fs` does. */
  readonly readFile: (path: string) => string
}

export interface ConfigSource {
  /** As it was found or named; undefined when there is no file. */
  readonly file?: string | undefined
  /** Names of the variables that were used. */
  readonly environment: readonly string[]
}

export interface FoundFile {
  readonly file: string
  readonly text: string
}

/**
 * Finds and reads the config file: the one that is named, else the first that exists of ours and then of Diun's places.
 * @returns undefined when there is none.
 * @throws Failure `not-found` when the named one is missing, `invalid` when one is there and cannot be read.
 */
export function findConfigFile(input: SearchInput): FoundFile | undefined {
  const named = namedFile(input)
  if (named !== undefined) {
    const { file, by } = named
    const text = readIfThere(input, path.resolve(input.cwd, file))
    if (text !== undefined) return { file, text }
    const remedy = `Check the path that ${by} gives, or leave it away to search the usual places.`
    throw new Failure('not-found', `There is no config file at ${file}.`, { remedy })
  }
  for (const file of usualPlaces(input)) {
    const text = readIfThere(input, path.resolve(input.cwd, file))
    if (text !== undefined) return { file, text }
  }
  return undefined
}

/** Where a config file is looked for, first to last; relative ones to the working folder. */
export function usualPlaces({ env, home }: Pick<SearchInput, 'env' | 'home'>): string[] {
  const xdg = env.XDG_CONFIG_HOME
  const folders = [...(xdg ? [xdg] : []), path.join(home, '.config')]
  return [
    ...both('seaworthy', 'yml'),
    ...['/etc/seaworthy', ...folders, '/config'].flatMap((folder) => inFolder(folder, both('seaworthy', 'yml'))),
    ...['/etc/diun', ...folders].flatMap((folder) => inFolder(folder, both('diun', 'yaml'))),
    ...both('diun', 'yaml'),
    ...inFolder('/config', both('diun', 'yml')),
  ]
}

function namedFile({ path: given, env }: SearchInput): { file: string; by: string } | undefined {
  if (given) return { file: given, by: '--config' }
  const variable = ['SEAWORTHY_CONFIG', 'CONFIG'].find((name) => env[name])
  return variable === undefined ? undefined : { file: env[variable]!, by: variable }
}

function both(name: string, first: 'yml' | 'yaml'): string[] {
  return [`${name}.${first}`, `${name}.${first === 'yml' ? 'yaml' : 'yml'}`]
}

function inFolder(folder: string, names: readonly string[]): string[] {
  return names.map((name) => path.join(folder, name))
}

function readIfThere({ readFile }: SearchInput, file: string): string | undefined {
  try {
    return readFile(file)
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? cause.code : undefined
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined
    // Docker makes a folder where the file of a bind mount is missing.
    const why = code === 'EISDIR' ? 'it is a folder' : (code ?? String(cause))
    throw new Failure('invalid', `The config file ${file} cannot be read: ${why}.`, {
      remedy: 'Put a readable file there.',
      cause,
    })
  }
}
