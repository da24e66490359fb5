/** Gives a time, in seconds since 1970, in Go's text form; empty for what is no time. */
export type FormatTime = (seconds: number) => string

// Each English knows the abbreviations of its own part of the world only.
const LOCALES = ['en-GB', 'en-US', 'en-AU', 'en-CA', 'en-NZ', 'en-ZA', 'en-IN']

/**
 * Times as Go prints them (`time.Time.String`): `2022-12-29 10:22:15 +0100 CET`, in the zone of the process or a named
 * one. The metadata that Diun's templates show has this form. Make it once: a formatter costs far more than its use.
 */
export function createGoTime(timeZone?: string): FormatTime {
  const zone = timeZone === undefined ? {} : { timeZone }
  const format = new Intl.DateTimeFormat('en-GB', {
    ...zone,
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
    hourCycle: 'h23',
    timeZoneName: 'longOffset',
  })
  // Summer and winter have other offsets, and with them other names.
  const names = new Map<string, string>()
  return (seconds) => {
    const date = new Date(seconds * 1000)
    if (Number.isNaN(date.getTime())) return ''
    const parts = new Map(format.formatToParts(date).map(({ type, value }) => [type, value]))
    const part = (type: Intl.DateTimeFormatPartTypes) => parts.get(type) ?? ''
    const offset = part('timeZoneName').replace('GMT', '').replace(':', '') || '+0000'
    const name = names.get(offset) ?? zoneName(date, zone) ?? offset
    names.set(offset, name)
    const clock = `${part('hour')}:${part('minute')}:${part('second')}`
    return `${part('year')}-${part('month')}-${part('day')} ${clock} ${offset} ${name}`
  }
}

function zoneName(date: Date, zone: { timeZone?: string }): string | undefined {
  for (const locale of LOCALES) {
    const parts = new Intl.DateTimeFormat(locale, { ...zone, timeZoneName: 'short' }).formatToParts(date)
    const name = parts.find(({ type }) => type === 'timeZoneName')?.value
    if (name !== undefined && /^[A-Z]{3,5}$/.test(name)) return name
  }
  return undefined
}
