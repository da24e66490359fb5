import { mkdir, rm } from 'node:fs/promises'
import { createServer, type Server } from 'node:net'
import path from 'node:path'
import { freePort, output } from '../kit/parts/program.ts'
import type { FaultBench } from './_bench.ts'

/** Something that a container needs to start, that can be taken away while it is stopped, and given back. */
export interface Taken {
  /** Arguments of `docker run`. */
  readonly run: readonly string[]
  take(): Promise<void>
  giveBack(): Promise<void>
  /** What the engine says without it. */
  readonly error: RegExp
}

const ALWAYS = ['--restart', 'always', '--stop-timeout', '5']

/** By fault; `name` is the stage's. */
export const TAKEN: Record<string, (bench: FaultBench, name: string) => Promise<Taken>> = {
  'F32 the port is taken by another process': async () => {
    const port = await freePort()
    let thief: Server | undefined
    return {
      run: [...ALWAYS, '--publish', `127.0.0.1:${port}:8080`],
      async take() {
        thief = createServer().listen(port, '127.0.0.1')
        await new Promise((resolve) => thief!.once('listening', resolve))
      },
      giveBack: () => new Promise((resolve) => void thief?.close(() => resolve())),
      error: /address already in use|port is already allocated/,
    }
  },
  'F33 the static address is taken by another container': async ({ daemon }, name) => {
    // The last of the pool's networks, in parts of sixteen addresses for each stage.
    const base = `198.18.${Number(daemon.bridge.replace('seaworthy', '')) * 8 + 7}`
    const first = (Number(/\d+$/.exec(name)?.[0] ?? 0) % 16) * 16
    const address = `${base}.${first + 10}`
    const thief = `thief-${name}`
    await daemon.docker('network', 'create', '--subnet', `${base}.${first}/28`, `net-${name}`)
    return {
      run: [...ALWAYS, '--network', `net-${name}`, '--ip', address],
      async take() {
        const image = (await daemon.docker('inspect', '--format', '{{.Image}}', await anyOf(daemon, name))).trim()
        const own = ['--name', thief, '--network', `net-${name}`, '--ip', address, '--stop-timeout', '0']
        await daemon.docker('run', '--detach', ...own, image)
      },
      async giveBack() {
        await daemon.docker('rm', '--force', thief)
      },
      error: /Address already in use/i,
    }
  },
  'F36 the source of a bind is gone': async ({ daemon }, name) => {
    const source = path.join(daemon.folder, `bind-${name}`)
    await mkdir(source)
    return {
      run: [...ALWAYS, '--network', 'none', '--mount', `type=bind,source=${source},target=/bound`],
      take: () => rm(source, { recursive: true }),
      giveBack: async () => void (await mkdir(source)),
      error: /bind source path does not exist|no such file or directory/,
    }
  },
  'F37 the device is gone': async ({ daemon }, name) => {
    const device = path.join(daemon.folder, `device-${name}`)
    const make = async (): Promise<void> => void (await output('mknod', [device, 'c', '1', '3']))
    await make()
    return {
      run: [...ALWAYS, '--network', 'none', '--device', `${device}:/dev/own`],
      take: () => rm(device),
      giveBack: make,
      error: /error gathering device information|no such file or directory/,
    }
  },
}

async function anyOf(daemon: FaultBench['daemon'], name: string): Promise<string> {
  return (await daemon.docker('ps', '--all', '--quiet', '--filter', `name=^${name}__prev_`)).trim()
}
