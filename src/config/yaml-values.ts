import { type Document, isAlias, isMap, isScalar, isSeq, type Node, type Scalar } from 'yaml'
import type { Origins } from './draft.ts'
import { type Environment, expandVariables } from './expand.ts'
import { type Findings, joinPath, type Place } from './problems.ts'
import type { ValueShape, ValueType } from './shape.ts'

/** Reads the leaves of a YAML document: single values, lists of texts and maps of texts, with variables filled in. */
export interface ValueReader {
  /** Undefined for null and for what is wrong; an empty text when nothing is left. */
  value(node: Node | null, shape: ValueShape, path: string): unknown
  map(node: Node | null, path: string): Record<string, string> | undefined
  /** What a section is switched to when a single value stands in its place; undefined when it is none of the words. */
  switched(node: Scalar, path: string): boolean | undefined
}

interface Parts {
  readonly document: Document
  readonly env: Environment
  readonly findings: Findings
  readonly origins: Origins
  readonly placeOf: (node: Node | null) => Place
}

export function createValueReader(parts: Parts): ValueReader {
  const run: Run = { ...parts, told: new Set() }
  return {
    value: (node, shape, path) => value(run, node, { shape, path }),
    map: (node, path) => map(run, node, path),
    switched(node, path) {
      const text = typeof node.value === 'string' ? fill(run, node.value, { node, path }) : String(node.value)
      if (/^(?:true|1|t)$/i.test(text)) return true
      // Whatever else stands there switches a section off, as in Diun, but only what says so is meant.
      return /^(?:false|0|f|no|off|)$/i.test(text) ? false : undefined
    },
  }
}

interface Run extends Parts {
  /** Variables that were told to be unset. */
  readonly told: Set<string>
}

interface Leaf {
  readonly shape: ValueShape
  readonly path: string
}

function value(run: Run, node: Node | null, { shape, path }: Leaf): unknown {
  const resolved = resolve(run, node)
  if (resolved === null) return undefined
  if (shape.type === 'anything') return filled(run, resolved, { value: resolved.toJS(run.document), path })
  if (shape.type === 'texts' && isSeq(resolved)) return texts(run, resolved.items as Node[], { shape, path })
  if (!isScalar(resolved)) {
    const kind = shape.type === 'texts' ? 'a list of texts' : 'a single value'
    run.findings.error({ place: run.placeOf(node), path, message: `${path} must be ${kind}.` })
    return undefined
  }
  const read = scalar(run, resolved, { type: shape.type, path })
  if (shape.type === 'duration') noteBareDuration(run.findings, read, { place: run.placeOf(resolved), path })
  // `${A},${B}` with neither set is a list of nothing.
  return shape.type === 'texts' && typeof read === 'string' && /^[\s,]*$/.test(read) ? '' : read
}

function texts(run: Run, items: readonly Node[], { shape, path }: Leaf): unknown[] | undefined {
  const list: unknown[] = []
  for (const [index, item] of items.entries()) {
    const here = joinPath(path, index)
    const read = value(run, item, { shape: { ...shape, type: 'text' }, path: here })
    if (read === undefined || (read === '' && isVariable(item))) continue
    run.origins.set(list, list.length, { place: run.placeOf(item) })
    list.push(read)
  }
  return list.length === 0 ? undefined : list
}

function map(run: Run, node: Node | null, path: string): Record<string, string> | undefined {
  const resolved = resolve(run, node)
  if (resolved === null || (isScalar(resolved) && (resolved.value === null || resolved.value === ''))) return undefined
  if (!isMap(resolved)) {
    run.findings.error({ place: run.placeOf(node), path, message: `${path} must hold names with texts.` })
    return undefined
  }
  const entries: [string, string][] = []
  for (const pair of resolved.items) {
    const name = isScalar(pair.key) ? (pair.key.source ?? String(pair.key.value)) : String(pair.key)
    const here = joinPath(path, name)
    const read = value(run, pair.value as Node | null, { shape: TEXT, path: here })
    if (typeof read === 'string') entries.push([name, read])
  }
  const result = Object.fromEntries(entries)
  for (const pair of resolved.items) run.origins.set(result, String(pair.key), { place: run.placeOf(pair.key as Node) })
  return result
}

const TEXT: ValueShape = {
  kind: 'value',
  type: 'text',
  choices: [],
  mayBeEmpty: true,
  summary: '',
  required: false,
  fallback: undefined,
}
const TYPED = new Set<ValueType>(['flag', 'integer', 'duration', 'anything'])

function scalar(run: Run, node: Scalar, { type, path }: { type: ValueType; path: string }): unknown {
  if (typeof node.value === 'string') return fill(run, node.value, { node, path })
  if (node.value === null) return undefined
  // A text that looks like a number is taken as it was written: 1.10 stays 1.10.
  return TYPED.has(type) ? node.value : (node.source ?? String(node.value))
}

function filled(run: Run, node: Node, { value: plain, path }: { value: unknown; path: string }): unknown {
  if (typeof plain === 'string') return fill(run, plain, { node, path })
  if (Array.isArray(plain)) return plain.map((item: unknown) => filled(run, node, { value: item, path }))
  if (typeof plain !== 'object' || plain === null) return plain ?? undefined
  return Object.fromEntries(
    Object.entries(plain).map(([key, item]) => [key, filled(run, node, { value: item as unknown, path })]),
  )
}

function fill(run: Run, text: string, { node, path }: { node: Node; path: string }): string {
  const { text: result, unset, problems } = expandVariables(text, run.env)
  const place = run.placeOf(node)
  for (const problem of problems) run.findings.error({ place, path, message: `${path} ${problem}.` })
  for (const name of unset) {
    if (run.told.has(name)) continue
    run.told.add(name)
    run.findings.note({ place, path, message: `The variable ${name} is not set.` })
  }
  return result
}

/** A number without a unit counts nanoseconds in this format, which hardly anybody means. */
export function noteBareDuration(
  findings: Findings,
  value: unknown,
  { place, path }: { place: Place; path: string },
): void {
  const text = String(value).trim()
  if (!/^[+-]?\d+$/.test(text) || Number(text) === 0) return
  const message = `${path}: ${text} without a unit is ${text} nanoseconds.`
  findings.note({ place, path, message, suggestion: `Write ${text}s for seconds.` })
}

function isVariable(node: Node): boolean {
  return isScalar(node) && typeof node.value === 'string' && node.value.includes('${')
}

function resolve({ document }: Run, node: Node | null): Node | null {
  return isAlias(node) ? (node.resolve(document) ?? null) : node
}
