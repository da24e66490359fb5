import type { DraftSection } from './draft.ts'
import { createOverlay, merge, type Overlay } from './env-merge.ts'
import { resolveName, type Target } from './env-paths.ts'
import type { Environment } from './expand.ts'
import { type Findings, nearest, suggest } from './problems.ts'
import type { SectionShape } from './shape.ts'
import type { Collected } from './yaml.ts'
import { noteBareDuration } from './yaml-values.ts'

/** Diun's own sections; its other `DIUN_…` variables say something else. */
const DIUN_SECTIONS = new Set(['db', 'watch', 'defaults', 'metrics', 'notif', 'regopts', 'providers'])
/** `SEAWORTHY_…` variables that are read elsewhere. */
const OTHERS = new Set(['config', 'version', 'home'])

/** Variables of common names, in the words of the prefixed ones; those win. */
const PLAIN: Readonly<Record<string, string>> = {
  DB_PATH: 'db_path',
  PORT: 'server_port',
  WEBHOOK_SECRET: 'server_webhooksecret',
  WEBHOOK_SECRET_FILE: 'server_webhooksecretfile',
  LOG_LEVEL: 'log_level',
  LOG_JSON: 'log_json',
  LOG_FORMAT: 'log_format',
}

export interface EnvironmentInput {
  readonly env: Environment
  readonly shape: SectionShape
}

/**
 * Lays the variables over the draft, key by key: `DIUN_NOTIF_MAIL_PORT` and `SEAWORTHY_NOTIF_MAIL_PORT` (which wins) are
 * `notif.mail.port`. An empty variable says nothing. Entries of `regopts` replace the file's list.
 * @returns the names of the variables that were used.
 */
export function applyEnvironment(draft: DraftSection, input: EnvironmentInput, collected: Collected): string[] {
  const { kept, ignored } = setAsideKubernetes(variablesOf(input.env))
  noteIgnored(collected.findings, ignored)
  const overlay = createOverlay()
  const used: string[] = []
  for (const variable of kept) {
    const target = targetOf(variable, input.shape, collected.findings)
    if (target === undefined) continue
    if (target.shape?.kind === 'value' && target.shape.type === 'duration') {
      const place = { variable: variable.name }
      noteBareDuration(collected.findings, variable.value, { place, path: target.path.join('.') })
    }
    put(overlay, target.path, { value: variable.value, variable: variable.name })
    if (variable.value !== '') used.push(variable.name)
  }
  merge(draft, overlay, { shape: input.shape, origins: collected.origins })
  return used
}

function put(overlay: Overlay, path: readonly string[], leaf: NonNullable<Overlay['leaf']>): void {
  let node = overlay
  for (const step of path) {
    const next = node.children.get(step) ?? createOverlay()
    node.children.set(step, next)
    node = next
  }
  // An empty variable does not undo a weaker one.
  if (leaf.value !== '' || node.leaf === undefined) node.leaf = leaf
}

interface Variable {
  readonly name: string
  /** Without the prefix, lower case. */
  readonly rest: string
  readonly value: string
  readonly prefix: '' | 'DIUN_' | 'SEAWORTHY_'
}

/** Weakest first, so that the later ones win; entries of lists come in the order of their names. */
function variablesOf(env: Environment): Variable[] {
  const found = Object.entries(env).flatMap(([name, value = '']): Variable[] => {
    const plain = Object.hasOwn(PLAIN, name) ? PLAIN[name] : undefined
    if (plain !== undefined) return [{ name, rest: plain, value, prefix: '' }]
    const prefix = (['DIUN_', 'SEAWORTHY_'] as const).find((start) => name.startsWith(start))
    if (prefix === undefined) return []
    const rest = name.slice(prefix.length).toLowerCase()
    const section = rest.split('_', 1)[0]!
    if (prefix === 'DIUN_' ? !DIUN_SECTIONS.has(section) : OTHERS.has(section)) return []
    return [{ name, rest, value, prefix }]
  })
  const rank = { '': 0, DIUN_: 1, SEAWORTHY_: 2 }
  return found.sort((a, b) => rank[a.prefix] - rank[b.prefix] || (a.rest < b.rest ? -1 : 1))
}

/** Kubernetes sets variables for every Service of the namespace; one called `diun-db` would otherwise be taken for ours. */
function setAsideKubernetes(variables: readonly Variable[]): { kept: Variable[]; ignored: string[] } {
  const isKubernetes = ({ rest, value }: Variable) =>
    /_service_(?:host|port(?:_.+)?)$/.test(rest) ||
    /(?:^|_)port_\d+_(?:tcp|udp|sctp)(?:_(?:proto|port|addr))?$/.test(rest) ||
    (/(?:^|_)port$/.test(rest) && /^(?:tcp|udp|sctp):\/\//.test(value)) ||
    /^service_(?:host|port(?:_.+)?)$/.test(rest)
  const kept = variables.filter((variable) => !isKubernetes(variable))
  return { kept, ignored: variables.filter(isKubernetes).map(({ name }) => name) }
}

function noteIgnored(findings: Findings, ignored: readonly string[]): void {
  const [first] = ignored
  if (first === undefined) return
  const others = ignored.length === 1 ? '' : ` and ${ignored.length - 1} more`
  const message = `${first}${others} come from a Kubernetes Service and are no settings.`
  findings.note({ place: { variable: first }, path: '', message })
}

function targetOf(variable: Variable, shape: SectionShape, findings: Findings): Target | undefined {
  const { name, rest, prefix, value } = variable
  const place = { variable: name }
  const found = resolveName(shape, rest.split('_'))
  if ('target' in found) return found.target
  if ('leftOut' in found) {
    const { path, note } = found.leftOut
    if (!/^(?:false|0|f|)$/i.test(value)) findings.note({ place, path, message: `${path} ${note}` })
    return undefined
  }
  const { word, path, known, matched } = found
  if (matched === 0) {
    const near = nearest(rest.split('_', 1)[0]!, shape.keys.keys())
    const suggestion = near && `Did you mean ${prefix}${near.toUpperCase()}?`
    findings.note({ place, path: '', message: `${name} is no setting and is ignored.`, suggestion })
    return undefined
  }
  const message = `${name} is no setting: ${path} has no such key.`
  findings.error({ place, path, message, suggestion: suggest(word, known) })
  return undefined
}
