import assert from 'node:assert/strict'
import { test } from 'node:test'
import { frame, pieces, refusal, type ScriptedCall, scriptDocker } from '../../test/kit/scripted-docker.ts'
import type { Clock } from '../lib/clock.ts'
import { type ExecOptions, execIn } from './_exec.ts'

/** Sleeps of the timeout end when `expire` is called, all others at once. */
function standing(timeoutMs: number) {
  const expired = Promise.withResolvers<void>()
  const clock: Clock = {
    now: () => new Date(0),
    sleep: (ms) => (ms === timeoutMs ? expired.promise : Promise.resolve()),
  }
  return { clock, expire: expired.resolve }
}

const TIMEOUT_MS = 10_000

function options(more: Partial<ExecOptions> = {}): ExecOptions {
  const { clock } = standing(TIMEOUT_MS)
  const signal = new AbortController().signal
  return { command: ['true'], timeoutMs: TIMEOUT_MS, signal, clock, mark: () => 'mark', ...more }
}

function engine({ start = () => pieces(), ends = [{ Running: false, ExitCode: 0 }] }: Script = {}) {
  const bodies: unknown[] = []
  const left = [...ends]
  const docker = scriptDocker(({ method, path, body }) => {
    if (method === 'POST') bodies.push(body)
    if (path === '/containers/web/exec') return { Id: 'e1' }
    if (path === '/exec/e1/start') return start()
    return path === '/exec/e1/json' ? (left.length > 1 ? left.shift() : left[0]) : undefined
  })
  return { docker, bodies }
}

interface Script {
  readonly start?: () => unknown
  readonly ends?: readonly object[]
}

test('the exit code comes with both streams as one text', async () => {
  const start = () => pieces(frame('out\n'), frame('err\n', 2))
  const { docker, bodies } = engine({ start, ends: [{ Running: true }, { Running: false, ExitCode: 75 }] })
  const end = await execIn(docker, 'web', options({ command: ['sh', '-c', 'x'], user: 'app' }))
  assert.deepEqual(end, { exitCode: 75, output: 'out\nerr' })
  const body = {
    AttachStdout: true,
    AttachStderr: true,
    Cmd: ['sh', '-c', 'x'],
    User: 'app',
    Env: ['SEAWORTHY_EXEC=mark'],
  }
  assert.deepEqual(bodies, [body, { Detach: false, Tty: false }])
})

test('the end of a long output is kept', async () => {
  const { docker } = engine({ start: () => pieces(frame('a'.repeat(20_000)), frame('the end')) })
  const { output } = await execIn(docker, 'web', options())
  assert.deepEqual([output.length, output.endsWith('athe end')], [16 * 1024, true])
})

test('a program that is not there ends with 127', async () => {
  const start = () => {
    throw refusal(400, 'exec: "/x": no such file')
  }
  const { docker } = engine({ start, ends: [{ Running: false, ExitCode: null }] })
  assert.deepEqual(await execIn(docker, 'web', options()), { exitCode: 127, output: 'exec: "/x": no such file' })
})

test('a container that does not run is the engine’s error', async () => {
  const docker = scriptDocker(() => {
    throw refusal(409)
  })
  await assert.rejects(execIn(docker, 'web', options()), { name: 'DockerError', status: 409 })
})

/** A command that ends when it is killed, if it ends at all. */
function endless(isKillable: boolean) {
  const killed = Promise.withResolvers<void>()
  const started = Promise.withResolvers<void>()
  async function* runs(signal: AbortSignal | undefined) {
    yield frame('still here\n')
    const aborted = Promise.withResolvers<never>()
    signal?.throwIfAborted()
    signal?.addEventListener('abort', () => aborted.reject(signal.reason))
    await Promise.race([killed.promise, aborted.promise])
  }
  const killers: unknown[] = []
  let isFirst = true
  const docker = scriptDocker(({ path, body, signal }: ScriptedCall) => {
    if (path === '/containers/web/exec') {
      if (!isFirst) killers.push(body)
      const Id = isFirst ? 'long' : 'killer'
      isFirst = false
      return { Id }
    }
    if (path === '/exec/long/start') {
      started.resolve()
      return runs(signal)
    }
    if (path !== '/exec/killer/start') return undefined
    if (isKillable) killed.resolve()
    return ''
  })
  return { docker, killers, started: started.promise }
}

for (const [isKillable, message] of [
  [true, 'The command did not end within 10 s. It was killed.'],
  [false, 'The command did not end within 10 s. It could not be killed and still runs in the container.'],
] as const)
  test(`a command that takes too long: ${message}`, async () => {
    const { docker, killers, started } = endless(isKillable)
    const { clock, expire } = standing(TIMEOUT_MS)
    const end = execIn(docker, 'web', options({ clock, user: 'app' }))
    started.then(expire)
    await assert.rejects(end, { name: 'Failure', code: 'unavailable', message })
    assert.equal(killers.length, 1)
    const { Cmd, User } = killers[0] as { Cmd: string[]; User: string }
    assert.deepEqual([Cmd.at(-1), User], ['SEAWORTHY_EXEC=mark', 'app'])
  })

test('an abort ends the waiting with its reason', async () => {
  const { docker, started } = endless(false)
  const stop = new AbortController()
  const end = execIn(docker, 'web', options({ signal: stop.signal }))
  started.then(() => stop.abort(new Error('enough')))
  await assert.rejects(end, /enough/)
})
