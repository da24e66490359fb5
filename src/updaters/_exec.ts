import { randomUUID } from 'node:crypto'
import { z } from '@hono/zod-openapi'
import type { DockerClient } from '../docker/client.ts'
import { DockerError } from '../docker/errors.ts'
import { Failure } from '../domain/failure.ts'
import { type Clock, systemClock } from '../lib/clock.ts'
import { readOutput } from './_output.ts'

export interface ExecOptions {
  readonly command: readonly string[]
  readonly timeoutMs: number
  readonly signal: AbortSignal
  /** As in `docker exec --user`; the container's own when absent. */
  readonly user?: string | undefined
  readonly clock?: Clock
  /** Gives a text that nobody else has. */
  readonly mark?: () => string
}

export interface ExecEnd {
  readonly exitCode: number
  /** Both streams, at most the last 16 KiB, safe to show. */
  readonly output: string
}

const MOST_OUTPUT = 16 * 1024
const MARK = 'SEAWORTHY_EXEC'
/** How long the end of a killed process is waited for. */
const KILL_MS = 3000
/** The engine may know the exit code a moment after the output has ended. */
const EXIT_CODE_TRIES = 40
const EXIT_CODE_WAIT_MS = 50

/**
 * Runs a command in a running container and waits for its end. A command that does not exist ends with 127 or 126, as
 * in a shell.
 * @throws Failure `unavailable` when it takes longer than `timeoutMs`: it is killed then, and the message says whether
 * that worked; DockerError when it cannot be begun (404: no such container, 409: it is not running).
 */
export async function execIn(docker: DockerClient, containerId: string, options: ExecOptions): Promise<ExecEnd> {
  const { timeoutMs, signal, clock = systemClock, mark = randomUUID } = options
  const marker = `${MARK}=${mark()}`
  const id = await createExec(docker, containerId, { ...options, marker })
  // Ends the reading and the waiting, whichever is still under way.
  const done = new AbortController()
  const both = AbortSignal.any([signal, done.signal])
  const reading = readExec(docker, id, both)
  const ended = reading.then(() => true as const)
  try {
    if (await Promise.race([ended, expired(clock, timeoutMs, both)]))
      return { exitCode: await exitCodeOf(docker, id, { signal, clock }), output: await reading }
    signal.throwIfAborted()
    await killMarked(docker, containerId, { ...options, marker, signal: both })
    const isDead = await Promise.race([ended, expired(clock, KILL_MS, both)])
    signal.throwIfAborted()
    const end = isDead ? 'It was killed.' : 'It could not be killed and still runs in the container.'
    throw new Failure('unavailable', `The command did not end within ${timeoutMs / 1000} s. ${end}`, {
      remedy: 'Give it more time, or find out why it takes so long.',
    })
  } finally {
    done.abort()
    await reading.catch(() => undefined)
  }
}

interface NewExec {
  readonly command: readonly string[]
  readonly user?: string | undefined
  readonly signal: AbortSignal
  /** `NAME=value` in its environment, which its children inherit. */
  readonly marker?: string
}

async function createExec(docker: DockerClient, containerId: string, { command, user, signal, marker }: NewExec) {
  const body = {
    AttachStdout: true,
    AttachStderr: true,
    Cmd: command,
    ...(user === undefined ? {} : { User: user }),
    ...(marker === undefined ? {} : { Env: [marker] }),
  }
  const answer = await docker.request('POST', `/containers/${containerId}/exec`, { body, signal })
  return z.object({ Id: z.string() }).parse(answer.body).Id
}

async function readExec(docker: DockerClient, id: string, signal: AbortSignal): Promise<string> {
  try {
    const body = { Detach: false, Tty: false }
    const { chunks } = await docker.stream('POST', `/exec/${id}/start`, { body, signal, timeoutMs: 0 })
    return await readOutput(chunks, { tty: false, most: MOST_OUTPUT })
  } catch (error) {
    // The command is not there or no program: some engines say so in the output, others refuse the start.
    if (error instanceof DockerError && error.status === 400) return error.message.slice(0, MOST_OUTPUT)
    throw error
  }
}

const EXEC = z.object({ ExitCode: z.number().nullish(), Running: z.boolean().default(false) })
const NOT_FOUND = 127

async function exitCodeOf(docker: DockerClient, id: string, { signal, clock }: { signal: AbortSignal; clock: Clock }) {
  for (let left = EXIT_CODE_TRIES; left > 0; left--) {
    const { ExitCode, Running } = EXEC.parse((await docker.request('GET', `/exec/${id}/json`, { signal })).body)
    if (!Running) return ExitCode ?? NOT_FOUND
    await clock.sleep(EXIT_CODE_WAIT_MS, signal)
  }
  throw new Failure('unavailable', 'The command closed its output, but has not ended.', {
    remedy: 'Let it run in the foreground.',
  })
}

/** Gives false after that time, also when something else ended the waiting. */
async function expired(clock: Clock, ms: number, signal: AbortSignal): Promise<false> {
  await clock.sleep(ms, signal).catch((error: unknown) => {
    if (!signal.aborted) throw error
  })
  return false
}

/**
 * The engine cannot end what it runs in a container, so another command there ends everything with the mark in its
 * environment. Needs a shell and /proc; without them the process stays.
 */
async function killMarked(docker: DockerClient, containerId: string, options: NewExec & { marker: string }) {
  const { user, signal, marker } = options
  const script = 'cd /proc; for p in [0-9]*; do grep -qs "$0" $p/environ && kill -9 $p; done; :'
  try {
    const command = ['/bin/sh', '-c', script, marker]
    const id = await createExec(docker, containerId, { command, user, signal })
    await docker.request('POST', `/exec/${id}/start`, { body: { Detach: true, Tty: false }, signal })
  } catch (error) {
    if (!(error instanceof DockerError)) throw error
  }
}
