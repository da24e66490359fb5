import { z } from '@hono/zod-openapi'
import { duration, flag, integer, secret, secretFile, text, textList, textMap } from '../lib/options.ts'
import { defineNotifier } from '../notifiers/_notifier.ts'
import { defineProvider } from '../providers/_provider.ts'
import { formatProblems } from './check.ts'
import type { Families } from './families.ts'
import { type LoadedConfig, readConfig } from './load.ts'

// Made-up members, so that the tests of the config do not change with the families.

function never(): never {
  throw new Error('not to be made')
}

const docker = defineProvider({
  name: 'docker',
  summary: 'Containers.',
  options: z.object({
    endpoint: text().default('unix:///var/run/docker.sock').describe('Where it listens.'),
    watchByDefault: flag().default(false).describe('Watch everything.'),
    name: text().optional().describe('Name of the host.'),
  }),
  create: never,
})

const file = defineProvider({
  name: 'file',
  summary: 'A list.',
  options: z.object({ filename: text().describe('The list.') }),
  create: never,
})

const mail = defineNotifier({
  name: 'mail',
  summary: 'Mails.',
  options: z.object({
    host: text().default('localhost').describe('Server.'),
    port: integer(1).default(25).describe('Port.'),
    ssl: flag().default(false).describe('TLS.'),
    to: textList().describe('Receivers.'),
    password: secret().optional().describe('Password.'),
    passwordFile: secretFile().optional().describe('File of the password.'),
    templateBody: text().default('{{ .Entry.Image }}').describe('Text.'),
  }),
  templates: { body: 'templateBody' },
  create: never,
})

const push = defineNotifier({
  name: 'push',
  summary: 'Pushes.',
  options: z
    .object({
      endpoint: text()
        .refine((value) => /^https?:/.test(value), 'must be an address')
        .describe('Address.'),
      token: secret()
        .refine((value) => value.reveal() !== 'hunter2!', { error: 'hunter2! is not strong enough' })
        .optional()
        .describe('Token.'),
      tokenFile: secretFile().optional().describe('File of the token.'),
      timeout: duration().default(10_000).describe('Time limit.'),
      level: z.enum(['low', 'high']).default('low').describe('Level.'),
      headers: textMap().default({}).describe('Headers.'),
    })
    .refine(({ token, tokenFile }) => token !== undefined || tokenFile !== undefined, {
      path: ['token'],
      error: 'is missing; set token or tokenFile',
    }),
  templates: {},
  create: never,
})

export const FAMILIES: Families = { providers: { docker, file }, notifiers: { mail, push } }

export interface Setting {
  readonly env?: Record<string, string>
  /** Further files besides `seaworthy.yml`, by path. */
  readonly files?: Record<string, string>
  readonly families?: Families
}

export interface Outcome {
  readonly loaded: LoadedConfig | undefined
  /** As the check prints them. */
  readonly lines: string[]
}

/** Reads `yaml` as `/srv/seaworthy.yml`; without it there is no such file. */
export function readText(
  yaml: string | undefined,
  { env = {}, files = {}, families = FAMILIES }: Setting = {},
): Outcome {
  const all: Record<string, string> = { ...files, ...(yaml === undefined ? {} : { '/srv/seaworthy.yml': yaml }) }
  const { loaded, problems } = readConfig({ env, cwd: '/srv', home: '/home/me', readFile: readFrom(all), families })
  return { loaded, lines: formatProblems(problems).split('\n').slice(0, -1) }
}

/** The config of what must be right. */
export function loadText(yaml: string | undefined, setting: Setting = {}): LoadedConfig {
  const { loaded, lines } = readText(yaml, setting)
  if (loaded === undefined) throw new Error(lines.join('\n'))
  return loaded
}

/** `readFile` over these files, with the errors of `node:fs`. */
export function readFrom(files: Record<string, string>): (path: string) => string {
  return (path) => {
    const found = files[path]
    if (found === undefined) throw Object.assign(new Error(`ENOENT: ${path}`), { code: 'ENOENT' })
    return found
  }
}
