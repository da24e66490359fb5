import type { WorkloadName } from '../domain/finding.ts'
import { formatImageReference } from '../domain/image-reference.ts'
import type { Entry, Teller } from '../domain/message.ts'

/** Under which name we send. */
export const SENDER = 'Seaworthy'

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']

/** The small print under a message: who sent it. */
export function footerOf(teller: Teller): string {
  return `${SENDER} ${teller.version}`
}

/** The facts listed under a message, in the order Diun lists them; the link last, and only when there is one. */
export function factsOf(entry: Entry, teller: Teller): { name: string; value: string }[] {
  const facts = [
    ['Hostname', teller.hostname],
    ['Provider', entry.provider],
    ['Created', createdText(entry.created)],
    ['Digest', entry.digest],
    ['Platform', entry.platform],
    ['HubLink', entry.hubLink],
  ] as const
  return facts.filter(([, value]) => value !== '').map(([name, value]) => ({ name, value }))
}

/** `docker.io/library/nginx:1.27`. */
export function imageText(entry: Entry): string {
  return formatImageReference(entry.image)
}

/** `Mar 26, 2020 12:23:56 UTC`; empty when the image tells no time. */
function createdText(iso: string | null): string {
  const date = new Date(iso ?? Number.NaN)
  if (Number.isNaN(date.getTime())) return ''
  const day = String(date.getUTCDate()).padStart(2, '0')
  return `${MONTHS[date.getUTCMonth()]} ${day}, ${date.getUTCFullYear()} ${date.toISOString().slice(11, 19)} UTC`
}

/** The time as Go writes it in JSON: RFC 3339 with the digits of the fraction that count; null when there is none. */
export function rfc3339(iso: string | null): string | null {
  const parts = /^(.+?)(\.\d+)?(Z|[+-]\d\d:?\d\d)$/.exec(iso ?? '')
  if (parts === null || Number.isNaN(Date.parse(iso ?? ''))) return null
  const [, seconds, fraction = '', zone] = parts
  const digits = fraction.replace(/\.?0+$/, '')
  return `${seconds}${digits}${/^[+-]00:?00$/.test(zone!) ? 'Z' : zone}`
}

/** The time as Go prints it: `2020-03-26 12:23:56 +0000 UTC`, in UTC; `<nil>` when there is none. */
export function goTime(iso: string | null): string {
  const written = rfc3339(iso)
  if (written === null) return '<nil>'
  const fraction = /\.\d+/.exec(written)?.[0] ?? ''
  return `${new Date(written).toISOString().slice(0, 19).replace('T', ' ')}${fraction} +0000 UTC`
}

/** The names of the workloads that run the image, each once; none for a watch list, whose lines run nowhere. */
export function namesOf(entry: Entry): string[] {
  return [...new Set(running(entry).map(({ name }) => name))]
}

/** `web, db on nas; api on pi`: where the image runs. The host is left out when it is the one that tells. */
export function placesOf(entry: Entry, teller: Teller): string {
  const byHost = Map.groupBy(running(entry), ({ host }) => host)
  return [...byHost]
    .map(([host, workloads]) => {
      const names = [...new Set(workloads.map(({ name }) => name))].join(', ')
      return isHere(host, teller) ? names : `${names} on ${host}`
    })
    .join('; ')
}

/** The text cut to at most `longest` characters, with an ellipsis when something was cut. */
export function shorten(text: string, longest: number): string {
  return text.length <= longest ? text : `${text.slice(0, longest - 1).replace(/[\uD800-\uDBFF]$/, '')}…`
}

function running(entry: Entry): WorkloadName[] {
  return entry.workloads.filter(({ provider }) => provider !== 'file')
}

function isHere(host: string, teller: Teller): boolean {
  return host === '' || host === 'local' || host === teller.hostname
}
