import type { Zone } from './layout.ts'

/** What a zone of the IANA database is at a point in time, given in nanoseconds since 1970. */
export function zoneAt(name: string, nanoseconds: bigint): Zone {
  if (name === 'UTC') return { abbreviation: 'UTC', offset: 0 }
  const date = new Date(Number(nanoseconds / 1_000_000n))
  const offset = offsetOf(zoneName(name, date, 'en-US', 'longOffset'))
  for (const locale of LOCALES) {
    const abbreviation = zoneName(name, date, locale, 'short')
    if (!/^(?:GMT|UTC)[+-]/.test(abbreviation)) return { abbreviation, offset }
  }
  return { abbreviation: '', offset }
}

/** The zone the process runs in. */
export function processZone(): string {
  return Intl.DateTimeFormat().resolvedOptions().timeZone
}

// Each locale abbreviates only the zones of its own region; the others come out as an offset.
const LOCALES = ['en-US', 'en-GB', 'en-AU', 'en-CA', 'en-NZ', 'en-IN', 'en-ZA']

function zoneName(name: string, date: Date, locale: string, timeZoneName: 'short' | 'longOffset'): string {
  const parts = new Intl.DateTimeFormat(locale, { timeZone: name, timeZoneName }).formatToParts(date)
  return parts.find(({ type }) => type === 'timeZoneName')?.value ?? ''
}

/** Reads `GMT+02:00`; `GMT` alone is no offset. */
function offsetOf(text: string): number {
  const [, sign, hours = '0', minutes = '0', seconds = '0'] = /([+-])(\d+)(?::(\d+))?(?::(\d+))?/.exec(text) ?? []
  const total = Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds)
  return sign === '-' ? -total : total
}
