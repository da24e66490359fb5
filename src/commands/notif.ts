import { openApp } from '../app.ts'
import type { CommandContext } from './_command.ts'
import { askServer, controlSocketPath } from './_control.ts'
import { EXIT } from './_exit-codes.ts'
import { printJson } from './_terminal.ts'

/** `seaworthy notif test [CHANNEL]`: sends a test message now and says who was told. */
export async function notifTest(
  context: CommandContext,
  channel: string | undefined,
  options: { config?: string; json?: boolean },
): Promise<number> {
  const loaded = await context.load(options.config)
  const told =
    (await testByServer(context.signal, controlSocketPath(loaded.config.db.path), channel)) ??
    (await testHere(context, loaded, channel))
  if (options.json === true) printJson(context.terminal, { told })
  else context.terminal.out(`A test message was sent to ${told.join(', ')}\n`)
  return EXIT.ok
}

async function testByServer(
  signal: AbortSignal,
  socketPath: string,
  channel: string | undefined,
): Promise<string[] | undefined> {
  const body = channel === undefined ? {} : { channel }
  const answer = await askServer(socketPath, { method: 'POST', path: '/api/v1/channels/test', body, signal })
  return (answer?.body as { told: string[] } | undefined)?.told
}

async function testHere(
  context: CommandContext,
  loaded: Awaited<ReturnType<CommandContext['load']>>,
  channel: string | undefined,
): Promise<string[]> {
  await using app = await openApp(context, loaded, { quiet: true })
  return await app.engine.testChannels(channel, context.signal)
}
