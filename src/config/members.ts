import { type DraftSection, isSection } from './draft.ts'
import { type Families, memberShape } from './families.ts'
import { type Parsed, parseSection, type Refusal } from './parse.ts'
import { joinPath, type Place } from './problems.ts'
import type { SectionShape } from './shape.ts'
import type { Collected } from './yaml.ts'

/** A channel of the config: a notifier with its options. */
export interface ChannelConfig {
  /** Unique: as written, or the notifier's name (`mail`, `mail-2`). */
  readonly name: string
  /** Name of the member of `notifiers`. */
  readonly notifier: string
  /** As the member's own schema gives them; goes to its `create`. */
  readonly options: unknown
  /** Where it stands in the config, for problems found later (templates): `notif.mail`. */
  readonly path: string
  /** Where one of its options was written. */
  placeOf(option: string): Place
}

export interface ProviderSection {
  /** Name of the member of `providers`. */
  readonly provider: string
  /** As the member's own schema gives them; goes to its `create`. */
  readonly options: unknown
  readonly path: string
}

export interface MembersInput {
  readonly families: Families
  /** Of the whole config. */
  readonly shape: SectionShape
}

/** Parses the sections of `providers`; what is wrong becomes errors. */
export function parseProviders(draft: DraftSection, input: MembersInput, collected: Collected): ProviderSection[] {
  const taken = new Set<string>()
  return entriesOf(draft.providers, 'providers', collected).flatMap(({ member, section, path, place }) => {
    const { options: schema } = input.families.providers[member]!
    const shape = memberShape(input.shape, 'providers', member)
    const { origins } = collected
    const parsed = parseSection({ schema, shape, draft: section, path, place, origins })
    if (parsed.ok) {
      refuseSameName({ member, options: parsed.value, taken }, { place, path }, collected)
      return [{ provider: member, options: parsed.value, path }]
    }
    for (const refusal of parsed.refusals) collected.findings.error(found(refusal))
    return []
  })
}

/**
 * Parses the sections of `notif`. A channel whose required values are there but empty, or whose secret was not given, is left
 * out with a note: one file then serves with and without it. Everything else that is wrong is an error.
 */
export function parseChannels(draft: DraftSection, input: MembersInput, collected: Collected): ChannelConfig[] {
  const { origins, findings } = collected
  const taken = new Set<string>()
  return entriesOf(draft.notif, 'notif', collected).flatMap(({ member, section, path, place }) => {
    const { options: schema } = input.families.notifiers[member]!
    const shape = memberShape(input.shape, 'notif', member)
    const { name: given, ...rest } = section
    for (const key of [...Object.keys(rest), ...origins.emptyKeys(section)]) {
      origins.set(rest, key, origins.at(section, key) ?? { place })
    }
    const name = given === undefined ? freeName(member, taken) : String(given)
    if (taken.has(name)) findings.error({ place, path, message: `There are two channels with the name ${name}.` })
    taken.add(name)
    const parsed = parseSection({ schema, shape, draft: rest, path, place, origins })
    const placeOf = (option: string) => origins.at(rest, option)?.place ?? place
    if (parsed.ok) return [{ name, notifier: member, options: parsed.value, path, placeOf }]
    report(parsed, { path, place, empties: origins.emptyKeys(rest) }, collected)
    return []
  })
}

/** Workloads are told apart by the name of the place they were found in. */
function refuseSameName(
  { member, options, taken }: { member: string; options: unknown; taken: Set<string> },
  { place, path }: { place: Place; path: string },
  { findings }: Collected,
): void {
  const name = isSection(options) && typeof options.name === 'string' ? options.name : undefined
  if (name === undefined) return
  const key = `${member}/${name}`
  if (taken.has(key)) {
    const message = `There are two sections of providers.${member} with the name ${name}.`
    findings.error({ place, path, message, suggestion: 'Give each a name of its own.' })
  }
  taken.add(key)
}

function report(
  { refusals }: Extract<Parsed<never>, { ok: false }>,
  { path, place, empties }: { path: string; place: Place; empties: readonly string[] },
  { findings }: Collected,
): void {
  const isUnfilled = ({ missing, empty, isSecret, key }: Refusal) =>
    (missing && (empty || isSecret)) || (key === '' && empties.length > 0)
  if (!refusals.every(isUnfilled)) {
    for (const refusal of refusals) findings.error(found(refusal))
    return
  }
  const keys = refusals.map(({ key }) => key).filter((key) => key !== '')
  const what = (keys.length > 0 ? keys : empties).join(' and ')
  const suggestion = 'Give a value in the file or in a variable to use it.'
  findings.note({ place, path, message: `${path} is left out: no value for ${what}.`, suggestion })
}

interface MemberEntry {
  readonly member: string
  readonly section: DraftSection
  readonly path: string
  readonly place: Place
}

function entriesOf(family: unknown, name: string, { origins }: Collected): MemberEntry[] {
  if (!isSection(family)) return []
  return Object.entries(family).flatMap(([member, value]) => {
    const list = Array.isArray(value) ? (value as DraftSection[]) : []
    return list.map((section, index) => ({
      member,
      section,
      path: list.length === 1 ? joinPath(name, member) : joinPath(name, member, index),
      place: (origins.at(list, index) ?? origins.at(family, member))?.place ?? {},
    }))
  })
}

function freeName(member: string, taken: ReadonlySet<string>): string {
  let count = 1
  while (taken.has(count === 1 ? member : `${member}-${count}`)) count += 1
  return count === 1 ? member : `${member}-${count}`
}

function found({ place, path, message, suggestion }: Refusal) {
  return { place, path, message, suggestion }
}
