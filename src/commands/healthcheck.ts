import { request } from 'node:http'
import type { CommandContext } from './_command.ts'
import { askServer, controlSocketPath } from './_control.ts'
import { EXIT } from './_exit-codes.ts'
import { printJson } from './_terminal.ts'

const TIMEOUT_MS = 3000

/** `seaworthy healthcheck`: 0 when the server answers and is well, else 1. For Docker's HEALTHCHECK. */
export async function healthcheck(
  context: CommandContext,
  options: { config?: string; json?: boolean },
): Promise<number> {
  const { config } = await context.load(options.config)
  const signal = AbortSignal.any([context.signal, AbortSignal.timeout(TIMEOUT_MS)])
  const isHealthy = await askBoth(controlSocketPath(config.db.path), { ...config.server, signal })
  if (options.json === true) printJson(context.terminal, { healthy: isHealthy })
  else context.terminal.out(isHealthy ? 'Seaworthy is healthy\n' : 'Seaworthy does not answer or is not well\n')
  return isHealthy ? EXIT.ok : EXIT.failed
}

interface Address {
  readonly host: string
  readonly port: number
  readonly signal: AbortSignal
}

async function askBoth(controlSocket: string, { host, port, signal }: Address): Promise<boolean> {
  try {
    if ((await askServer(controlSocket, { method: 'GET', path: '/healthcheck', signal })) !== undefined) return true
  } catch {
    return false
  }
  return await new Promise((resolve) => {
    const asked = request({ host: localHost(host), port, path: '/healthcheck', signal }, (response) => {
      response.resume()
      resolve(response.statusCode === 200)
    })
    asked.on('error', () => resolve(false))
    asked.end()
  })
}

/** Where a server that listens at `host` can be asked on this machine. */
function localHost(host: string): string {
  if (host === '' || host === '0.0.0.0') return '127.0.0.1'
  return host === '::' ? '::1' : host
}
