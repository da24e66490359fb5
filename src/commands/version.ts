import { VERSION } from '../version.ts'
import type { CommandContext } from './_command.ts'
import { EXIT } from './_exit-codes.ts'
import { printJson } from './_terminal.ts'

/** `seaworthy version`. */
export function version({ terminal }: CommandContext, options: { json?: boolean }): number {
  if (options.json === true) printJson(terminal, { version: VERSION, node: process.version })
  else terminal.out(`${VERSION}\n`)
  return EXIT.ok
}
