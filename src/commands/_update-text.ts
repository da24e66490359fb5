import type { Outlook, Plan, Update } from '../http/schemas-updates.ts'
import type { Style } from './_terminal.ts'

/** The colour a phase is shown in. */
export function phaseStyle(phase: Update['phase']): Style {
  if (phase === 'committed') return 'green'
  return phase === 'rolled-back' || phase === 'rolling-back' ? 'yellow' : phase === 'needs-operator' ? 'red' : 'cyan'
}

/** Whether nothing more happens to it by itself. */
export function isAtRest({ phase }: Pick<Update, 'phase'>): boolean {
  return phase === 'committed' || phase === 'rolled-back' || phase === 'needs-operator'
}

/** Both ends of a step, told apart by their digests where the name stays the same. */
export function endsOf({ from, to }: Pick<Plan, 'from' | 'to'>): { from: string; to: string } {
  if (from.reference !== to.reference) return { from: from.reference, to: to.reference }
  return { from: withDigest(from), to: withDigest(to) }
}

/** The first twelve digits of a digest, without its algorithm. */
export function shortDigest(digest: string): string {
  return digest.replace(/^sha256:/, '').slice(0, 12)
}

/** A time as tables show it, in UTC: `2026-11-21 11:38`. */
export function shortTime(time: string): string {
  return new Date(time).toISOString().slice(0, 16).replace('T', ' ')
}

/** `auto up to minor (policy "nightly")`: what may be done by itself, and who said so. */
export function modeText({ settings: { mode, level }, origins }: Pick<Outlook, 'settings' | 'origins'>): string {
  return `${mode}${mode === 'auto' ? ` up to ${level}` : ''} (${origins.mode ?? 'default'})`
}

/** A length of time in its two largest units: `1m 30s`, `2h`, `250ms`. */
export function lengthText(milliseconds: number): string {
  if (milliseconds < 1000) return `${Math.round(milliseconds)}ms`
  let rest = Math.round(milliseconds / 1000)
  const parts: string[] = []
  for (const [unit, seconds] of [
    ['d', 86_400],
    ['h', 3600],
    ['m', 60],
    ['s', 1],
  ] as const) {
    const count = Math.floor(rest / seconds)
    rest -= count * seconds
    if (count > 0) parts.push(`${count}${unit}`)
  }
  return parts.slice(0, 2).join(' ')
}

/** `12.3 MB`, in thousands, as `docker images` counts. */
export function bytesText(bytes: number): string {
  if (bytes < 1000) return `${bytes} B`
  const units = ['kB', 'MB', 'GB', 'TB']
  const power = Math.min(Math.floor(Math.log10(bytes) / 3), units.length)
  return `${(bytes / 1000 ** power).toFixed(1)} ${units[power - 1]}`
}

/** The first part of an update's id, which is enough to ask for it. */
export function shortId(id: string): string {
  return id.slice(0, 8)
}

function withDigest({ reference, digest, imageId }: Plan['from']): string {
  const known = digest ?? imageId
  return known === undefined || reference.includes('@') ? reference : `${reference}@${shortDigest(known)}`
}
