import { z } from '@hono/zod-openapi'
import type { ContainerState } from '../domain/gate-course.ts'
import { startingTime } from '../domain/gate-words.ts'
import { printable } from '../lib/printable.ts'

/** What the gate needs of an inspection (`GET /containers/{id}/json`). */
export interface GateInspection {
  readonly state: ContainerState
  /** How long its health check may say `starting`, in milliseconds; undefined: it has no health check. */
  readonly startingMs: number | undefined
  readonly restartPolicy: string
  /** The engine removes it as soon as it ends. */
  readonly autoRemove: boolean
  readonly tty: boolean
  /** When it ended last, in the engine's words. */
  readonly finishedAt: string
}

const TEXT = z.string().catch('')
const COUNT = z.number().catch(0)
const FLAG = z.boolean().catch(false)

const HEALTHCHECK = z
  .object({
    Test: z.array(z.string()).catch([]),
    Interval: COUNT,
    Timeout: COUNT,
    StartPeriod: COUNT,
    Retries: COUNT,
  })
  .nullish()

const HEALTH = z
  .object({ Status: TEXT, FailingStreak: COUNT, Log: z.array(z.object({ Output: TEXT })).catch([]) })
  .nullish()

const INSPECTION = z.object({
  State: z.object({
    Status: z.string(),
    Running: FLAG,
    Restarting: FLAG,
    StartedAt: TEXT,
    FinishedAt: TEXT,
    ExitCode: COUNT,
    OOMKilled: FLAG,
    Error: TEXT,
    Health: HEALTH,
  }),
  RestartCount: COUNT,
  HostConfig: z.object({
    RestartPolicy: z.object({ Name: TEXT }).catch({ Name: '' }),
    AutoRemove: FLAG,
  }),
  Config: z.object({ Tty: FLAG, Healthcheck: HEALTHCHECK }),
})

const LONGEST_TEXT = 300

/** Reads what an engine answered. @throws ZodError when it is no container. */
export function readInspection(body: unknown): GateInspection {
  const { State, RestartCount, HostConfig, Config } = INSPECTION.parse(body)
  const startingMs = startingMsOf(Config.Healthcheck, State.Health)
  return {
    state: {
      status: State.Status,
      running: State.Running,
      restarting: State.Restarting,
      restartCount: RestartCount,
      startedAt: State.StartedAt,
      exitCode: State.ExitCode,
      oomKilled: State.OOMKilled,
      error: excerpt(State.Error),
      health: startingMs === undefined ? undefined : healthOf(State.Health),
    },
    startingMs,
    restartPolicy: HostConfig.RestartPolicy.Name || 'no',
    autoRemove: HostConfig.AutoRemove,
    tty: Config.Tty,
    finishedAt: State.FinishedAt,
  }
}

function startingMsOf(check: z.infer<typeof HEALTHCHECK>, health: z.infer<typeof HEALTH>): number | undefined {
  // An empty test is what the image says, and what the image says is shown here as well; so there is none.
  const [kind = 'NONE'] = check?.Test ?? []
  const isShown = health != null && health.Status !== '' && health.Status !== 'none'
  if (kind === 'NONE' && !isShown) return undefined
  const { StartPeriod = 0, Interval = 0, Timeout = 0, Retries = 0 } = check ?? {}
  return startingTime({ startPeriod: StartPeriod, interval: Interval, timeout: Timeout, retries: Retries })
}

function healthOf(health: z.infer<typeof HEALTH>): NonNullable<ContainerState['health']> {
  const { Status = 'starting', FailingStreak = 0, Log = [] } = health ?? {}
  return { status: Status || 'starting', failingStreak: FailingStreak, output: excerpt(Log.at(-1)?.Output ?? '') }
}

/** The beginning of other people's text as one line. */
export function excerpt(text: string): string {
  return printable(text.trim()).slice(0, LONGEST_TEXT)
}
