import type { PlannedContainer } from '../update.ts'
import { asObject, asText, asTexts } from './json.ts'
import { donorOf, isAside, NAMESPACES, parseLink, plainName, sharedWith } from './references.ts'
import { isUntouchable } from './refusal.ts'
import type { InspectedContainer } from './types.ts'

export interface Dependants {
  /** Those that hold on to the target itself, directly or through others: a provider comes before those who need it. */
  readonly recreate: PlannedContainer[]
  /** Running compose services that ask to be restarted after the target, or after one of `recreate`. */
  readonly restart: PlannedContainer[]
}

type Role = Exclude<PlannedContainer['role'], 'workload'>

interface Needs {
  readonly provider: InspectedContainer
  readonly role: Role
}

/**
 * The containers that must follow when `target` is replaced. Sharers of a namespace run on without one and cannot be
 * started again, links go nowhere, borrowed volumes stay the old ones: these are recreated, stopped ones too. One-off
 * containers, tasks of a swarm and whatever another update holds aside are left out.
 * @param all - Every container of the host; `target` may be among them.
 */
export function findDependants(target: InspectedContainer, all: readonly InspectedContainer[]): Dependants {
  const others = all.filter((one) => one.Id !== target.Id)
  const able = others.filter((one) => !isUntouchable(one) && !isAside(one.Name))
  const needs = new Map(able.map((one) => [one, needsOf(one, [target, ...others])]))
  const recreate = inOrder(target, needs)
  const replaced = new Set([target, ...recreate])
  return {
    recreate: recreate.map((one) => planned(one, needs.get(one)!.find(({ provider }) => replaced.has(provider))!.role)),
    restart: able
      .filter((one) => !replaced.has(one) && isRunning(one) && [...replaced].some((other) => asksToFollow(one, other)))
      .map((one) => planned(one, 'restart')),
  }
}

/** Whom a container holds on to; the strongest reason comes first. */
function needsOf(container: InspectedContainer, all: readonly InspectedContainer[]): Needs[] {
  const { HostConfig } = container
  const references: [Role, string | undefined][] = [
    ...NAMESPACES.map((key): [Role, string | undefined] => ['namespace', sharedWith(asText(HostConfig[key]))]),
    ...linksOf(container).map((text): [Role, string] => ['link', parseLink(text).target]),
    ...asTexts(HostConfig.VolumesFrom).map((text): [Role, string] => ['volumes', donorOf(text)]),
  ]
  return references.flatMap(([role, reference]) => {
    const provider = reference === undefined ? undefined : resolve(reference, all)
    return provider === undefined || provider === container ? [] : [{ provider, role }]
  })
}

function linksOf({ HostConfig, NetworkSettings }: InspectedContainer): string[] {
  const endpoints = Object.values(NetworkSettings.Networks ?? {})
  return [...asTexts(HostConfig.Links), ...endpoints.flatMap((endpoint) => asTexts(asObject(endpoint).Links))]
}

/**
 * As the engine does: by id, by name, by the beginning of an id. A link follows its target through a rename, but the text
 * of a donor does not: where nobody has the name, it is the one who had it before it was parked.
 */
function resolve(reference: string, all: readonly InspectedContainer[]): InspectedContainer | undefined {
  return (
    all.find((one) => one.Id === reference || one.Name === `/${reference}`) ??
    all.find((one) => /^[0-9a-f]{12,}$/.test(reference) && one.Id.startsWith(reference)) ??
    all.find((one) => plainName(one.Name) === reference)
  )
}

/** Everyone who can be reached from the target, each once and behind all of its own providers. */
function inOrder(target: InspectedContainer, needs: ReadonlyMap<InspectedContainer, Needs[]>): InspectedContainer[] {
  const seen = new Set<InspectedContainer>([target])
  const backwards: InspectedContainer[] = []
  const visit = (provider: InspectedContainer) => {
    // The order of a depth-first walk turned round; from the last to the first, so that the list keeps its order otherwise.
    for (const [one, its] of [...needs].reverse()) {
      if (seen.has(one) || !its.some((need) => need.provider === provider)) continue
      seen.add(one)
      visit(one)
      backwards.push(one)
    }
  }
  visit(target)
  return backwards.reverse()
}

/** `depends_on` with `restart: true`, as compose keeps it in a label: `db:service_healthy:true,vpn:service_started:false`. */
function asksToFollow(container: InspectedContainer, provider: InspectedContainer): boolean {
  const project = label(container, 'project')
  if (project === '' || project !== label(provider, 'project')) return false
  const entries = label(container, 'depends_on').split(',')
  return entries
    .map((entry) => entry.split(':'))
    .some(([name, , restart]) => name !== '' && name === label(provider, 'service') && restart === 'true')
}

function label({ Config }: InspectedContainer, name: string): string {
  return asText(asObject(Config.Labels)[`com.docker.compose.${name}`])
}

function isRunning({ State }: InspectedContainer): boolean {
  return State.Running === true && State.Paused !== true
}

function planned(container: InspectedContainer, role: Role): PlannedContainer {
  return { id: container.Id, name: container.Name.replace(/^\//, ''), role }
}
