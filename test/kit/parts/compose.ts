import { existsSync } from 'node:fs'
import path from 'node:path'
import { unpacked } from './unpacked.ts'

const PLUGIN = 'libexec/docker/cli-plugins/docker-compose'

/** The path of Compose v2 as a plugin of the Docker CLI: the system's own, or unpacked from Debian 13. */
export async function composePlugin(): Promise<string> {
  const own = path.join('/usr', PLUGIN)
  if (existsSync(own)) return own
  return path.join(await unpacked(['docker-compose'], { release: 'trixie' }), 'usr', PLUGIN)
}
