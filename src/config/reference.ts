import { type Families, memberShape, rootShape } from './families.ts'
import type { SectionShape, Shape } from './shape.ts'

/** The page about every key of the config, as Markdown: what it means, its default and its variable. */
export function configReference(families: Families): string {
  const root = rootShape(families)
  const own = [...root.keys].filter(([key]) => key !== 'providers' && key !== 'notif')
  const parts = [
    INTRODUCTION,
    ...own.map(([key, shape]) => chapter(`\`${key}\``, shape.summary, tables(shape, key))),
    `## \`providers\`\n\n${PROVIDERS}`,
    ...Object.entries(families.providers).map(([name, { summary }]) => {
      const shape = memberShape(root, 'providers', name)
      return chapter(`\`providers.${name}\``, summary, tables(shape, `providers.${name}`), 3)
    }),
    `## \`notif\`\n\n${CHANNELS}`,
    ...Object.entries(families.notifiers).map(([name, { summary }]) =>
      chapter(`\`notif.${name}\``, summary, tables(withoutName(memberShape(root, 'notif', name)), `notif.${name}`), 3),
    ),
  ]
  return `${parts.join('\n\n')}\n`
}

const INTRODUCTION = `# Configuration

<!-- Written by scripts/docs.ts from the options themselves. Change those, then run: node scripts/docs.ts -->

Seaworthy reads one YAML file. Without a file and without variables it watches all containers of the local Docker.

The first of these that exists is used:

1. the path after \`--config\`, or in the variable \`SEAWORTHY_CONFIG\` or \`CONFIG\`; it must exist
2. \`seaworthy.yml\` in the working folder, in \`/etc/seaworthy\`, \`$XDG_CONFIG_HOME\`, \`~/.config\` or \`/config\`
3. \`diun.yml\` in \`/etc/diun\`, \`$XDG_CONFIG_HOME\`, \`~/.config\`, the working folder or \`/config\`

The ending \`.yaml\` works as well. A \`diun.yml\` can stay as it is: keys and variables of Diun mean the same here.
\`seaworthy config check\` tells everything that is wrong in a file, with line and column.

## How values are written

- **Keys** are read whatever their capitals. A key without a value is as if it were not there. Keys at the top that begin
  with \`x-\` are yours, for anchors.
- **Variables in the file**: \`\${NAME}\`, \`\${NAME:-default}\` (when it is not set or empty), \`\${NAME-default}\` (when it is not
  set), \`\${NAME:?message}\` (refuse to start without it). Defaults may hold further variables. Write \`$\${\` for a plain \`\${\`.
  What a channel needs and is empty then leaves that channel out, with a note in the log.
- **Durations**: \`30s\`, \`5m\`, \`1h30m\`, \`7d\`. A number without a unit counts nanoseconds, as in Diun.
- **Lists** may be one text with commas between: \`to: a@example.com, b@example.com\`.
- **Secrets** have a second key that ends in \`File\` and names a file with the value. The file is read each time the value is
  needed, byte for byte. The plain key wins.

## Variables

Every key is also a variable: the words of its path, in capitals, joined by \`_\`, after \`SEAWORTHY_\` or \`DIUN_\`. A variable
wins over the file, \`SEAWORTHY_\` over \`DIUN_\`, and an empty one says nothing. \`DIUN_\` reaches the sections that Diun has:
\`db\`, \`watch\`, \`defaults\`, \`metrics\`, \`regopts\`, \`providers\` and \`notif\`.

- Keys of several words may be written in one or apart: \`SEAWORTHY_NOTIF_GOTIFY_TOKENFILE\` or \`SEAWORTHY_NOTIF_GOTIFY_TOKEN_FILE\`.
- \`SEAWORTHY_PROVIDERS_DOCKER=true\` switches a section on that needs nothing else.
- Entries of \`regopts\` and \`policies\` have any word in the middle: \`SEAWORTHY_REGOPTS_HUB_NAME\`,
  \`SEAWORTHY_REGOPTS_HUB_USERNAME\`. They replace the list of the file and come in the order of their names.
- Maps take the rest of the name as the key, in lower case and with dots for \`_\`: \`SEAWORTHY_DEFAULTS_METADATA_TEAM=web\`.
- A second channel or host of a kind has its position in the name: \`SEAWORTHY_NOTIF_MAIL_1_HOST\` (the first is 0).
- Variables that Kubernetes sets for a Service called \`diun-…\` or \`seaworthy-…\` are ignored.

| also read | means |
|---|---|
| \`DB_PATH\` | \`db.path\` |
| \`PORT\` | \`server.port\` |
| \`WEBHOOK_SECRET\`, \`WEBHOOK_SECRET_FILE\` | \`server.webhookSecret\`, \`server.webhookSecretFile\` |
| \`LOG_LEVEL\`, \`LOG_JSON\`, \`LOG_FORMAT\` | \`log.level\`, \`log.json\`, \`log.format\` |
| \`NO_COLOR\` | \`log.color: false\`, when nothing else says so |
| \`TZ\` | \`watch.timezone\`, when nothing else says so |
| \`DOCKER_HOST\` | \`providers.docker.endpoint\`, when nothing else says so |`

