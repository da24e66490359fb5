import type { LoadedConfig } from './config/load.ts'
import type { Channel } from './engine/channel.ts'
import { createHttpClient } from './lib/http/client.ts'
import { proxyFromEnvironment } from './lib/http/proxy.ts'
import type { Log } from './lib/log.ts'
import type { NotifierMember, NotifierParts } from './notifiers/_notifier.ts'
import { compileParts, presetParts, renderParts } from './notifiers/_render.ts'
import { notifiers } from './notifiers/all.gen.ts'
import type { Surroundings } from './surroundings.ts'

/** The channels of the configuration, ready to be told. Throws a `Failure` that names channel, option and place for a bad template. */
export function notifierChannels(
  context: Surroundings,
  { channels }: LoadedConfig,
  { log, version, hostname, userAgent }: { log: Log; version: string; hostname: string; userAgent: string },
): Channel[] {
  const fromEnvironment = proxyFromEnvironment(context.environment)
  const parts: NotifierParts = {
    http: ({ proxy, ...options }) =>
      createHttpClient({
        ...options,
        userAgent,
        proxyFor: proxy === undefined ? fromEnvironment : () => new URL(proxy),
      }),
    log,
    userAgent,
    environment: context.environment,
  }
  return channels.map(({ name, notifier, options, path }) => {
    // The options were parsed by this very member's schema when the configuration was loaded.
    const member = notifiers[notifier as keyof typeof notifiers] as unknown as NotifierMember<never>
    const compiled = compileParts(member, options as never, path)
    const instance = member.create(options as never, parts)
    const teller = { version, hostname }
    return {
      name,
      notifier,
      onlyFindings: member.onlyFindings ?? false,
      async send(message, { id, signal }) {
        const rendered = {
          message,
          entry: message.entries[0],
          teller,
          parts:
            message.text === undefined ? renderParts(compiled, message, teller) : presetParts(member, message.text),
          deliveryId: id,
          at: new Date(),
        }
        await instance.send(rendered, signal)
      },
      [Symbol.asyncDispose]: async () => await instance[Symbol.asyncDispose]?.(),
    }
  })
}
