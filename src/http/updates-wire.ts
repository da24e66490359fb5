import type * as domain from '../domain/update.ts'
import type { GateSettings, Probe, UpdateSettings } from '../domain/update-settings.ts'
import type * as engine from '../engine/rollout/types.ts'
import type { Outlook, Plan, Update, UpdateReport } from './schemas-updates.ts'

// Updates as they leave the program, over HTTP and through `--json`. What an updater keeps for itself (a whole container
// with its environment), and the commands of hooks and probes, may hold secrets: they stay inside.

export function toWirePlan({ data: _, gate, ...plan }: domain.Plan): Plan {
  return { ...plan, gate: toWireGate(gate) }
}

export function toWireUpdate({ plan, ...update }: domain.Update): Update {
  return { ...update, plan: toWirePlan(plan) }
}

export function toWireReport({ update, steps, progress, stalled }: engine.UpdateReport): UpdateReport {
  return { update: toWireUpdate(update), steps, progress, stalled }
}

export function toWireOutlook({ settings, open, origins, ...outlook }: engine.Outlook): Outlook {
  return {
    ...outlook,
    settings: toWireSettings(settings),
    origins: Object.fromEntries(Object.entries(origins)),
    open: open === undefined ? undefined : toWireUpdate(open),
  }
}

function toWireSettings({ gate, hooks, ...settings }: UpdateSettings): Outlook['settings'] {
  const points = Object.entries(hooks).map(([point, { where, timeoutMs }]) => [point, { where, timeoutMs }])
  return { ...settings, gate: toWireGate(gate), hooks: Object.fromEntries(points) }
}

function toWireGate({ probe, ...gate }: GateSettings): Plan['gate'] {
  return { ...gate, probe: probe === undefined ? undefined : toWireProbe(probe) }
}

function toWireProbe(probe: Probe): Plan['gate']['probe'] {
  return probe.kind === 'exec' ? { kind: 'exec', program: probe.command[0] } : probe
}
