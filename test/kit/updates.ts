import { Failure } from '../../src/domain/failure.ts'
import type { Phase, Plan, Update, UpdateStep } from '../../src/domain/update.ts'
import { DEFAULT_UPDATE_SETTINGS } from '../../src/domain/update-settings.ts'
import type { Hold, LiveProgress, Outlook, UpdateReport, Updates } from '../../src/engine/rollout/types.ts'

/** A facade of updates that changes nothing but its own notes. */
export interface MadeUpUpdates extends Updates {
  /** Everything that was to change something, in order. */
  readonly calls: unknown[][]
  /** What is known, by the workload's name. */
  readonly known: Map<string, Outlook>
  /** What `get` answers of an update, one after the other; the last stays. */
  readonly reports: Map<string, UpdateReport[]>
  /** What `updateAll` refuses. */
  refused: { workload: string; reason: string }[]
  pausedBy: { until: string | undefined; actor: string } | undefined
  /** Thrown by whatever changes something, and by `plan`. */
  failure: Error | undefined
  tell(live: LiveProgress): void
}

const AT = '2026-03-01T12:00:00.000Z'
const DIGEST = `sha256:${'b'.repeat(64)}`

/** A plan for the workload `docker/local/NAME` from `nginx:1.26` to `nginx:1.27`, with a secret in what its updater keeps. */
export function planOf(name: string, more: Partial<Plan> = {}): Plan {
  return {
    updater: 'container',
    host: 'local',
    workload: `docker/local/${name}`,
    name,
    from: { reference: 'nginx:1.26', digest: `sha256:${'a'.repeat(64)}`, imageId: 'sha256:1' },
    to: { reference: 'nginx:1.27', digest: DIGEST },
    platform: 'linux/amd64',
    containers: [{ id: 'c1', name, role: 'workload' }],
    changes: [],
    notes: [],
    gate: DEFAULT_UPDATE_SETTINGS.gate,
    pins: [],
    data: { Env: ['PASSWORD=hunter2'] },
    ...more,
  }
}

/** An update of NAME with the id `u-NAME`. */
export function updateOf(name: string, phase: Phase, more: Partial<Update> = {}): Update {
  return {
    id: `u-${name}`,
    plan: planOf(name),
    phase,
    cause: 'manual',
    actor: 'operator',
    startedAt: AT,
    changedAt: AT,
    finishedAt: phase === 'committed' || phase === 'rolled-back' ? '2026-03-01T12:01:30.000Z' : undefined,
    error: undefined,
    commands: [],
    ...more,
  }
}

/** An outlook on NAME, which could move from `nginx:1.26` to `nginx:1.27` and may not by itself. */
export function outlookOf(name: string, more: Partial<Outlook> = {}): Outlook {
  return {
    workload: `docker/local/${name}`,
    host: 'local',
    name,
    image: 'nginx:1.26',
    settings: DEFAULT_UPDATE_SETTINGS,
    origins: {},
    candidate: { reference: 'nginx:1.27', digest: DIGEST, level: 'minor', since: AT },
    blockers: ['Nothing updates it by itself.'],
    nextWindowAt: undefined,
    quarantine: undefined,
    unclear: undefined,
    holds: [],
    open: undefined,
    ...more,
  }
}

export function stepOf(name: string, id: number, more: Partial<UpdateStep> = {}): UpdateStep {
  return { id, update: `u-${name}`, at: AT, phase: 'planned', step: 'pull', kind: 'intent', detail: {}, ...more }
}

/** Knows these workloads; an update goes from planned over a pull to committed as it is asked about. */
export function madeUpUpdates(...outlooks: readonly Outlook[]): MadeUpUpdates {
  const listeners = new Set<(live: LiveProgress) => void>()
  const note = (...call: unknown[]): void => {
    if (updates.failure !== undefined) throw updates.failure
    updates.calls.push(call)
  }
  const find = (workload: string): Outlook => {
    const found = [...updates.known.values()].find((one) => one.workload === workload || one.name === workload)
    if (found === undefined) throw new Failure('not-found', `There is no workload "${workload}".`)
    return found
  }
  const begin = (name: string): Update => {
    const begun = updateOf(name, 'planned')
    if (!updates.reports.has(begun.id)) updates.reports.set(begun.id, goingWell(name))
    return begun
  }
  const updates: MadeUpUpdates = {
    calls: [],
    known: new Map(outlooks.map((outlook) => [outlook.name, outlook])),
    reports: new Map(),
    refused: [],
    pausedBy: undefined,
    failure: undefined,
    tell: (live) => {
      for (const listener of listeners) listener(live)
    },
    outlook: async (workload) => find(workload),
    outlooks: async () => [...updates.known.values()],
    async plan(workload) {
      if (updates.failure !== undefined) throw updates.failure
      return planOf(find(workload).name)
    },
    async update(workload, { actor }) {
      note('update', find(workload).workload, actor)
      return begin(find(workload).name)
    },
    async updateAll({ actor }) {
      note('updateAll', actor)
      const some = [...updates.known.values()].filter(({ candidate }) => candidate !== undefined)
      return { begun: some.map(({ name }) => begin(name)), refused: updates.refused }
    },
    async rollBack(workload, { actor, to }) {
      note('rollBack', find(workload).workload, to, actor)
      return begin(find(workload).name)
    },
    ended: async (id) => updates.get(id),
    async list({ workload, open, most }) {
      const all = [...updates.reports.values()].map((reports) => reports[0]!.update)
      return all
        .filter(({ plan }) => workload === undefined || plan.workload === workload)
        .filter(({ finishedAt }) => open === undefined || open === (finishedAt === undefined))
        .slice(0, most)
    },
    async get(id) {
      const reports = updates.reports.get(id)
      if (reports === undefined) throw new Failure('not-found', `There is no update "${id}".`)
      return reports.length > 1 ? reports.shift()! : reports[0]!
    },
    async hold(workload, { kind, until, reason, actor }): Promise<Hold> {
      note('hold', find(workload).workload, kind, until?.toISOString(), reason, actor)
      const what = { tag: kind === 'skip' ? '1.27' : undefined, digest: undefined }
      const said = { until: until?.toISOString(), reason, actor, createdAt: AT }
      return { id: 'h1', workload: find(workload).workload, kind, ...what, ...said }
    },
    async release(workload, { kind, actor }) {
      note('release', find(workload).workload, kind, actor)
      return 1
    },
    async approve(workload, { actor }) {
      note('approve', find(workload).workload, actor)
      const { candidate } = find(workload)
      if (candidate === undefined) throw new Failure('conflict', 'Nothing newer is known.')
      return candidate
    },
    pause: async ({ until, actor }) => note('pause', until?.toISOString(), actor),
    resume: async ({ actor }) => note('resume', actor),
    paused: async () => updates.pausedBy,
    onProgress(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
  }
  return updates
}

function goingWell(name: string): UpdateReport[] {
  const pull = stepOf(name, 1)
  return [
    { update: updateOf(name, 'planned'), steps: [pull], progress: { done: 1_500_000, total: 6_000_000 } },
    { update: updateOf(name, 'fetched'), steps: [pull, { ...pull, id: 2, kind: 'done' }], progress: undefined },
    { update: updateOf(name, 'committed'), steps: [pull, { ...pull, id: 2, kind: 'done' }], progress: undefined },
  ]
}
