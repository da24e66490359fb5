import { execFile } from 'node:child_process'
import { z } from '@hono/zod-openapi'
import { duration, text, textList } from '../lib/options.ts'
import { diunEnvironment } from './_diun-json.ts'
import { mask } from './_http.ts'
import { DeliveryError, defineNotifier } from './_notifier.ts'
import { required } from './_options.ts'
import { createProgress } from './_progress.ts'

const DEFAULT_TIMEOUT_MS = 300_000
const LONGEST_OUTPUT = 10 * 1024 * 1024
const LONGEST_EXCERPT = 1000
/** Names of variables that hold what nobody else may see: ours are among them. */
const SECRET_NAME = /TOKEN|PASS|SECRET|KEY|WEBHOOK|CREDENTIAL|AUTH|UUID|DSN|PROXY|DATABASE_URL/i
const SHORTEST_SECRET = 5

interface Command {
  readonly cmd: string
  readonly args: readonly string[]
  readonly dir: string | undefined
  readonly timeoutMs: number
  readonly env: NodeJS.ProcessEnv
  /** What it may print and nobody else may see. */
  readonly secrets: readonly string[]
}

export default defineNotifier({
  name: 'script',
  summary: 'Runs a program of yours, which finds the message in its environment.',
  options: z.object({
    cmd: required().describe('Program to run; no shell is involved.'),
    args: textList().default([]).describe('Arguments of the program.'),
    dir: text().optional().describe('Directory to run it in.'),
    timeout: duration().default(DEFAULT_TIMEOUT_MS).describe('How long it may run before it is killed.'),
  }),
  templates: {},
  onlyFindings: true,
  create({ cmd, args, dir, timeout }, { log, environment }) {
    const progress = createProgress()
    const secrets = secretsIn(environment)
    return {
      async send({ message, teller, deliveryId }, signal) {
        await progress.each(deliveryId, message.entries, async (entry) => {
          const env = { ...environment, ...withoutNulls(diunEnvironment(entry, teller)) }
          const output = await run({ cmd, args, dir, timeoutMs: timeout, env, secrets }, signal)
          if (output !== '') log.debug({ output: mask(output, secrets) }, 'script said')
        })
      },
    }
  },
})

/** Runs it and resolves with what it printed. A program that cannot be started is not tried again; one that failed is. */
function run({ cmd, args, dir, timeoutMs, env, secrets }: Command, signal: AbortSignal): Promise<string> {
  const options = {
    env,
    signal,
    timeout: timeoutMs,
    killSignal: 'SIGKILL',
    maxBuffer: LONGEST_OUTPUT,
    windowsHide: true,
    ...(dir && { cwd: dir }),
  } as const
  return new Promise((resolve, reject) => {
    execFile(cmd, args, options, (error, stdout, stderr) => {
      if (error === null) return resolve(stdout.trim())
      if (signal.aborted) return reject(signal.reason)
      // Masked before it is cut: half a secret is one too.
      const said = mask(stderr.trim(), secrets).slice(-LONGEST_EXCERPT)
      const reason = `${reasonOf(error, timeoutMs)}${said === '' ? '' : `: ${said}`}`
      reject(new DeliveryError(`the script ${reason}`, { transient: typeof error.code !== 'string' }))
    })
  })
}

/** The values in the environment that look like secrets; not flags and numbers, which would mask half of every text. */
function secretsIn(environment: NodeJS.ProcessEnv): string[] {
  return Object.entries(environment).flatMap(([name, value = '']) =>
    SECRET_NAME.test(name) && value.length >= SHORTEST_SECRET && !/^(?:\d+|true|false)$/i.test(value) ? [value] : [],
  )
}

/** No variable can hold a null character. */
function withoutNulls(variables: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(variables).map((pair) => pair.map((text) => text.replaceAll('\0', ''))))
}

function reasonOf(error: { code?: unknown; killed?: boolean; signal?: unknown }, timeoutMs: number): string {
  if (typeof error.code === 'string') return `could not be run (${error.code})`
  if (error.killed) return `was killed after ${timeoutMs / 1000} s`
  return typeof error.code === 'number' ? `ended with exit code ${error.code}` : `was ended by ${error.signal}`
}
