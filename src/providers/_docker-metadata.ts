import type { Container } from './_docker-list.ts'
import type { FormatTime } from './_go-time.ts'

/** The fields that Diun gives its messages about a container. */
export function containerMetadata(container: Container, formatTime: FormatTime): Record<string, string> {
  return {
    ctn_id: container.Id,
    ctn_names: (container.Names ?? []).map((name) => name.replace(/^\//, '')).join(','),
    ctn_command: container.Command ?? '',
    ctn_createdat: formatTime(container.Created),
    ctn_state: container.State,
    ctn_status: container.Status,
    ctn_size: formatSize(container),
  }
}

function formatSize({ SizeRw, SizeRootFs }: Container): string {
  const own = humanSize(SizeRw ?? 0)
  return SizeRootFs ? `${own} (virtual ${humanSize(SizeRootFs)})` : own
}

const UNITS = ['B', 'kB', 'MB', 'GB', 'TB', 'PB']

/** Decimal units, three significant digits: `1.02kB`. */
function humanSize(bytes: number): string {
  const power = bytes < 1 ? 0 : Math.min(UNITS.length - 1, Math.floor(Math.log10(bytes) / 3))
  return `${Number((bytes / 1000 ** power).toPrecision(3))}${UNITS[power]}`
}