const PROVIDERS = `Where workloads are found. Each section is switched on by being there, be it as \`{}\` or \`true\`, and may be a list of such
sections to watch several places.`

const CHANNELS = `The channels through which people are told. Each section is one channel, or a list of channels of that kind, which then may
have a \`name\` each (without one: \`mail\`, \`mail-2\` …).`

function chapter(title: string, summary: string, body: string, depth = 2): string {
  return [`${'#'.repeat(depth)} ${title}`, summary, body].filter(Boolean).join('\n\n')
}

function withoutName(shape: SectionShape): SectionShape {
  return { ...shape, keys: new Map([...shape.keys].filter(([key]) => key !== 'name')) }
}

function tables(shape: Shape, path: string): string {
  const section = shape.kind === 'list' ? shape.item : shape
  if (section.kind !== 'section' || section.keys.size === 0) return ''
  const rows = rowsOf(section, { path: shape.kind === 'list' ? [path, '<KEY>'] : path.split('.'), prefix: '' })
  return ['| key | default | variable | meaning |', '|---|---|---|---|', ...rows].join('\n')
}

function rowsOf(section: SectionShape, { path, prefix }: { path: readonly string[]; prefix: string }): string[] {
  return [...section.keys].flatMap(([key, shape]) => {
    const here = [...path, key]
    if (shape.kind === 'section') return rowsOf(shape, { path: here, prefix: `${prefix}${key}.` })
    const variable = `SEAWORTHY_${here.join('_').toUpperCase()}${shape.kind === 'map' ? '_<NAME>' : ''}`
    const cells = [`\`${prefix}${key}\``, defaultOf(shape), `\`${variable}\``, meaningOf(shape)]
    return [`| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`]
  })
}

function meaningOf(shape: Shape): string {
  // Outside of code, `<` would begin a tag.
  const summary = shape.summary.replaceAll(/`[^`]*`|</g, (found) => (found === '<' ? '&lt;' : found))
  const sentence = summary === '' || /[.…!?]$/.test(summary) ? summary : `${summary}.`
  const choices = shape.kind === 'value' && shape.choices.length > 0 ? shape.choices : []
  if (choices.length === 0) return sentence
  return `${sentence} One of ${choices.map((choice) => `\`${choice}\``).join(', ')}.`
}

const LONGEST_DEFAULT = 50

function defaultOf(shape: Shape): string {
  const { fallback } = shape
  if (shape.kind === 'value' && shape.type === 'duration' && typeof fallback === 'number')
    return `\`${duration(fallback)}\``
  if (fallback === undefined) return shape.required ? '(needed)' : ''
  if (Array.isArray(fallback)) return fallback.length === 0 ? '' : `\`${fallback.join(', ')}\``
  if (typeof fallback === 'object') return ''
  const text = String(fallback)
  if (text.length > LONGEST_DEFAULT || text.includes('\n')) return '(a built-in text)'
  return text === '' ? '(empty)' : `\`${text}\``
}

const UNITS: readonly [name: string, ms: number][] = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['m', 60_000],
  ['s', 1000],
]

function duration(ms: number): string {
  const [unit, length] = UNITS.find(([, size]) => ms > 0 && ms % size === 0) ?? ['ms', 1]
  return ms === 0 ? '0' : `${ms / length}${unit}`
}
