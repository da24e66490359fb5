import { type Document, isAlias, isMap, isScalar, isSeq, LineCounter, type Node, type Pair, parseDocument } from 'yaml'
import { type DraftSection, isSection, type Origins } from './draft.ts'
import type { Environment } from './expand.ts'
import { type Findings, joinPath, type Place, suggest } from './problems.ts'
import { keyOf, type ListShape, type SectionShape, type Shape } from './shape.ts'
import { syntaxProblems } from './yaml-errors.ts'
import { createValueReader, type ValueReader } from './yaml-values.ts'

export interface YamlInput {
  readonly text: string
  /** Named in problems. */
  readonly file: string
  readonly shape: SectionShape
  readonly env: Environment
}

export interface Collected {
  readonly findings: Findings
  readonly origins: Origins
}

/**
 * Reads a config file into a draft: keys are matched whatever their capitals, `null` is as if it were not there, variables
 * are filled in, and every problem is collected with its place. Values are not judged here.
 */
export function readYaml({ text, file, shape, env }: YamlInput, { findings, origins }: Collected): DraftSection {
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines, merge: true, prettyErrors: false, logLevel: 'silent' })
  const placeAt = (offset: number | undefined): Place => {
    if (offset === undefined) return { file }
    const { line, col } = lines.linePos(offset)
    return { file, line, column: col }
  }
  const syntax = syntaxProblems(document)
  for (const { offset, message } of syntax) findings.error({ place: placeAt(offset), path: '', message })
  if (syntax.length > 0) return {}
  const placeOf = (node: Node | null) => placeAt(node?.range?.[0])
  const values = createValueReader({ document, env, findings, placeOf, origins })
  const walk: Walk = { document, findings, origins, placeOf, values }
  const root = readSection(walk, document.contents, shape, '')
  return isSection(root) ? root : {}
}

interface Walk extends Collected {
  readonly document: Document
  readonly placeOf: (node: Node | null) => Place
  readonly values: ValueReader
}

function read(walk: Walk, node: Node | null, shape: Shape, path: string): unknown {
  switch (shape.kind) {
    case 'section':
      return readSection(walk, node, shape, path)
    case 'list':
      return readList(walk, node, shape, path)
    case 'map':
      return walk.values.map(node, path)
    case 'value':
      return walk.values.value(node, shape, path)
  }
}

function readSection(walk: Walk, node: Node | null, shape: SectionShape, path: string): DraftSection | undefined {
  const resolved = resolve(walk, node)
  if (isNothing(resolved)) return undefined
  if (!isMap(resolved)) {
    const message = `${path === '' ? 'The file' : path} must hold keys with values.`
    walk.findings.error({ place: walk.placeOf(node), path, message, suggestion: 'Write each as "key: value".' })
    return undefined
  }
  const section: DraftSection = {}
  for (const pair of pairsOf(walk, resolved.items as Pair<Node, Node | null>[], new Set())) {
    readKey(walk, pair, { section, shape, path })
  }
  return section
}

interface Target {
  readonly section: DraftSection
  readonly shape: SectionShape
  readonly path: string
}

function readKey(walk: Walk, pair: Pair<Node, Node | null>, { section, shape, path }: Target): void {
  const name = nameOf(pair.key)
  const place = walk.placeOf(pair.key)
  const key = keyOf(shape.keys, name)
  if (key === undefined) {
    unknownKey(walk, pair, { place, name, shape, path })
    return
  }
  const here = joinPath(path, key)
  if (Object.hasOwn(section, key)) {
    const message = `${here} is there twice.`
    walk.findings.error({ place, path: here, message, suggestion: 'Keep one of the two.' })
    return
  }
  const child = shape.keys.get(key)!
  const value = read(walk, pair.value, child, here)
  if (value === undefined) return
  // Written empty is a word where emptiness means something; a variable that is not set is not.
  const isWord = child.kind === 'value' && child.mayBeEmpty && isWrittenEmpty(resolve(walk, pair.value))
  const empty = value === '' && !isWord
  walk.origins.set(section, key, { place, empty })
  if (!empty) section[key] = value
}

function unknownKey(
  walk: Walk,
  pair: Pair<Node, Node | null>,
  { place, name, shape, path }: { place: Place; name: string; shape: SectionShape; path: string },
): void {
  if (shape.ownKeys && name.startsWith('x-')) return
  const { findings } = walk
  const here = joinPath(path, name)
  const left = shape.leftOut && keyOf(shape.leftOut, name)
  if (left === undefined) {
    const suggestion = suggest(name, [...shape.keys.keys()])
    findings.error({ place, path: here, message: `${here} is not known here.`, suggestion })
    return
  }
  const value = resolve(walk, pair.value)
  if (isNothing(value) || (isScalar(value) && value.value === false)) return
  findings.note({ place, path: here, message: `${here} ${shape.leftOut!.get(left)}` })
}

function readList(walk: Walk, node: Node | null, shape: ListShape, path: string): DraftSection[] | undefined {
  const resolved = resolve(walk, node)
  if (isNothing(resolved)) return undefined
  if (shape.oneOrMany && isScalar(resolved)) {
    const switched = walk.values.switched(resolved, path)
    if (switched !== undefined) return switched ? [{}] : []
  }
  if (shape.oneOrMany && !isSeq(resolved)) {
    const only = readSection(walk, resolved, shape.item, path)
    return only && [only]
  }
  if (!isSeq(resolved)) {
    const message = `${path} must be a list.`
    walk.findings.error({ place: walk.placeOf(node), path, message, suggestion: 'Begin each entry with "- ".' })
    return undefined
  }
  const list: DraftSection[] = []
  for (const [index, item] of (resolved.items as Node[]).entries()) {
    const entry = readSection(walk, item, shape.item, joinPath(path, index))
    if (entry === undefined) continue
    walk.origins.set(list, list.length, { place: walk.placeOf(item) })
    list.push(entry)
  }
  return list
}

/** The pairs of a map with those of its `<<` filled in behind; a key of its own wins. What was merged once has nothing to add. */
function pairsOf(walk: Walk, items: readonly Pair<Node, Node | null>[], seen: Set<Node>): Pair<Node, Node | null>[] {
  const own = items.filter(({ key }) => !isMerge(key))
  const merged = items
    .filter(({ key }) => isMerge(key))
    .flatMap(({ value }) => {
      const source = resolve(walk, value)
      const sources = isSeq(source) ? (source.items as Node[]).map((item) => resolve(walk, item)) : [source]
      return sources.flatMap((map) => {
        if (!isMap(map) || seen.has(map)) return []
        return pairsOf(walk, map.items as Pair<Node, Node | null>[], seen.add(map))
      })
    })
  const taken = new Set(own.map(({ key }) => nameOf(key).toLowerCase()))
  const added: Pair<Node, Node | null>[] = []
  for (const pair of merged) {
    const name = nameOf(pair.key).toLowerCase()
    if (!taken.has(name)) added.push(pair)
    taken.add(name)
  }
  return [...own, ...added]
}

function isMerge(key: Node): boolean {
  return isScalar(key) && key.source === '<<'
}

function nameOf(key: Node): string {
  return isScalar(key) ? (key.source ?? String(key.value)) : String(key)
}

function resolve({ document }: Walk, node: Node | null): Node | null {
  return isAlias(node) ? (node.resolve(document) ?? null) : node
}

function isWrittenEmpty(node: Node | null): boolean {
  return isScalar(node) && node.value === ''
}

function isNothing(node: Node | null): boolean {
  return node === null || (isScalar(node) && node.value === null)
}
