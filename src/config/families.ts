import type { z } from '@hono/zod-openapi'
import type { NotifierMember } from '../notifiers/_notifier.ts'
import type { ProviderMember } from '../providers/_provider.ts'
import { configSchema } from './schema.ts'
import { type ListShape, oneOrMany, type SectionShape, type Shape, shapeOf } from './shape.ts'

/** The members whose sections may stand in the config, by name. */
export interface Families {
  readonly providers: Readonly<Record<string, ProviderMember<z.ZodType>>>
  readonly notifiers: Readonly<Record<string, NotifierMember<z.ZodType>>>
}

/** What Diun has: in a config that comes from there they are left out, with a note, until they are here. */
const DIUN_PROVIDERS = ['docker', 'swarm', 'containerd', 'kubernetes', 'file', 'dockerfile', 'nomad']
const DIUN_NOTIFIERS = [
  ...['amqp', 'apprise', 'discord', 'elasticsearch', 'gotify', 'mail', 'matrix', 'mqtt', 'ntfy', 'pushover'],
  ...['rocketchat', 'script', 'signalrest', 'slack', 'teams', 'telegram', 'webhook'],
]
const NOT_HERE = 'is not available in this version and is left out.'

/** Keys that people write in a provider's section and that mean another provider. */
const MEANT_ELSEWHERE: Readonly<Record<string, ReadonlyMap<string, string>>> = {
  docker: new Map([['watchSwarm', 'is left out: Swarm services are not watched in this version.']]),
}

const CHANNEL_NAME: Shape = {
  kind: 'value',
  type: 'text',
  choices: [],
  mayBeEmpty: false,
  summary: 'Name of the channel, when there are several of a kind.',
  required: false,
  fallback: undefined,
}

/** The shape of a whole config file, with the sections of these families. */
export function rootShape({ providers, notifiers }: Families): SectionShape {
  const root = shapeOf(configSchema)
  const providerKeys = Object.entries(providers).map(([name, { options }]) => {
    const leftOut = MEANT_ELSEWHERE[name]
    return [name, oneOrMany(() => ({ ...shapeOf(options), ...(leftOut && { leftOut }) }))] as const
  })
  const notifierKeys = Object.entries(notifiers).map(
    ([name, { options }]) => [name, oneOrMany(() => channelShape(options))] as const,
  )
  const keys = new Map<string, Shape>([
    ...root.keys,
    ['providers', family('Where workloads are found.', new Map(providerKeys), DIUN_PROVIDERS)],
    ['notif', family('The channels through which people are told.', new Map(notifierKeys), DIUN_NOTIFIERS)],
  ])
  return { ...root, keys, ownKeys: true }
}

/** The shape of a member's section. */
export function memberShape(root: SectionShape, family: 'providers' | 'notif', name: string): SectionShape {
  const section = root.keys.get(family)
  const list = section?.kind === 'section' ? section.keys.get(name) : undefined
  if (list?.kind !== 'list') throw new Error(`no member ${name} in ${family}`)
  return list.item
}

/** A channel's section: the notifier's options and the channel's name. */
function channelShape(options: z.ZodType): SectionShape {
  const shape = shapeOf(options)
  return { ...shape, keys: new Map([['name', CHANNEL_NAME], ...shape.keys]) }
}

function family(summary: string, members: ReadonlyMap<string, ListShape>, known: readonly string[]): SectionShape {
  const missing = known.filter((name) => !members.has(name))
  return {
    kind: 'section',
    keys: members,
    leftOut: new Map(missing.map((name) => [name, NOT_HERE])),
    summary,
    required: false,
    fallback: undefined,
  }
}
