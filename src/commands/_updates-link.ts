import { Failure } from '../domain/failure.ts'
import type { Outbox } from '../engine/outbox.ts'
import type { Updates } from '../engine/rollout/types.ts'
import type { Begun, Candidate, Hold, Outlook, Paused, Plan, Update, UpdateReport } from '../http/schemas-updates.ts'
import { toWireOutlook, toWirePlan, toWireReport, toWireUpdate } from '../http/updates-wire.ts'
import type { CommandContext } from './_command.ts'
import { askServer, controlSocketPath } from './_control.ts'

/** What commands ask of updates: the running server where there is one, otherwise this process. The same answers from both. */
export interface UpdatesLink {
  /** What is begun is carried through by a server, and goes on when the command ends. */
  readonly byServer: boolean
  outlook(workload: string): Promise<Outlook>
  outlooks(): Promise<readonly Outlook[]>
  plan(workload: string): Promise<Plan>
  update(workload: string): Promise<Update>
  updateAll(): Promise<Begun>
  rollBack(workload: string, to: string | undefined): Promise<Update>
  list(filter: ListFilter): Promise<Listed>
  get(id: string): Promise<UpdateReport>
  hold(workload: string, how: HoldWish): Promise<Hold>
  release(workload: string, kind: Hold['kind'] | undefined): Promise<number>
  approve(workload: string): Promise<Candidate>
  pause(until: Date | undefined): Promise<void>
  resume(): Promise<void>
  /** Delivers what the channels are to be told, which a server does by itself. */
  deliver(): Promise<void>
}

export interface ListFilter {
  readonly open?: boolean | undefined
  readonly workload?: string | undefined
  readonly most: number
}

interface Listed {
  readonly updates: readonly Update[]
  /** Undefined: updates by themselves are not paused. */
  readonly paused?: Paused | undefined
}

interface HoldWish {
  readonly kind: Hold['kind']
  readonly until: Date | undefined
  readonly reason: string | undefined
}

const ASKED = { actor: 'operator' } as const

/** Hands the link to `use`; without a server, the program is opened for as long as that takes. */
export async function withUpdates(
  context: CommandContext,
  config: string | undefined,
  use: (link: UpdatesLink) => Promise<number>,
): Promise<number> {
  const loaded = await context.load(config)
  const socketPath = controlSocketPath(loaded.config.db.path)
  const { signal } = context
  const answer = await askServer(socketPath, { method: 'GET', path: '/healthcheck', signal })
  if (answer !== undefined) return await use(serverLink(socketPath, signal))
  const { openApp } = await import('../app.ts')
  await using app = await openApp(context, loaded, { quiet: true })
  await app.look(signal)
  return await use(ownLink(app.updates, app.outbox, signal))
}

function ownLink(updates: Updates, outbox: Pick<Outbox, 'drain'>, signal: AbortSignal): UpdatesLink {
  return {
    byServer: false,
    outlook: async (workload) => toWireOutlook(await updates.outlook(workload)),
    outlooks: async () => (await updates.outlooks()).map(toWireOutlook),
    plan: async (workload) => toWirePlan(await updates.plan(workload, signal)),
    update: async (workload) => toWireUpdate(await updates.update(workload, ASKED)),
    updateAll: async () => beginAll(updates),
    rollBack: async (workload, to) => toWireUpdate(await updates.rollBack(workload, { ...ASKED, to })),
    list: async ({ open, workload, most }) => ({
      updates: (await updates.list({ open, workload, most })).map(toWireUpdate),
      paused: await updates.paused(),
    }),
    get: async (id) => toWireReport(await updates.get(id)),
    hold: (workload, how) => updates.hold(workload, { ...ASKED, ...how }),
    release: (workload, kind) => updates.release(workload, { ...ASKED, kind }),
    approve: (workload) => updates.approve(workload, ASKED),
    pause: (until) => updates.pause({ ...ASKED, until }),
    resume: () => updates.resume(ASKED),
    deliver: async () => void (await outbox.drain(signal)),
  }
}

async function beginAll(updates: Updates): Promise<Begun> {
  const { begun, refused } = await updates.updateAll(ASKED)
  return { begun: begun.map(toWireUpdate), refused }
}

function serverLink(socketPath: string, signal: AbortSignal): UpdatesLink {
  const ask = async <Answer>(method: 'GET' | 'POST' | 'DELETE', path: string, body?: unknown): Promise<Answer> => {
    const answer = await askServer(socketPath, { method, path: `/api/v1${path}`, body, signal })
    if (answer !== undefined) return answer.body as Answer
    throw new Failure('unavailable', 'The server has gone away meanwhile.', {
      where: socketPath,
      remedy: 'When it starts again it takes open updates up where they were; "seaworthy updates" shows them.',
    })
  }
  const of = (workload: string, what: string): string => `/workloads/${encodeURIComponent(workload)}/${what}`
  return {
    byServer: true,
    outlook: (workload) => ask('GET', of(workload, 'outlook')),
    outlooks: async () => (await ask<{ outlooks: Outlook[] }>('GET', '/outlooks')).outlooks,
    plan: (workload) => ask('GET', of(workload, 'plan')),
    update: (workload) => ask('POST', of(workload, 'update')),
    updateAll: () => ask('POST', '/rollouts', { all: true }),
    rollBack: (workload, to) => ask('POST', of(workload, 'rollback'), { to }),
    list: (filter) => ask('GET', `/rollouts${queryOf({ ...filter })}`),
    get: (id) => ask('GET', `/rollouts/${encodeURIComponent(id)}`),
    hold: (workload, how) => ask('POST', of(workload, 'holds'), how),
    release: async (workload, kind) =>
      (await ask<{ released: number }>('DELETE', `${of(workload, 'holds')}${queryOf({ kind })}`)).released,
    approve: (workload) => ask('POST', of(workload, 'approve')),
    pause: (until) => ask('POST', '/rollouts/pause', { until }),
    resume: () => ask('POST', '/rollouts/resume'),
    deliver: async () => {},
  }
}

function queryOf(values: Readonly<Record<string, string | number | boolean | undefined>>): string {
  const given = Object.entries(values).flatMap(([key, value]) => (value === undefined ? [] : [[key, String(value)]]))
  return given.length === 0 ? '' : `?${new URLSearchParams(given)}`
}
