import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import { Duplex } from 'node:stream'
import type { Endpoint } from './endpoint.ts'
import { SshError } from './errors.ts'

/** Starts a program without a shell. */
export type SpawnCommand = (command: string, args: readonly string[]) => ChildProcessWithoutNullStreams

/** Starts a program of the system with this process's environment, where ssh finds its agent. */
export const spawnCommand: SpawnCommand = (command, args) => spawn(command, args, { stdio: 'pipe' })

const STDERR_LIMIT = 4096

/**
 * The arguments with which ssh leads to the engine of the other side, the way the docker command line does it
 * (docker/cli, connhelper). Never asks for anything: there is nobody to answer.
 */
export function sshArguments(endpoint: Extract<Endpoint, { kind: 'ssh' }>): readonly string[] {
  return [
    ...['-T', '-o', 'BatchMode=yes', '-o', 'ConnectTimeout=30', '-o', 'ServerAliveInterval=30'],
    ...(endpoint.user === undefined ? [] : ['-l', endpoint.user]),
    ...(endpoint.port === undefined ? [] : ['-p', String(endpoint.port)]),
    '--',
    endpoint.host,
    'docker',
    ...(endpoint.socket === undefined ? [] : ['--host', `unix://${endpoint.socket}`]),
    ...['system', 'dial-stdio'],
  ]
}

/** A connection to the engine through a child process: what is written goes to its input, what it prints is read. */
export function connectThrough(child: ChildProcessWithoutNullStreams): Duplex {
  let complaint = ''
  let hasOutput = false
  const socket = new Duplex({
    read: () => void child.stdout.resume(),
    write: (chunk, _encoding, done) => void child.stdin.write(chunk, done),
    final: (done) => void child.stdin.end(done),
    destroy(error, done) {
      child.kill()
      done(error)
    },
  })
  child.stdout.on('data', (chunk: Buffer) => {
    hasOutput = true
    if (!socket.push(chunk)) child.stdout.pause()
  })
  child.stderr.on('data', (chunk: Buffer) => {
    complaint = (complaint + chunk.toString()).slice(-STDERR_LIMIT)
  })
  // A broken pipe is told better by the end of the process.
  child.stdin.on('error', () => {})
  child.on('error', (cause) => socket.destroy(new SshError(`ssh cannot be started (${cause.message}).`, { cause })))
  child.on('close', (code) => {
    if (hasOutput && code === 0) socket.push(null)
    else socket.destroy(new SshError(complaint.trim() || `ssh ended with code ${code}.`))
  })
  return asSocket(socket)
}

/** What the HTTP agent asks of a socket besides being a stream. */
function asSocket(stream: Duplex): Duplex {
  const nothing = () => stream
  return Object.assign(stream, {
    setKeepAlive: nothing,
    setNoDelay: nothing,
    setTimeout: nothing,
    ref: nothing,
    unref: nothing,
  })
}
