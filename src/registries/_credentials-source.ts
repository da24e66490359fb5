import type { ImageReference } from '../domain/image-reference.ts'
import type { Log } from '../lib/log.ts'
import type { Credentials } from './_credentials.ts'
import type { DockerCredentials } from './_docker-config.ts'
import type { RegistryOptions } from './_registry.ts'

/** Where the credentials for an image come from. They are read at each use, as files and programs change. */
export interface CredentialsSource {
  /** The same for all images that share these credentials; empty for none. */
  readonly key: string
  /** `regopts entry "hub"`, for the words of an error; undefined = none. */
  readonly name: string | undefined
  read(): Promise<Credentials | undefined>
}

export interface SourceParts {
  readonly dockerConfig: DockerCredentials
  readonly log: Log
}

const NONE: CredentialsSource = { key: '', name: undefined, read: async () => undefined }

/** Those of the regopts entry, where it has any; else what `docker login` left; else none. */
export async function findCredentials(
  { registry, repository }: ImageReference,
  option: RegistryOptions | undefined,
  { dockerConfig, log }: SourceParts,
): Promise<CredentialsSource> {
  if (option?.username !== undefined && option.password !== undefined) {
    const source = `regopts entry "${option.name}"`
    return { key: source, name: source, read: async () => readOption(option, source, log) }
  }
  const found = await dockerConfig.find(registry, repository)
  if (found === undefined) return NONE
  const read = async () => (await dockerConfig.find(registry, repository))?.credentials
  return { key: found.key, name: found.credentials.source, read }
}

function readOption({ username, password }: RegistryOptions, source: string, log: Log): Credentials | undefined {
  try {
    const pair = { username: username?.reveal() ?? '', password: password?.reveal() ?? '' }
    return pair.username === '' ? undefined : { kind: 'password', ...pair, source }
  } catch (error) {
    log.warn({ error }, `The credentials of the ${source} cannot be read; going on without.`)
    return undefined
  }
}
