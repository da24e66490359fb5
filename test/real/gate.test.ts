import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { createDockerClient, type DockerClient } from '../../src/docker/client.ts'
import type { GateSettings } from '../../src/domain/update-settings.ts'
import { systemClock } from '../../src/lib/clock.ts'
import { SILENT } from '../../src/lib/log.ts'
import { execIn } from '../../src/updaters/_exec.ts'
import { passGate } from '../../src/updaters/_gate.ts'
import { loadImage } from '../kit/parts/base-image.ts'
import { type DockerDaemon, startDockerDaemon } from '../kit/parts/docker-daemon.ts'
import { needs } from '../kit/parts/needs.ts'
import { until } from '../kit/parts/until.ts'

const WAIT_MS = 60_000
const SECOND = 1_000_000_000
const GATE: GateSettings = { timeoutMs: undefined, soakMs: 2000, probe: undefined }

function check(command: string, more: object = {}) {
  return { Healthcheck: { Test: ['CMD-SHELL', command], Interval: SECOND, Timeout: SECOND, Retries: 2, ...more } }
}

interface Case {
  readonly name: string
  readonly command?: string
  readonly flags?: readonly string[]
  readonly config?: Readonly<Record<string, unknown>>
  readonly gate?: Partial<GateSettings>
  readonly mayEnd?: boolean
  /** Undefined: the gate lets it pass. */
  readonly reason?: RegExp
}

const CASES: readonly Case[] = [
  { name: 'one that runs passes after its soak' },
  { name: 'a job passes when the one before was a job', command: 'exit 0', mayEnd: true },
  { name: 'one that ends with 0 does not pass else', command: 'exit 0', reason: /ended at once with exit code 0\./ },
  {
    name: 'a crash loop under "always" is seen by its restarts, with exit code and last line',
    command: 'echo no database; exit 3',
    flags: ['--restart=always'],
    reason: /ended with exit code 3.* restarted it .*no database/,
  },
  {
    name: 'a crash that nobody saw still has its exit code',
    command: 'sleep 1; exit 4',
    flags: ['--restart=always'],
    reason: /exit code 4\b/,
  },
  {
    name: 'one that gives up after its restarts does not pass',
    command: 'exit 5',
    flags: ['--restart=on-failure:4'],
    reason: /exit code 5\b/,
  },
  {
    name: 'one that runs out of memory is named so',
    command: 'x=0123456789; while :; do x=$x$x; done',
    flags: ['--memory=8m', '--memory-swap=8m'],
    reason: /exit code 137 \(killed\): it ran out of memory \(OOMKilled\)/,
  },
  {
    name: 'a healthy one passes',
    command: 'sleep 2; touch /tmp/well; sleep 100',
    config: check('test -e /tmp/well', { StartPeriod: 10 * SECOND }),
  },
  {
    name: 'an unhealthy one fails long before the timeout',
    command: 'sleep 100',
    config: check('echo disk is full; false'),
    gate: { timeoutMs: 50_000 },
    reason: /unhealthy: its health check failed 2 times in a row and last said: disk is full/,
  },
  {
    name: 'one that never leaves starting fails by its timeout',
    command: 'sleep 100',
    config: check('false', { StartPeriod: 100 * SECOND }),
    gate: { timeoutMs: 3000 },
    reason: /not well within 3 s: its health check is still "starting"/,
  },
  {
    name: 'one that listens late passes with an HTTP probe',
    command: 'sleep 2; httpd -f -p 8080 -h /www & wait',
    gate: { probe: { kind: 'http', port: 8080, path: '/version' } },
  },
  {
    name: 'a wrong path does not pass an HTTP probe',
    gate: { timeoutMs: 3000, probe: { kind: 'http', port: 8080, path: '/none' } },
    reason: /GET http:\/\/[\d.]+:8080\/none answered 404/,
  },
  { name: 'a TCP probe passes where somebody listens', gate: { probe: { kind: 'tcp', port: 8080 } } },
  {
    name: 'a TCP probe is not taken in by a published port behind which nobody listens',
    flags: ['-p', '127.0.0.1::9999'],
    gate: { timeoutMs: 3000, probe: { kind: 'tcp', port: 9999 } },
    reason: /:9999 failed: connect ECONNREFUSED.*closed at once/,
  },
  {
    name: 'an exec probe passes with exit code 0',
    command: 'sleep 2; touch /tmp/well; sleep 100',
    gate: { probe: { kind: 'exec', command: ['test', '-e', '/tmp/well'] } },
  },
  {
    name: 'an exec probe without its program does not pass',
    gate: { timeoutMs: 2000, probe: { kind: 'exec', command: ['/nowhere'] } },
    reason: /the command ended with exit code 12[67]/,
  },
]

