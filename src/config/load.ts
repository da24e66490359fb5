import { Failure } from '../domain/failure.ts'
import { createOrigins, type DraftSection } from './draft.ts'
import { applyEnvironment } from './env.ts'
import { type Families, rootShape } from './families.ts'
import { type ChannelConfig, type ProviderSection, parseChannels, parseProviders } from './members.ts'
import { parseSection } from './parse.ts'
import { type ConfigProblem, createFindings, formatProblem, inOrder, type Note } from './problems.ts'
import { type Config, configSchema } from './schema.ts'
import { type ConfigSource, findConfigFile, type SearchInput } from './search.ts'
import { settle } from './settle.ts'
import type { SectionShape } from './shape.ts'
import { type Collected, readYaml } from './yaml.ts'

export interface LoadedConfig {
  readonly config: Config
  readonly channels: readonly ChannelConfig[]
  readonly providerSections: readonly ProviderSection[]
  readonly source: ConfigSource
  /** What is worth a line in the log. */
  readonly notes: readonly Note[]
}

export interface LoadInput extends SearchInput {
  readonly families: Families
}

export interface ConfigReading {
  /** Undefined when something is wrong. */
  readonly loaded: LoadedConfig | undefined
  /** Errors and notes, in the order of the file. */
  readonly problems: readonly ConfigProblem[]
}

/**
 * Loads the config from the first file that is found and from the variables; without both, the local Docker is watched.
 * @throws Failure `invalid` that lists everything that is wrong; see `findConfigFile` for the rest.
 */
export function loadConfig(input: LoadInput): LoadedConfig {
  const { loaded, problems } = readConfig(input)
  if (loaded !== undefined) return loaded
  const errors = problems.filter(({ severity }) => severity === 'error').map(formatProblem)
  const message = errors.length === 1 ? errors[0]! : `The config has ${errors.length} problems:\n${errors.join('\n')}\n`
  throw new Failure('invalid', message)
}

/**
 * The same without throwing for what is wrong in the config.
 * @throws Failure when the file itself cannot be had.
 */
export function readConfig(input: LoadInput): ConfigReading {
  const { families, env } = input
  const collected: Collected = { findings: createFindings(), origins: createOrigins() }
  const { list } = collected.findings
  const shape = rootShape(families)
  const found = findConfigFile(input)
  const draft = found === undefined ? {} : readYaml({ ...found, shape, env }, collected)
  // The rest of a file that could not be read would only be about what is missing.
  if (found !== undefined && list.some(isSyntax)) return { loaded: undefined, problems: list }
  const environment = applyEnvironment(draft, { env, shape }, collected)
  const source = { file: found?.file, environment }
  settle(draft, { ...input, shape, source }, collected)
  const config = parseStatic(draft, shape, collected)
  const providerSections = parseProviders(draft, { families, shape }, collected)
  const channels = parseChannels(draft, { families, shape }, collected)
  const problems = inOrder(list)
  if (config === undefined || problems.some(({ severity }) => severity === 'error')) {
    return { loaded: undefined, problems }
  }
  const notes = problems.filter((problem): problem is Note => problem.severity === 'note')
  return { loaded: { config, channels, providerSections, source, notes }, problems }
}

function parseStatic(draft: DraftSection, shape: SectionShape, { findings, origins }: Collected): Config | undefined {
  const own: DraftSection = {}
  for (const key of Object.keys(configSchema.shape)) {
    if (!Object.hasOwn(draft, key)) continue
    own[key] = draft[key]
    const origin = origins.at(draft, key)
    if (origin !== undefined) origins.set(own, key, origin)
  }
  const parsed = parseSection({ schema: configSchema, shape, draft: own, path: '', place: {}, origins })
  if (parsed.ok) return parsed.value
  for (const { place, path, message, suggestion } of parsed.refusals) {
    findings.error({ place, path, message, suggestion })
  }
  return undefined
}

function isSyntax({ path, severity }: ConfigProblem): boolean {
  return path === '' && severity === 'error'
}
