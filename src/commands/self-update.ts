import { openApp } from '../app.ts'
import { Failure } from '../domain/failure.ts'
import type { CommandContext } from './_command.ts'
import { EXIT } from './_exit-codes.ts'

/**
 * `seaworthy self-update UPDATE CONTAINER`: what a helper runs. It carries the update of the server's own container
 * through from outside of it, and removes the container that it runs in itself.
 */
export async function selfUpdate(
  context: CommandContext,
  { update, container }: { update: string; container: string },
  options: { config?: string },
): Promise<number> {
  const loaded = await context.load(options.config)
  await using app = await openApp(context, loaded, { quiet: false })
  app.log.info({ update, container }, 'This helper updates Seaworthy itself')
  await app.look(context.signal).catch((error: unknown) => {
    if (!(error instanceof Failure)) throw error
  })
  const { phase } = await app.updates.help(update, container, context.signal)
  return phase === 'committed' ? EXIT.ok : EXIT.rolledBack
}
