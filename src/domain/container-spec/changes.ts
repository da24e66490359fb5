import type { SpecChange } from '../update.ts'
import type { CandidateSpec } from './candidate.ts'
import { isSameCommand } from './command.ts'
import { COMPOSE_LABELS, INTERNAL_LABELS } from './config.ts'
import { envByName, envValue } from './env.ts'
import { asObject, asText, asTexts, isEmpty, isSame } from './json.ts'
import type { InspectedContainer, Json, JsonObject } from './types.ts'

/** In place of a value that may be a secret. */
export const HIDDEN = '(hidden)'

const SECRET_NAME = /pass|pwd|token|secret|key|credential|auth|private|cookie|salt|dsn/i
/** A password inside an address: `postgres://user:password@db`. */
const SECRET_VALUE = /:\/\/[^/\s]*:[^/\s]*@|-----BEGIN /
/** Nothing that anybody chose to change: they follow the container's id or its networks. */
const NOISE = new Set(['Hostname', 'Domainname', 'MacAddress', 'OnBuild', 'ArgsEscaped'])

/**
 * What the update changes about a container's `Config`, as a person would want to see it: variables, labels, ports and
 * volumes one by one, the rest as wholes; no ids, no book-keeping labels. Of what may be a secret only that it changed.
 */
export function specChanges(before: InspectedContainer, spec: Pick<CandidateSpec, 'expected'>): SpecChange[] {
  const [old, now] = [visible(before.Config), visible(spec.expected)]
  const paths = [...new Set([...old.keys(), ...now.keys()])].sort()
  return paths
    .filter((path) => !isEqual(path, old.get(path), now.get(path)))
    .map((path) => ({ path, before: shown(path, old.get(path)), after: shown(path, now.get(path)) }))
}

/** The parts of a `Config` that can differ on their own, by path: `Config.Env.NAME`, `Config.Labels.NAME`, `Config.Cmd`. */
export function configParts(config: JsonObject): Map<string, Json | undefined> {
  const { Env, Labels, ExposedPorts, Volumes, ...rest } = config
  const keyed = Object.entries({ Labels, ExposedPorts, Volumes }).flatMap(([field, entries]) =>
    Object.entries(asObject(entries)).map(
      ([key, value]): Part => [`Config.${field}.${key}`, isEmpty(value) ? true : value],
    ),
  )
  const env = [...envByName(asTexts(Env))].map(([name, entries]): Part => [`Config.Env.${name}`, envValue(entries)])
  return new Map<string, Json | undefined>([
    ...Object.entries(rest).map(([key, value]): Part => [`Config.${key}`, value]),
    ...env,
    ...keyed,
  ])
}

/** Whether two values of one path mean the same. An empty variable or label is not one that is missing. */
export function isEqual(path: string, a: Json | undefined, b: Json | undefined): boolean {
  if (/^Config\.(Cmd|Entrypoint)$/.test(path)) return isSameCommand(a, b ?? null)
  return /^Config\.(Env|Labels)\./.test(path) ? a === b : isSame(a, b)
}

type Part = [path: string, value: Json | undefined]

function visible(config: JsonObject): Map<string, Json | undefined> {
  const hidden = ['Config.Labels.'].flatMap((at) => [at + COMPOSE_LABELS, at + INTERNAL_LABELS])
  const parts = [...configParts(config)]
  return new Map(parts.filter(([path]) => !NOISE.has(path.slice(7)) && !hidden.some((start) => path.startsWith(start))))
}

/** Undefined stays undefined, so that one can see what comes and what goes. */
function shown(path: string, value: Json | undefined): Json | undefined {
  const name = /^Config\.(?:Env|Labels)\.(.*)$/.exec(path)?.[1]
  if (name === undefined || value === undefined) return value
  return SECRET_NAME.test(name) || SECRET_VALUE.test(asText(value)) ? HIDDEN : value
}
