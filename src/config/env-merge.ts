import { type DraftSection, isSection, type Origins } from './draft.ts'
import type { ListShape, SectionShape, Shape } from './shape.ts'

/** What the environment says, as a tree of the config's keys. */
export interface Overlay {
  leaf?: { readonly value: string; readonly variable: string }
  readonly children: Map<string, Overlay>
}

export function createOverlay(): Overlay {
  return { children: new Map() }
}

/**
 * Lays the tree over the draft: keys one by one, maps name by name, sections of a family by position; a list of another
 * kind (`regopts`) is replaced as a whole. Empty variables make nothing; they only say why something is missing.
 */
export function merge(
  section: DraftSection,
  { children }: Overlay,
  { shape, origins }: { shape: SectionShape; origins: Origins },
): void {
  for (const [key, node] of children) {
    const child = shape.keys.get(key)!
    const context: Context = { key, node, origins }
    if (child.kind === 'value') setValue(section, context)
    else if (child.kind === 'list') mergeList(section, child, context)
    else if (hasContent(node) || isSection(section[key])) mergeInto(container(section, context, {}), child, context)
  }
}

interface Context {
  readonly key: string
  readonly node: Overlay
  readonly origins: Origins
}

function mergeInto(inner: DraftSection, shape: Shape, { node, origins }: Context): void {
  if (shape.kind === 'section') {
    merge(inner, node, { shape, origins })
    return
  }
  for (const [name, child] of node.children) {
    // Names come in lower case from the environment; they mean the file's.
    const key = Object.keys(inner).find((known) => known.toLowerCase() === name) ?? name
    setValue(inner, { key, node: child, origins })
  }
}

function mergeList(section: DraftSection, shape: ListShape, context: Context): void {
  const { key, node, origins } = context
  if (!hasContent(node) && !Array.isArray(section[key])) return
  if (!shape.oneOrMany) {
    if (!hasContent(node)) return
    delete section[key]
  }
  const list = container<unknown[]>(section, context, [])
  for (const [position, entry] of node.children) {
    const index = shape.oneOrMany ? Number(position) : list.length
    const there = list[index]
    if (isOff(entry) || (there === undefined && !hasContent(entry))) continue
    const inner = there ?? {}
    if (there === undefined) {
      origins.set(list, list.length, { place: { variable: variableOf(entry) } })
      list.push(inner)
    }
    merge(inner as DraftSection, entry, { shape: shape.item, origins })
  }
}

function setValue(section: DraftSection, { key, node, origins }: Context): void {
  if (node.leaf === undefined) return
  const { value, variable } = node.leaf
  const empty = value === ''
  if (empty && Object.hasOwn(section, key)) return
  origins.set(section, key, { place: { variable }, empty })
  if (!empty) section[key] = value
}

function container<Made extends DraftSection | unknown[]>(section: DraftSection, context: Context, made: Made): Made {
  const { key, node, origins } = context
  const there = section[key]
  if (typeof there === 'object' && there !== null) return there as Made
  origins.set(section, key, { place: { variable: variableOf(node) } })
  section[key] = made
  return made
}

/** A section that the environment switches off: its other variables do not count; what the file says stays. */
function isOff({ leaf }: Overlay): boolean {
  return leaf !== undefined && leaf.value !== '' && !/^(?:true|1|t)$/i.test(leaf.value)
}

function hasContent({ leaf, children }: Overlay): boolean {
  return (leaf !== undefined && leaf.value !== '') || children.values().some(hasContent)
}

function variableOf({ leaf, children }: Overlay): string | undefined {
  if (leaf !== undefined) return leaf.variable
  return children
    .values()
    .map(variableOf)
    .find((name) => name !== undefined)
}