describe('gate and daemon', { skip: await needs('docker daemon'), concurrency: 2 }, () => {
  let daemon: DockerDaemon
  let docker: DockerClient

  before(async () => {
    daemon = await startDockerDaemon()
    docker = createDockerClient({ endpoint: `unix://${daemon.socket}`, home: '/' })
    await loadImage(daemon, 'app:1')
  })
  after(async () => {
    await docker[Symbol.asyncDispose]()
    await daemon[Symbol.asyncDispose]()
  })

  async function run(flags: readonly string[], ...command: string[]): Promise<string> {
    return (await daemon.docker('run', '-d', ...flags, ...command)).trim()
  }

  function pass(containerId: string, { gate, mayEnd = false }: Partial<Case>): Promise<void> {
    const signal = AbortSignal.timeout(WAIT_MS)
    const settings = { ...GATE, ...gate }
    return passGate(docker, { containerId, gate: settings, mayEnd, signal, clock: systemClock, log: SILENT })
  }

  for (const [index, row] of CASES.entries())
    test(row.name, async () => {
      const image = row.config === undefined ? 'app:1' : `app:case${index}`
      if (row.config !== undefined) await loadImage(daemon, image, { config: row.config })
      const command = row.command === undefined ? [] : ['/bin/sh', '-c', row.command]
      const passed = pass(await run(row.flags ?? [], image, ...command), row)
      if (row.reason === undefined) await passed
      else await assert.rejects(passed, { name: 'GateError', message: row.reason })
    })

  test('one that cannot be started is named with the engine’s words', async () => {
    const id = (await daemon.docker('create', 'app:1', '/nowhere')).trim()
    await assert.rejects(daemon.docker('start', id))
    await assert.rejects(pass(id, {}), { name: 'GateError', message: /could not be started.*exit code 127.*nowhere/ })
  })

  test('removed or stopped by a person, its image is not to blame', async () => {
    const removed = await run([], 'app:1')
    const stopped = await run(['--restart=always'], 'app:1')
    const ends = [pass(removed, { gate: { soakMs: WAIT_MS } }), pass(stopped, { gate: { soakMs: WAIT_MS } })]
    const expected = [/was removed by somebody else/, /was stopped by somebody else/].map((message, index) =>
      assert.rejects(ends[index]!, { name: 'Failure', code: 'conflict', message }),
    )
    await daemon.docker('rm', '--force', removed)
    await daemon.docker('stop', stopped)
    await Promise.all(expected)
  })

  test('a command in a container gives its exit code and output; one that takes too long is killed with its children', async () => {
    const id = await run([], 'app:1')
    const signal = AbortSignal.timeout(WAIT_MS)
    const shell = (command: string) => ['/bin/sh', '-c', command]
    const short = await execIn(docker, id, {
      command: shell('echo a; echo b >&2; exit 75'),
      timeoutMs: WAIT_MS,
      signal,
    })
    assert.deepEqual([short.exitCode, short.output.split('\n').sort()], [75, ['a', 'b']])
    const long = execIn(docker, id, { command: shell('sleep 4321 & sleep 4321; :'), timeoutMs: 500, signal })
    await assert.rejects(long, { name: 'Failure', code: 'unavailable', message: /within 0\.5 s\. It was killed/ })
    const isGone = async () => !(await daemon.docker('exec', id, 'ps')).includes('4321')
    await until(isGone, { what: 'the end of the children' })
  })
})
