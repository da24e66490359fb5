import { Failure } from '../domain/failure.ts'
import { compileParts } from '../notifiers/_render.ts'
import type { Families } from './families.ts'
import { type LoadInput, readConfig } from './load.ts'
import type { ChannelConfig } from './members.ts'
import { type ConfigProblem, formatProblem, inOrder } from './problems.ts'

/** Everything that is wrong with the config or worth knowing, in the order of the file; templates are compiled too. Throws nothing for that. */
export function checkConfig(input: LoadInput): ConfigProblem[] {
  try {
    const { loaded, problems } = readConfig(input)
    const templates = (loaded?.channels ?? []).flatMap((channel) => templateProblems(channel, input.families))
    return inOrder([...problems, ...templates])
  } catch (error) {
    if (!(error instanceof Failure)) throw error
    return [{ severity: 'error', path: '', message: error.message, suggestion: error.remedy }]
  }
}

/** One line each, as a compiler would write them. */
export function formatProblems(problems: readonly ConfigProblem[]): string {
  return problems.map((problem) => `${formatProblem(problem)}\n`).join('')
}

/** Each template by itself, so that one does not hide the next. */
function templateProblems(channel: ChannelConfig, { notifiers }: Families): ConfigProblem[] {
  const member = notifiers[channel.notifier]!
  return Object.entries(member.templates).flatMap(([part, option]): ConfigProblem[] => {
    try {
      compileParts({ ...member, templates: { [part]: option } }, channel.options, channel.path)
      return []
    } catch (error) {
      if (!(error instanceof Failure)) throw error
      const path = `${channel.path}.${option}`
      const message = `${error.where ?? path}: ${error.message}`
      return [{ severity: 'error', ...channel.placeOf(option), path, message, suggestion: error.remedy }]
    }
  })
}
