import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { test } from 'node:test'
import { temporaryFolder } from '../../../test/kit/parts/program.ts'
import { until } from '../../../test/kit/parts/until.ts'
import type { Hook } from '../../domain/update-settings.ts'
import { type HookCommand, type HookParts, runHook } from './hooks.ts'

const NEEDED = { PATH: '/usr/bin:/bin', HOME: '/home/me', TZ: 'UTC', LANG: 'C' }
const ENVIRONMENT = { ...NEEDED, SEAWORTHY_SERVER_TOKEN: 'hush', SECRET: 'hush' }

const here = (command: string, timeoutMs = 20_000): Hook => ({ where: 'command', command, timeoutMs })

function parts(said: Partial<HookParts> = {}): HookParts {
  return {
    point: 'pre-update',
    workload: 'docker/local/web',
    variables: { SEAWORTHY_FROM: 'nginx:1.27', SEAWORTHY_TO: "nginx:1.28'; rm -rf /" },
    environment: ENVIRONMENT,
    exec: () => Promise.reject(new Error('not in the container')),
    signal: new AbortController().signal,
    ...said,
  }
}

for (const [command, outcome, exitCode, output] of [
  ['echo done', 'ok', 0, 'done\n'],
  ['echo later; exit 75', 'not-now', 75, 'later\n'],
  ['echo no >&2; exit 3', 'failed', 3, 'no\n'],
  ['/no/such/program 2>/dev/null', 'failed', 127, ''],
  ['kill -TERM $$', 'failed', 143, ''],
] as const)
  test(`a hook that runs "${command}" ends as ${outcome}`, async () => {
    assert.deepEqual(await runHook(here(command), parts()), { outcome, exitCode, output })
  })

test('a hook finds what is updated in its environment, and nothing of ours but what a program needs', async () => {
  const { output } = await runHook(here('env'), parts())
  const found = Object.fromEntries(
    output
      .split('\n')
      .filter((line) => !/^(?:PWD|SHLVL|_|OLDPWD)=/.test(line) && line !== '')
      .map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]),
  )
  assert.deepEqual(found, {
    ...NEEDED,
    SEAWORTHY_HOOK: 'pre-update',
    SEAWORTHY_WORKLOAD: 'docker/local/web',
    SEAWORTHY_FROM: 'nginx:1.27',
    SEAWORTHY_TO: "nginx:1.28'; rm -rf /",
  })
})

test('a hook that hangs is killed at its time limit with everything it began, and what it said is kept', async () => {
  await using folder = await temporaryFolder('hook')
  const file = path.join(folder.path, 'pid')
  const command = `echo begun; (trap '' TERM; echo $$ >/dev/null; sleep 600) & echo $! > ${file}; sleep 600`
  const { outcome, exitCode, output } = await runHook(here(command, 500), parts())
  assert.deepEqual([outcome, exitCode], ['failed', 124])
  assert.match(output, /^begun\nIt did not end within 0\.5 s and was killed\.$/)
  const pid = Number(readFileSync(file, 'utf8'))
  await until(() => !isAlive(pid), { what: 'the end of the whole group' })
})

test('what a hook leaves running in the background holds nothing up', async () => {
  await using folder = await temporaryFolder('hook')
  const file = path.join(folder.path, 'pid')
  const { outcome, output } = await runHook(here(`sleep 600 & echo $! > ${file}; echo away`), parts())
  const pid = Number(readFileSync(file, 'utf8'))
  assert.deepEqual([outcome, output, isAlive(pid)], ['ok', 'away\n', true])
  process.kill(pid)
})

test('a hook is killed when the program ends', async () => {
  await using folder = await temporaryFolder('hook')
  const file = path.join(folder.path, 'begun')
  const stop = new AbortController()
  const running = runHook(here(`echo $$ > ${file}; sleep 600`), parts({ signal: stop.signal }))
  const rejected = assert.rejects(running, /over/)
  await until(() => existsSync(file) && readFileSync(file, 'utf8') !== '', { what: 'the beginning' })
  stop.abort(new Error('over'))
  await rejected
  await until(() => !isAlive(Number(readFileSync(file, 'utf8'))), { what: 'the end' })
})

test('of a long output the end is kept', async () => {
  const { output } = await runHook(here('head -c 100000 /dev/zero | tr "\\0" x; echo; echo the end'), parts())
  assert.ok(Buffer.byteLength(output) <= 16 * 1024 && output.length > 16_000, String(output.length))
  assert.match(output, /x\nthe end\n$/)
})

test('in a container the same variables are set before the command, whatever stands in them', async () => {
  const given: HookCommand[] = []
  const exec = async (how: HookCommand) => {
    given.push(how)
    return { exitCode: 75, output: 'é'.repeat(10_000) }
  }
  const hook: Hook = { where: 'container', command: 'echo "$SEAWORTHY_TO $SEAWORTHY_WORKLOAD"', timeoutMs: 1234 }
  const { outcome, output } = await runHook(hook, parts({ exec }))
  assert.equal(outcome, 'not-now')
  assert.ok(Buffer.byteLength(output) <= 16 * 1024)
  const [{ command, timeoutMs }] = given as [HookCommand]
  assert.deepEqual([command.slice(0, 2), timeoutMs], [['/bin/sh', '-c'], 1234])
  const said = await runHook(here(command[2]!), parts({ variables: {} }))
  assert.equal(said.output, "nginx:1.28'; rm -rf / docker/local/web\n")
})

function isAlive(pid: number): boolean {
  try {
    // A process that has ended stays in the table until it is waited for.
    return !/\) Z /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'))
  } catch {
    return false
  }
}
