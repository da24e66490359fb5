import { type ConfigProblem, describeProblem } from '../config/problems.ts'
import type { CommandContext } from './_command.ts'
import { EXIT } from './_exit-codes.ts'
import { paint, printJson, type Terminal } from './_terminal.ts'

/** `seaworthy config check`: every problem with its place and a suggestion. 0 when there are only notes. */
export async function configCheck(
  context: CommandContext,
  options: { config?: string; json?: boolean },
): Promise<number> {
  const problems = await context.problems(options.config)
  const errors = problems.filter(({ severity }) => severity === 'error')
  if (options.json === true) printJson(context.terminal, problems)
  else printProblems(context.terminal, problems, errors.length)
  return errors.length === 0 ? EXIT.ok : EXIT.usage
}

/** `seaworthy config schema`: the JSON Schema that editors complete and check by. */
export async function configSchemaText({ terminal, schema }: CommandContext): Promise<number> {
  terminal.out(`${JSON.stringify(await schema(), null, 2)}\n`)
  return EXIT.ok
}

function printProblems(terminal: Terminal, problems: readonly ConfigProblem[], errors: number): void {
  for (const problem of problems) {
    const mark = problem.severity === 'error' ? paint(terminal, 'red', 'error') : paint(terminal, 'yellow', 'note')
    terminal.out(`${mark} ${describeProblem(problem)}\n`)
  }
  const notes = problems.length - errors
  if (errors === 0)
    terminal.out(
      `${paint(terminal, 'green', 'The configuration is good')}${notes === 0 ? '.' : `, with ${notes} note${notes === 1 ? '' : 's'}.`}\n`,
    )
  else terminal.out(`${errors} error${errors === 1 ? '' : 's'}, ${notes} note${notes === 1 ? '' : 's'}.\n`)
}
