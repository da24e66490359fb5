import { backupDatabase, rotateBackups } from '../store/backup.ts'
import type { CommandContext } from './_command.ts'
import { EXIT } from './_exit-codes.ts'
import { printJson } from './_terminal.ts'

/** `seaworthy db backup [FILE]`: a whole copy while the server runs; without a file, one of the rotating ones beside the database. */
export async function dbBackup(
  context: CommandContext,
  file: string | undefined,
  options: { config?: string; json?: boolean },
): Promise<number> {
  const { config } = await context.load(options.config)
  const target = file ?? (await rotateBackups(config.db.path, new Date()))
  if (file !== undefined) await backupDatabase(config.db.path, file)
  if (options.json === true) printJson(context.terminal, { database: config.db.path, backup: target })
  else context.terminal.out(`${config.db.path} was copied to ${target}\n`)
  return EXIT.ok
}
