import { openRegistries } from '../app.ts'
import { Failure } from '../domain/failure.ts'
import { parseImageReference } from '../domain/image-reference.ts'
import { judgeTags } from '../domain/tags/judge.ts'
import type { Judgement, TagFacts } from '../domain/tags/verdict.ts'
import { DEFAULT_SETTINGS, type PolicyLevel, type WatchSettings } from '../domain/workload.ts'
import { tagPolicyOf } from '../engine/policy.ts'
import { RegexError } from '../lib/regex.ts'
import type { CommandContext } from './_command.ts'
import { EXIT } from './_exit-codes.ts'
import { paint, printJson, printTable, type Style } from './_terminal.ts'

export interface TagsOptions {
  readonly config?: string
  readonly image: string
  readonly current: string
  readonly policy: string
  readonly include?: string[]
  readonly exclude?: string[]
  readonly fetch?: boolean
  readonly json?: boolean
}

const LEVELS = new Set<string>(['digest', 'patch', 'minor', 'major'] satisfies PolicyLevel[])

/** `seaworthy tags`: judges a list of tags, and says of every one why. */
export async function tags(context: CommandContext, options: TagsOptions): Promise<number> {
  const reference = parseImageReference(options.image)
  const policy = policyOf(options)
  const facts = options.fetch === true ? await fetchTags(context, options) : linesOf(await context.readInput())
  const repository = `${reference.registry}/${reference.repository}`
  print(context, judgeTags(options.current, facts, policy, { now: new Date(), repository }), options.json === true)
  return EXIT.ok
}

function policyOf({ policy, include = [], exclude = [] }: TagsOptions) {
  if (!LEVELS.has(policy)) {
    throw new Failure('invalid', `"${policy}" is not a policy.`, {
      where: '--policy',
      remedy: `Use one of ${[...LEVELS].join(', ')}.`,
    })
  }
  const settings: WatchSettings = {
    ...DEFAULT_SETTINGS,
    policy: policy as PolicyLevel,
    includeTags: include,
    excludeTags: exclude,
  }
  try {
    return tagPolicyOf(settings)
  } catch (cause) {
    if (cause instanceof RegexError)
      throw new Failure('invalid', cause.message, {
        where: include.includes(cause.source) ? '--include' : '--exclude',
        cause,
      })
    throw cause
  }
}

async function fetchTags(context: CommandContext, { config, image }: TagsOptions): Promise<TagFacts[]> {
  await using registries = await openRegistries(context, await context.load(config))
  const answer = await registries.tags(parseImageReference(image), undefined, { signal: context.signal })
  return answer.tags.map((tag) => {
    const pushedAt = answer.pushedAt?.[tag]
    return pushedAt === undefined ? { tag } : { tag, pushedAt: new Date(pushedAt) }
  })
}

function linesOf(text: string): TagFacts[] {
  const tags = text.split('\n').map((line) => line.trim())
  return [...new Set(tags.filter((tag) => tag !== ''))].map((tag) => ({ tag }))
}

const STYLES: Record<string, Style> = { chosen: 'green', candidate: 'cyan', current: 'bold' }

function print({ terminal }: CommandContext, { chosen, verdicts, hint }: Judgement, asJson: boolean): void {
  if (asJson) {
    printJson(terminal, {
      chosen,
      verdicts: verdicts.map(({ tag, verdict, reason }) => ({ tag, verdict, reason })),
      ...(hint === undefined ? {} : { hint }),
    })
    return
  }
  terminal.out(`${chosen === null ? '-' : paint(terminal, 'green', chosen)}\n`)
  if (hint !== undefined) terminal.err(`${hint}\n`)
  printTable(
    terminal,
    [
      { title: 'tag', of: ({ tag }) => tag },
      { title: 'verdict', of: ({ verdict }) => verdict, style: ({ verdict }) => STYLES[verdict] ?? 'dim' },
      { title: 'reason', of: ({ reason }) => reason },
    ],
    verdicts,
  )
}
